/**
 * Finds the time that a question names and takes it out of the text. Promises: a time is read only where it is written; a date without
 * a year is the latest such date that is not in the future; times to come are no period to look at.
 */
import { addDays, isDay, weekdayOf } from "../../costs/days.ts";
import type { Day } from "../../costs/days.ts";
import type { PeriodSpec } from "../../costs/periods.ts";

export type TimeRead = {
  readonly period: PeriodSpec | null;
  readonly rest: string;
};

const MONTHS = [
  "jan",
  "feb",
  "mar",
  "apr",
  "may",
  "jun",
  "jul",
  "aug",
  "sep",
  "oct",
  "nov",
  "dec",
];
const WEEKDAYS = [
  "sunday",
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
];
const NUMBERS = [
  "zero",
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
  "nine",
  "ten",
  "eleven",
  "twelve",
];
const MONTH =
  "(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";
const YEAR = "(20\\d\\d)";
/** Further back than any usage of language models. */
const YEARS_MAX = 50;
const DATE = `(?:20\\d\\d-\\d\\d-\\d\\d|${MONTH.replace("(", "(?:")} \\d{1,2}(?:st|nd|rd|th)?(?:,? 20\\d\\d)?|\\d{1,2}(?:st|nd|rd|th)?(?: of)? ${MONTH.replace("(", "(?:")}(?: 20\\d\\d)?)`;
const COUNT = `(\\d{1,3}|${NUMBERS.join("|")}|couple of|few)`;
const UNIT = "(day|week|month|quarter|year)";
const LAST = "(?:last|past|previous|prior|trailing)";

type Reader = readonly [
  pattern: RegExp,
  read: (match: RegExpExecArray, today: Day) => PeriodSpec | null,
];

/** The first that matches is the period: from the most to the least explicit. */
const READERS: readonly Reader[] = [
  [
    re(
      `(?:from |between )?(${DATE})(?: to | until | till | through | and | ?[-–] ?)(${DATE})`,
    ),
    (m, today) => days(m[1], m[2], today),
  ],
  [re(`since (${DATE})`), (m, today) => days(m[1], null, today)],
  [re(`(?:on )?(${DATE})`), (m, today) => days(m[1], m[1], today)],
  [
    re(`${LAST} (\\d{1,3}) hours?`),
    (m) => lastCount(String(Math.ceil(Number(m[1]) / 24)), "day"),
  ],
  [
    re(`${LAST} ${COUNT} (day|week|month|year)s?`),
    (m) => lastCount(m[1], m[2]),
  ],
  [
    re(`${COUNT}[ -](day|week|month)s?(?= (?:window|period|view)|$)`),
    (m) => lastCount(m[1], m[2]),
  ],
  [
    re(`q([1-4])(?: (?:of )?${YEAR})?`),
    (m) => ({ kind: "quarter", quarter: Number(m[1]), year: yearOf(m[2]) }),
  ],
  [re(`since ${MONTH}(?: ${YEAR})?`), (m, today) => sinceMonth(m, today)],
  [
    re(
      `(?:in |for |of |during |only |just |and |about )may(?: ${YEAR})?|may ${YEAR}`,
    ),
    (m) => ({ kind: "month", month: 5, year: yearOf(m[1] ?? m[2]) }),
  ],
  [
    re(`(?!may\\b)${MONTH}(?:,? ${YEAR})?`),
    (m) => ({ kind: "month", month: monthNumber(m[1]), year: yearOf(m[2]) }),
  ],
  [
    re(
      "month to date|mtd|(?:so far )?this month(?: so far)?|(?:the )?current month",
    ),
    () => calendar("month", 0),
  ],
  [re("year to date|ytd|so far this year"), () => calendar("year", 0)],
  [re("week to date|wtd"), () => calendar("week", 0)],
  [re(`(?:this|current) ${UNIT}`), (m) => calendar(unit(m[1]), 0)],
  [re("(?:past|trailing) (week|month)"), (m) => lastCount("1", m[1])],
  [
    re("(?:past|trailing) (quarter|year)"),
    (m) => lastCount(m[1] === "year" ? "12" : "3", "month"),
  ],
  [
    re(`(?:last|previous|prior) ${UNIT}|${UNIT} before`),
    (m) => calendar(unit(m[1] ?? m[2]), -1),
  ],
  [re("yesterday"), () => calendar("day", -1)],
  [re("today"), () => calendar("day", 0)],
  [
    re(`(?:(?:on|last|this) )(${WEEKDAYS.join("|")})`),
    (m, today) => latestWeekday(m[1] ?? "", today),
  ],
  [
    re(
      "all[ -]time|since the beginning|ever|entire history|whole history|all (?:of )?(?:the |my |our )?(?:data|history)",
    ),
    () => ({ kind: "all" }),
  ],
  [
    re(`(?:in|for|during|of|only) ${YEAR}`),
    (m) => ({ kind: "year", year: Number(m[1]) }),
  ],
];

