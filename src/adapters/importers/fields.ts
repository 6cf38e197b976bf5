/**
 * Reads the values of one row, from CSV cells or JSON alike, and remembers the first thing that is wrong with them.
 * Promises: counts are whole, not negative and exact; texts are short and storable; a problem names the field, never its value,
 * because a shifted row may hold a prompt.
 */
import { limits } from "../../domain/limits.ts";
import type { ServiceTier, Timestamp } from "../../domain/model.ts";
import { UNTOLD } from "./importer.ts";
import type { Reading, ToldRecord } from "./importer.ts";
import { parseJson } from "./nested.ts";
import { parseInstant } from "./instant.ts";

// Spreadsheets and pandas write whole numbers of a column with gaps as 12.0.
const WHOLE = /^\d+(\.0+)?$/;
const DOLLARS = /^\$?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const TIERS: Readonly<Record<string, ServiceTier>> = {
  "": "standard",
  auto: "standard",
  default: "standard",
  standard: "standard",
  // OpenAI's traffic shared for training: some of it is free, the rest billed as standard, and the export does not say which.
  "incentivized-tier": "standard",
  batch: "batch",
  flex: "flex",
  flex_discount: "flex",
  priority: "priority",
  priority_on_demand: "priority",
};

export class Fields {
  #problem: string | null = null;
  readonly #value: (name: string) => unknown;

  /** `value` answers a field by name; undefined, null and "" all mean that the row leaves it out. */
  constructor(value: (name: string) => unknown) {
    this.#value = value;
  }

  /** The record, or the first problem met on the way to it. */
  settle(record: ToldRecord): Reading {
    if (this.#problem !== null) return { problem: this.#problem };
    // Spread first, which copies many times faster than a spread over what is there already.
    return {
      ...record,
      measures: record.measures ?? UNTOLD.measures,
      tags: record.tags ?? UNTOLD.tags,
      failed_requests: record.failed_requests ?? UNTOLD.failed_requests,
      reusable: record.reusable ?? UNTOLD.reusable,
    };
  }

  fail(problem: string): void {
    this.#problem ??= problem;
  }

  /** A short text; null when the row leaves it out. */
  text(name: string): string | null {
    const text = this.#plain(name);
    if (text.length > limits.importTextCharactersMax) {
      this.fail(
        `${name} is longer than ${limits.importTextCharactersMax} characters`,
      );
      return null;
    }
    // PostgreSQL stores no NUL in a text.
    if (text.includes("\0")) this.fail(`${name} holds a NUL character`);
    return text === "" ? null : text;
  }

  /** A list of labels: a JSON list, or texts between commas; each once, blank ones not at all. */
  labels(name: string): readonly string[] {
    const labels = new Set(
      listed(this.#value(name))
        .map((label) => String(label).trim())
        .filter((label) => label !== ""),
    );
    if (labels.size > limits.importTagsMax)
      this.fail(`${name} holds more than ${limits.importTagsMax} labels`);
    for (const label of labels)
      if (label.length > limits.importTextCharactersMax || label.includes("\0"))
        this.fail(`${name} holds a label that is too long or has a NUL`);
    return [...labels];
  }

  /** A whole number of at least 0; 0 when left out. */
  count(name: string): number {
    const text = this.#plain(name);
    if (text === "") return 0;
    const count = Number(text);
    if (!WHOLE.test(text))
      this.fail(`${name} is not a whole number of at least 0`);
    else if (!Number.isSafeInteger(count))
      this.fail(`${name} is too large to be exact`);
    return count;
  }

  /** Like `count`, but the row may not leave it out. */
  requiredCount(name: string): number {
    if (this.#plain(name) === "") this.fail(`${name} is empty`);
    return this.count(name);
  }

  /** The first of these fields that is given, as an instant. */
  instant(...names: readonly string[]): Timestamp {
    const name = names.find((candidate) => this.#plain(candidate) !== "");
    const instant = name === undefined ? null : parseInstant(this.#plain(name));
    if (name === undefined) this.fail(`${names[0]} is empty`);
    else if (instant === null) this.fail(`${name} is not a time`);
    return instant ?? "";
  }

  /** US dollars of at least 0; null when left out. */
  dollars(name: string): number | null {
    const text = this.#plain(name);
    if (text === "") return null;
    if (!DOLLARS.test(text))
      this.fail(`${name} is not an amount of at least 0`);
    return Number(text.replace("$", ""));
  }

  /** Like `dollars`, but the row may not leave it out. */
  requiredDollars(name: string): number {
    if (this.#plain(name) === "") this.fail(`${name} is empty`);
    return this.dollars(name) ?? 0;
  }

  /** US dollars of at least 0 that the row must give in cents. The point is moved in the text, so that no digit is rounded. */
  requiredCents(name: string): number {
    const dollars = this.requiredDollars(name);
    const text = this.#plain(name);
    return /^\d+(\.\d+)?$/.test(text) ? Number(`${text}e-2`) : dollars / 100;
  }

  /** US dollars that may be a credit; null when left out. */
  signedDollars(name: string): number | null {
    const text = this.#plain(name);
    if (text === "") return null;
    if (!DOLLARS.test(text.replace(/^-(?=\d)/, "")))
      this.fail(`${name} is not an amount`);
    return Number(text.replace("$", ""));
  }

  /** The model that the row names, else `fallback`. */
  model(name: string, fallback: string | undefined): string {
    const model = this.text(name) ?? fallback ?? null;
    if (model === null) this.fail("no model is named; give one with --model");
    return model ?? "";
  }

  /** How the tokens were bought: a batch flag wins over a named tier. */
  tier(batch: string, tier: string): ServiceTier {
    const flag = this.#plain(batch).toLowerCase();
    if (flag === "true" || flag === "1") return "batch";
    if (!["", "false", "0"].includes(flag))
      this.fail(`${batch} is neither true nor false`);
    const known = TIERS[this.#plain(tier).toLowerCase()];
    if (known === undefined) this.fail(`${tier} is not a known service tier`);
    return known ?? "standard";
  }

  #plain(name: string): string {
    const value = this.#value(name);
    if (value === undefined || value === null) return "";
    if (typeof value === "object") this.fail(`${name} is not a single value`);
    return String(value).trim();
  }
}

function listed(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.filter((it) => typeof it !== "object");
  if (typeof value !== "string") return [];
  const parsed = value.trim().startsWith("[") ? parseJson(value) : undefined;
  return Array.isArray(parsed) ? listed(parsed) : value.split(",");
}

/** Reads a row of cells by the header's column names; of two columns with one name, the first counts. */
export function cellFields(
  header: readonly string[],
): (cells: readonly string[]) => Fields {
  const valuesOf = cellValues(header);
  return (cells) => new Fields(valuesOf(cells));
}

/** The cells of a row by the header's column names, as `cellFields` takes them. */
export function cellValues(
  header: readonly string[],
): (cells: readonly string[]) => (name: string) => string | undefined {
  const positions = new Map(
    [...header.entries()].reverse().map(([position, name]) => [name, position]),
  );
  return (cells) => (name) => {
    const position = positions.get(name);
    return position === undefined ? undefined : cells[position];
  };
}
