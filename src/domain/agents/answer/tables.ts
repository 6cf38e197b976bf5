/**
 * Tables and the chart of an answer about spend that happened. Promises: every cell and point is a value of the result it cites; a
 * dimension that no record names has no table.
 */
import { dimensionWords } from "../../costs/dimensions.ts";
import type { Dimension, ReportChart, ReportTable } from "../../model.ts";
import { OTHER } from "../../tools/breakdown.ts";
import type { UsageResult } from "../../tools/queryUsage.ts";
import type { Comparison } from "../../tools/comparePeriods.ts";
import type { Found } from "../evidence.ts";
import type { Material } from "./material.ts";
import { plain } from "./words.ts";

const ROWS_SHOWN = 10;
const MOVERS_SHOWN = 5;
const DAYS_SHOWN = 31;

/** Spend by one dimension, dearest first; null where it was not queried or no record names it. */
export function groupTable(
  material: Material,
  by: Dimension,
): ReportTable | null {
  const compared = material.compared(by);
  if (compared !== null) return comparedTable(compared, by);
  const grouped = material.grouped(by);
  if (grouped === null) return null;
  const { rows, other } = grouped.result;
  if (rows.every((row) => row.key === null)) return null;
  return {
    title: `Spend by ${dimensionWords(by)}`,
    columns: [
      nameColumn(by),
      { key: "cost", label: "Spend", unit: "usd" },
      { key: "share", label: "Share", unit: "percent" },
      ...volumeColumns,
    ],
    rows: [
      ...(by === "hour" ? inOrder(rows) : rows),
      ...(other === null
        ? []
        : [{ ...other, key: `${OTHER} (${other.groups})` }]),
    ].map((row) => ({
      name: plain(row.key),
      cost: row.cost_usd,
      share: row.share_percent,
      requests: row.requests,
      tokens: row.total_tokens,
    })),
    source: grouped.id,
  };
}

/** Hours as the day goes. */
const inOrder = (rows: UsageResult["rows"]): UsageResult["rows"] =>
  rows.toSorted((a, b) => (a.key ?? "").localeCompare(b.key ?? ""));

const volumeColumns = [
  { key: "requests", label: "Requests", unit: "requests" },
  { key: "tokens", label: "Tokens", unit: "tokens" },
] as const;

function nameColumn(by: Dimension) {
  const words = dimensionWords(by);
  return {
    key: "name",
    label: `${words.charAt(0).toUpperCase()}${words.slice(1)}`,
    unit: "text",
  } as const;
}

function comparedTable(
  { id, result }: Found<Comparison>,
  by: Dimension,
): ReportTable | null {
  const current = result.groups.filter(
    (group) => group.now_usd > 0 || group.total_tokens > 0,
  );
  if (current.every((group) => group.key === null)) return null;
  return {
    title: `Spend by ${dimensionWords(by)}`,
    columns: [
      nameColumn(by),
      { key: "cost", label: "Spend", unit: "usd" },
      { key: "share", label: "Share", unit: "percent" },
      { key: "change", label: "Change", unit: "percent" },
      ...volumeColumns,
    ],
    rows: current
      .toSorted(
        (a, b) => b.now_usd - a.now_usd || b.total_tokens - a.total_tokens,
      )
      .slice(0, ROWS_SHOWN)
      .map((group) => ({
        name: plain(group.key),
        cost: group.now_usd,
        share: group.share_percent,
        change: group.change_percent,
        requests: group.requests,
        tokens: group.total_tokens,
      })),
    source: id,
  };
}

/** Spend by day, split by the dearest keys; null for a single day. */
export function dayChart(material: Material): ReportChart | null {
  const found = material.daily;
  if (found === null || found.result.points.length < 2) return null;
  const unusual = new Set(
    material.anomalies?.result.anomalies.map((anomaly) => anomaly.day),
  );
  return {
    kind: "daily_spend",
    title: "Spend by day",
    series: found.result.series,
    points: found.result.points.map(({ day, values }) => ({
      day,
      values,
      anomaly: unusual.has(day),
    })),
    source: found.id,
  };
}

/** The groups that moved most, in either direction. */
export function moversTable(
  material: Material,
  by: Dimension,
): ReportTable | null {
  const found = material.compared(by);
  if (
    found === null ||
    found.result.groups.every(
      (group) => group.key === null || group.change_usd === 0,
    )
  )
    return null;
  return {
    title: `Largest changes by ${dimensionWords(by)}`,
    columns: [
      nameColumn(by),
      { key: "before", label: "Before", unit: "usd" },
      { key: "now", label: "Now", unit: "usd" },
      { key: "change", label: "Change", unit: "usd" },
      { key: "change_percent", label: "Change in %", unit: "percent" },
    ],
    rows: found.result.groups.slice(0, MOVERS_SHOWN).map((group) => ({
      name: plain(group.key),
      before: group.before_usd,
      now: group.now_usd,
      change: group.change_usd,
      change_percent: group.change_percent,
    })),
    source: found.id,
  };
}

/** Null where no day stands out. */
export function anomalyTable(material: Material): ReportTable | null {
  const found = material.anomalies;
  if (found === null || found.result.anomalies.length === 0) return null;
  return {
    title: "Unusual days",
    columns: [
      { key: "day", label: "Day", unit: "date" },
      { key: "cost", label: "Spend", unit: "usd" },
      { key: "usual", label: "Usual", unit: "usd" },
      { key: "excess", label: "Difference", unit: "usd" },
      { key: "driver", label: "Mostly", unit: "text" },
    ],
    rows: found.result.anomalies.map((anomaly) => ({
      day: anomaly.day,
      cost: anomaly.cost_usd,
      usual: anomaly.expected_usd,
      excess: anomaly.excess_usd,
      driver:
        anomaly.drivers[0] === undefined
          ? null
          : plain(anomaly.drivers[0].model),
    })),
    source: found.id,
  };
}

/** Spend of each day, the latest first. */
export function dayTable(material: Material): ReportTable | null {
  const found = material.daily;
  if (found === null || found.result.points.length === 0) return null;
  return {
    title: "Spend by day",
    columns: [
      { key: "day", label: "Day", unit: "date" },
      { key: "cost", label: "Spend", unit: "usd" },
    ],
    rows: found.result.points
      .slice(-DAYS_SHOWN)
      .toReversed()
      .map(({ day, cost_usd }) => ({ day, cost: cost_usd })),
    source: found.id,
  };
}

/** List prices of the models asked about. */
export function priceTable(material: Material): ReportTable | null {
  const found = material.prices;
  if (found === null || found.result.prices.length === 0) return null;
  return {
    title: "US dollars per million tokens",
    columns: [
      { key: "model", label: "Model", unit: "text" },
      { key: "provider", label: "Provider", unit: "text" },
      { key: "input", label: "Input", unit: "usd_unit" },
      { key: "cache_read", label: "Cached input", unit: "usd_unit" },
      { key: "cache_write", label: "Cache write", unit: "usd_unit" },
      { key: "output", label: "Output", unit: "usd_unit" },
      { key: "batch", label: "Batch, of list", unit: "percent" },
    ],
    rows: found.result.prices.map(
      ({ model, provider, usd_per_million: price, batch_percent }) => ({
        model,
        provider,
        input: price.uncached_input,
        cache_read: price.cache_read,
        cache_write: price.cache_write_5m,
        output: price.output,
        batch: batch_percent,
      }),
    ),
    source: found.id,
  };
}
