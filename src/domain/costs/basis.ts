/**
 * Which dollars count: tokens times prices, or what sources say they billed. Promises: one rule for answers and for budgets at an import.
 */
import { limits } from "../limits.ts";

/** Computed dollars count, unless most tokens have no price and the sources themselves say what they billed. */
export function countsAsBilled(total: {
  readonly total_tokens: number;
  readonly unpriced_tokens: number;
  readonly computed_usd: number;
  readonly billed_usd: number | null;
}): boolean {
  const pricedShare =
    total.total_tokens === 0
      ? 1
      : 1 - total.unpriced_tokens / total.total_tokens;
  return (
    pricedShare < limits.sufficientPricedShare &&
    (total.billed_usd ?? 0) > total.computed_usd
  );
}
