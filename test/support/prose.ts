/** Every number in an answer's words, held against the results of its tools (R9). */
import { leaves } from "../../src/domain/agents/answer/check.ts";
import {
  formatCount,
  formatPercent,
  formatUsd,
  formatUsdRough,
  formatUsdUnit,
} from "../../src/domain/costs/money.ts";
import type { Step } from "../../src/domain/model.ts";

/**
 * Numbers in prose that no result holds, in any of the ways we write numbers (dollars, percent, counts, parts of dates and names).
 */
export function unsourcedNumbers(
  prose: string,
  steps: readonly Step[],
  known: readonly string[],
): readonly string[] {
  const found = steps
    .flatMap((step) => step.calls)
    .flatMap((call) => leaves(call.success ? call.result : null));
  const allowed = new Set([
    ...found.flatMap(writtenAs),
    ...known.flatMap(numbersIn),
  ]);
  return numbersIn(prose).filter((number) => !allowed.has(number));
}

function writtenAs(value: number | string): readonly string[] {
  if (typeof value === "string")
    return numbersIn(value).flatMap((number) => [
      number,
      String(Number(number)),
    ]);
  return [
    formatUsd(value),
    formatUsdRough(value),
    formatUsdUnit(value),
    formatPercent(value),
    formatCount(value),
    String(Math.abs(value)),
  ].flatMap(numbersIn);
}

function numbersIn(text: string): readonly string[] {
  return text.match(/\d+(?:,\d{3})*(?:\.\d+)?/g) ?? [];
}
