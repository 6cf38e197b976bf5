/** What an import came to, in lines for a person at a terminal. Promises: what was skipped, has no price or strains a budget is said. */
import { formatPercent, formatUsd } from "../domain/costs/money.ts";
import type { BudgetAlert, Imported } from "../domain/model.ts";

export function summaryOf(result: Imported): string {
  const { rows, period, models, unpriced_models, skipped } = result;
  const lines = [
    `Imported ${result.sample ? "the sample data set" : `as ${result.format}`}: ${rows.read} rows read, ${rows.kept} kept, ${rows.duplicate} already there, ${rows.skipped} skipped.`,
    ...skipped
      .slice(0, 10)
      .map(({ line, reason }) => `  line ${line}: ${reason}`),
    ...(rows.skipped > 10 ? [`  and ${rows.skipped - 10} more`] : []),
    `Period: ${period === null ? "none" : `${period.from} to ${period.to}`}`,
    `Models: ${models.join(", ") || "none"}`,
  ];
  if (unpriced_models.length > 0) {
    lines.push(
      `Without a price, so in no total: ${unpriced_models.join(", ")}`,
    );
  }
  return [...lines, ...result.budgets.map(budgetLine)].join("\n");
}

function budgetLine(alert: BudgetAlert): string {
  const { scope, month, spent_usd, spent_percent, monthly_usd } = alert;
  const name = scope === null ? "all spend" : `${scope.dimension} ${scope.key}`;
  return `Budget for ${name}, ${month}: ${formatUsd(spent_usd)} of ${formatUsd(monthly_usd)} spent (${formatPercent(spent_percent)})${alert.exceeded ? ", exceeded" : ""}`;
}
