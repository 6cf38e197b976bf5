/** Values as a person reads them. Pure; en-US digits throughout, since the answers are in English. */
import type { Period, Unit } from "../../domain/model.ts";

const usd = new Intl.NumberFormat("en-US", {
  style: "currency",
  currency: "USD",
});
/** Below a cent, two significant digits say more than "$0.00". */
const usdSmall = new Intl.NumberFormat("en-US", {
  style: "currency",
  currency: "USD",
  maximumSignificantDigits: 2,
});
const usdRough = new Intl.NumberFormat("en-US", {
  style: "currency",
  currency: "USD",
  maximumSignificantDigits: 2,
});
const usdMilli = new Intl.NumberFormat("en-US", {
  style: "currency",
  currency: "USD",
  maximumFractionDigits: 3,
});
const usdHundredth = new Intl.NumberFormat("en-US", {
  style: "currency",
  currency: "USD",
  maximumFractionDigits: 4,
});
const usdTick = new Intl.NumberFormat("en-US", {
  style: "currency",
  currency: "USD",
  trailingZeroDisplay: "stripIfInteger",
});
const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });
const compact = new Intl.NumberFormat("en-US", {
  notation: "compact",
  maximumSignificantDigits: 3,
});

/** A cell or figure in its unit. Percent values are percentage points: 12.3 is "12.3%". */
export function formatValue(value: string | number | null, unit: Unit): string {
  if (value === null) return "–";
  if (typeof value === "string") return value;
  switch (unit) {
    case "usd":
      return formatUsd(value);
    case "usd_rough":
      return usdRough.format(value);
    case "usd_unit":
      return formatUsdUnit(value);
    case "percent":
      return `${tenth.format(value)}%`;
    case "tokens":
      return Math.abs(value) >= 100_000
        ? compact.format(value)
        : whole.format(value);
    case "requests":
    case "count":
      return tenth.format(value);
    case "text":
    case "date":
      return String(value);
  }
}

/** Ids of figures and keys of columns that say by how much something changed. */
const CHANGES = new Set(["change", "change_percent", "excess"]);

/** A figure or cell by its id or key: a change for the worse or better shows its sign. */
export function formatNamed(
  name: string,
  value: string | number | null,
  unit: Unit,
): string {
  const isRise = typeof value === "number" && value > 0 && CHANGES.has(name);
  return `${isRise ? "+" : ""}${formatValue(value, unit)}`;
}

/** US dollars. */
export function formatUsd(value: number): string {
  const isSmall = value !== 0 && Math.abs(value) < 0.01;
  return (isSmall ? usdSmall : usd).format(value);
}

/** A price, or what one request costs, where cents are too coarse: "$0.075". */
export function formatUsdUnit(value: number): string {
  const size = Math.abs(value);
  if (size < 0.001 || size >= 10) return formatUsd(value);
  return (size < 1 ? usdHundredth : usdMilli).format(value);
}

/** US dollars on an axis: no cents where there are none. */
export function formatUsdTick(value: number): string {
  return usdTick.format(value);
}

export function formatCount(value: number): string {
  return whole.format(value);
}

/** Milliseconds as "840 ms", "4.2 s" or "1 min 12 s". */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** An agent's or tool's name in words: "data_helper" is "Data helper". */
export function formatName(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The days of a period, both ends included, as days of a time zone; `to` is exclusive. */
export function formatPeriod(period: Period, timeZone: string): string {
  const day = new Intl.DateTimeFormat("en-US", {
    dateStyle: "medium",
    timeZone,
  });
  const last = new Date(Date.parse(period.to) - 1);
  return day.formatRange(new Date(period.from), last);
}

/** Bytes as "12 KB" or "3.4 MB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${tenth.format(bytes / 1_000)} KB`;
  return `${tenth.format(bytes / 1_000_000)} MB`;
}