/** Times to come: they belong to the forecast, which always starts at the end of the data. */
const FUTURE =
  /\b(?:next (?:\d+ )?(?:days?|weeks?|months?|quarters?|years?)|(?:by |at )?(?:the )?end of (?:the |this )?(?:month|quarter|year)|month[- ]end|year[- ]end)\b/;

/** `text` is in lower case; `today` in the user's time zone. */
export function readTime(text: string, today: Day): TimeRead {
  const present = text.replace(FUTURE, " in future ");
  for (const [pattern, read] of READERS) {
    const match = pattern.exec(present);
    const period = match === null ? null : read(match, today);
    if (match !== null && period !== null)
      return { period, rest: present.replace(match[0], " ") };
  }
  return { period: null, rest: present };
}

function re(source: string): RegExp {
  return new RegExp(`\\b(?:${source})\\b`);
}

function calendar(
  of: "day" | "week" | "month" | "quarter" | "year",
  offset: number,
): PeriodSpec {
  return { kind: "calendar", unit: of, offset };
}

function unit(
  text: string | undefined,
): "day" | "week" | "month" | "quarter" | "year" {
  return text === "week" ||
    text === "month" ||
    text === "quarter" ||
    text === "year"
    ? text
    : "day";
}

function lastCount(
  count: string | undefined,
  of: string | undefined,
): PeriodSpec | null {
  const number = countOf(count ?? "1");
  if (number < 1 || (of === "year" && number > YEARS_MAX)) return null;
  if (of === "year") return { kind: "last", count: number * 12, unit: "month" };
  return {
    kind: "last",
    count: number,
    unit: of === "week" || of === "month" ? of : "day",
  };
}

function countOf(text: string): number {
  if (text === "couple of") return 2;
  if (text === "few") return 3;
  const word = NUMBERS.indexOf(text);
  return word === -1 ? Number(text) : word;
}

function yearOf(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

function monthNumber(name: string | undefined): number {
  return MONTHS.indexOf((name ?? "").slice(0, 3)) + 1;
}

function days(
  first: string | undefined,
  last: string | null | undefined,
  today: Day,
): PeriodSpec | null {
  const from = dayFrom(first ?? "", today);
  const to = typeof last === "string" ? dayFrom(last, today) : null;
  if (from === null || (typeof last === "string" && (to === null || to < from)))
    return null;
  return { kind: "days", first: from, last: to };
}

/** "2026-10-03", "oct 3rd, 2026", "3 october". */
function dayFrom(text: string, today: Day): Day | null {
  if (isDay(text)) return text;
  const month = monthNumber(new RegExp(MONTH).exec(text)?.[1]);
  const date = /(?<!\d)(\d{1,2})(?!\d)/.exec(text)?.[1];
  if (month === 0 || date === undefined) return null;
  const monthDay = `${String(month).padStart(2, "0")}-${date.padStart(2, "0")}`;
  const year = /20\d\d/.exec(text)?.[0];
  const thisYear = Number(today.slice(0, 4));
  const found =
    year ?? (`${thisYear}-${monthDay}` > today ? thisYear - 1 : thisYear);
  return isDay(`${found}-${monthDay}`) ? `${found}-${monthDay}` : null;
}

function sinceMonth(match: RegExpExecArray, today: Day): PeriodSpec | null {
  const first = dayFrom(`${match[1]} 1 ${match[2] ?? ""}`, today);
  return first === null ? null : { kind: "days", first, last: null };
}

function latestWeekday(name: string, today: Day): PeriodSpec {
  const back = (weekdayOf(today) - WEEKDAYS.indexOf(name) + 7) % 7;
  const day = addDays(today, -(back === 0 ? 7 : back));
  return { kind: "days", first: day, last: day };
}
