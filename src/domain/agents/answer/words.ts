/**
 * Words of the answer: names made safe for Markdown, days and lists in English. Promises: whatever a record is called, it shows as
 * that text and nothing else: no markup, no link, no second table column.
 */
import { countDays, weekdayOf } from "../../costs/days.ts";
import type { Day, DayRange } from "../../costs/days.ts";
import { limits } from "../../limits.ts";
import { UNNAMED } from "../../tools/breakdown.ts";

const MONTHS = [
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
];
const WEEKDAYS = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
];

/** A name from the data on one line and of bounded length; without control and direction characters. */
export function plain(name: string | null): string {
  if (name === null) return UNNAMED;
  const line = oneLine(name);
  return line.length > limits.nameCharactersShownMax
    ? `${line.slice(0, limits.nameCharactersShownMax - 1)}…`
    : line;
}

/** Text on one line, without control and direction characters. */
export function oneLine(text: string): string {
  return text.replace(/[\p{C}\p{Z}\s]+/gu, " ").trim();
}

/** A name from the data as code, in which Markdown knows no markup; the fence is longer than any run of backticks within. */
export function code(name: string | null): string {
  if (name === null) return UNNAMED;
  const text = plain(name);
  const longest = Math.max(
    0,
    ...(text.match(/`+/g) ?? []).map((run) => run.length),
  );
  const fence = "`".repeat(longest + 1);
  const pad = longest > 0 || text === "" ? " " : "";
  return `${fence}${pad}${text}${pad}${fence}`;
}

/** Text inside a table's cell: a bar would end it, also within code, and a backslash before it would undo the escape. */
export function cell(markdown: string): string {
  return markdown
    .replace(/\\+(?=\||$)/g, (run) => `${run} `)
    .replaceAll("|", "\\|");
}

/** "24 Oct 2026". */
export function dayWords(day: Day): string {
  return `${Number(day.slice(8))} ${MONTHS[Number(day.slice(5, 7)) - 1]} ${day.slice(0, 4)}`;
}

/** "Tuesday, 24 Oct 2026". */
export function weekdayWords(day: Day): string {
  return `${WEEKDAYS[weekdayOf(day)]}, ${dayWords(day)}`;
}

/** "24 Oct to 22 Nov 2026", or the one day. */
export function rangeWords(range: DayRange): string {
  if (range.first === range.last) return dayWords(range.first);
  const sameYear = range.first.slice(0, 4) === range.last.slice(0, 4);
  const first = dayWords(range.first);
  return `${sameYear ? first.slice(0, -5) : first} to ${dayWords(range.last)}`;
}

/** "24 Oct to 22 Nov 2026 (30 days, UTC)"; the zone only where it is given. */
export function spanWords(range: DayRange, zone?: string): string {
  const days = countDays(range);
  const inside = [
    ...(days === 1 ? [] : [`${days} days`]),
    ...(zone === undefined ? [] : [zone]),
  ];
  return inside.length === 0
    ? rangeWords(range)
    : `${rangeWords(range)} (${inside.join(", ")})`;
}

/** "November 2026" of "2026-11". */
export function monthWords(month: string): string {
  const name = new Intl.DateTimeFormat("en-US", {
    month: "long",
    timeZone: "UTC",
  }).format(new Date(`${month}-01T00:00:00Z`));
  return `${name} ${month.slice(0, 4)}`;
}

/** "a, b and c". */
export function listWords(
  items: readonly string[],
  last: "and" | "or" = "and",
): string {
  return items.length < 2
    ? (items[0] ?? "")
    : `${items.slice(0, -1).join(", ")} ${last} ${items.at(-1)}`;
}

/** Text as Markdown that shows exactly that text: every sign of markup escaped, addresses broken so that none becomes a link. */
export function escaped(text: string): string {
  const broken = text
    .replace(/(https?|ftp|mailto|xmpp|www)(?=[:.])/gi, "$1\u200b")
    .replaceAll("@", "@\u200b");
  return broken.replace(/[\\`*_{}[\]<>|~&$]/g, "\\$&");
}
