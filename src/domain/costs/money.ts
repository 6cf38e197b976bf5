/**
 * Numbers of money and tokens: rounding as the contract has it, shares, and words for people. Promises: dollars carry six decimals at
 * most; a share of nothing is null, never 0 or NaN; formatting never shows more precision than the figure has.
 */

import { sum } from "simple-statistics";
import type { Tokens } from "../model.ts";

/** US dollars to six decimals, never -0. */
export function roundUsd(usd: number): number {
  return Math.round(usd * 1e6) / 1e6 + 0;
}

/** A share in percent (0 to 100) to two decimals; null of nothing. */
export function percentOf(part: number, whole: number): number | null {
  return whole === 0 ? null : roundPercent((part / whole) * 100);
}

export function roundPercent(percent: number): number {
  return Math.round(percent * 100) / 100 + 0;
}

/** Growth from one amount to another in percent to two decimals; null from nothing. */
export function changePercent(before: number, after: number): number | null {
  return percentOf(after - before, before);
}

export function totalTokens(tokens: Tokens): number {
  return (
    tokens.uncached_input +
    tokens.cache_read +
    tokens.cache_write_5m +
    tokens.cache_write_1h +
    tokens.output
  );
}

export const NO_TOKENS: Tokens = {
  uncached_input: 0,
  cache_read: 0,
  cache_write_5m: 0,
  cache_write_1h: 0,
  output: 0,
};

export function addTokens(a: Tokens, b: Tokens): Tokens {
  return {
    uncached_input: a.uncached_input + b.uncached_input,
    cache_read: a.cache_read + b.cache_read,
    cache_write_5m: a.cache_write_5m + b.cache_write_5m,
    cache_write_1h: a.cache_write_1h + b.cache_write_1h,
    output: a.output + b.output,
  };
}

/** Kahan-compensated, so that the order of many small amounts does not show; 0 of none. */
export function sumOf<T>(
  items: readonly T[],
  amount: (item: T) => number,
): number {
  return items.length === 0 ? 0 : sum(items.map(amount));
}

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const cents = new Intl.NumberFormat("en-US", {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const fine = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 2 });
const compact = new Intl.NumberFormat("en-US", {
  notation: "compact",
  maximumSignificantDigits: 3,
});

/** "$1,234.56"; amounts under a cent keep two significant digits. */
export function formatUsd(usd: number): string {
  const size = Math.abs(usd);
  const digits =
    size > 0 && size < 0.01 ? fine.format(size) : cents.format(size);
  return `${usd < 0 ? "−" : ""}$${digits}`;
}

const milli = new Intl.NumberFormat("en-US", {
  minimumFractionDigits: 2,
  maximumFractionDigits: 3,
});
const hundredth = new Intl.NumberFormat("en-US", {
  minimumFractionDigits: 2,
  maximumFractionDigits: 4,
});

/** "$0.075", "$0.0412" or "$18.75": a price, or what one request costs, where cents are too coarse. */
export function formatUsdUnit(usd: number): string {
  const size = Math.abs(usd);
  if (size < 0.001 || size >= 10) return formatUsd(usd);
  const digits = (size < 1 ? hundredth : milli).format(size);
  return `${usd < 0 ? "−" : ""}$${digits}`;
}

const rough = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 2 });

/** "$2,500" of 2481.06: an amount of which only the order of magnitude is known. */
export function formatUsdRough(usd: number): string {
  return `${usd < 0 ? "−" : ""}$${rough.format(Math.abs(usd))}`;
}

/** "+$12.00" or "−$12.00". */
export function formatUsdChange(usd: number): string {
  return usd > 0 ? `+${formatUsd(usd)}` : formatUsd(usd);
}

/** "12.3%" of 12.3. */
export function formatPercent(percent: number): string {
  const size = Math.abs(percent);
  const digits =
    size >= 100 ? whole.format(size) : String(Math.round(size * 10) / 10);
  return `${percent < 0 ? "−" : ""}${digits}%`;
}

export function formatPercentChange(percent: number): string {
  return percent > 0 ? `+${formatPercent(percent)}` : formatPercent(percent);
}

/** "1,234", and "1.23M" from ten thousand on. */
export function formatCount(count: number): string {
  return Math.abs(count) < 10_000 ? whole.format(count) : compact.format(count);
}
