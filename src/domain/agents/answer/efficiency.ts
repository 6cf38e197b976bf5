/**
 * The part of an answer about what a unit of work costs: tokens bought, dollars per thousand requests and per million tokens, now and before, and
 * requests that failed. Promises: what the data does not tell is left out, not guessed.
 */
import {
  formatCount,
  formatPercent,
  formatPercentChange,
  formatUsd,
} from "../../costs/money.ts";
import type { Material } from "./material.ts";
import { anyComparison } from "./spend.ts";
import { code } from "./words.ts";

/** "A thousand requests cost $9.90, before $9.71 (+2%); …": whether work has become dearer. Null without a period before. */
export function unitSentence(material: Material): string | null {
  const compared = anyComparison(material)?.result;
  if (compared === undefined) return null;
  const { now, before } = compared;
  const units = [
    [
      "A thousand requests cost",
      now.cost_per_thousand_requests_usd,
      before.cost_per_thousand_requests_usd,
      compared.thousand_requests_change_percent,
    ],
    [
      "a million tokens",
      now.cost_per_million_tokens_usd,
      before.cost_per_million_tokens_usd,
      compared.million_tokens_change_percent,
    ],
  ] as const;
  const words = units.flatMap(([name, current, old, change]) => {
    if (current === null || old === null) return [];
    const changed = change === null ? "" : `, ${formatPercentChange(change)}`;
    return [
      `${name} **${formatUsd(current)}** (before: ${formatUsd(old)}${changed})`,
    ];
  });
  return words.length === 0 ? null : `${words.join(", ")}.`;
}

/** Null where no source tells what failed. */
export function failureSentence({ failures }: Material): string | null {
  const result = failures?.result;
  if (result === undefined || result.failed_percent === null) return null;
  const [worst] = result.models;
  const mostly =
    worst === undefined || worst.failed_requests === 0
      ? ""
      : `, most of them of ${code(worst.model)} (${formatCount(worst.failed_requests)})`;
  return `${formatPercent(result.failed_percent)} of the ${formatCount(result.requests)} requests whose outcome is known failed${mostly}.`;
}
