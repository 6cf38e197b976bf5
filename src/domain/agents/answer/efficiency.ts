/**
 * The part of an answer about what a unit of work costs: tokens bought, dollars per thousand requests and per million tokens, now and before, and
 * requests that failed. Promises: what the data does not tell is left out, not guessed.
 */
import {
  formatCount,
  formatPercent,
  formatPercentChange,
  formatUsd,
  formatUsdUnit,
} from "../../costs/money.ts";
import type { ReportTable } from "../../model.ts";
import type { Material } from "./material.ts";
import { anyComparison } from "./spend.ts";
import { code, listWords, plain } from "./words.ts";

const MODELS_SAID = 3;

/** What the spend bought, and what a unit of it costs on average where that is not said beside it. */
export function tokensSentence(
  { inspection }: Material,
  withAverage = true,
): string | null {
  const found = inspection?.result;
  if (found === undefined || found.total.total_tokens === 0) return null;
  const { total } = found;
  const { tokens } = total;
  const isPart = found.basis === "computed" && total.unpriced_tokens > 0;
  const buckets = [
    [tokens.uncached_input, "uncached input"],
    [tokens.cache_read, "read from cache"],
    [tokens.cache_write_5m, "written to cache for 5 minutes"],
    [tokens.cache_write_1h, "written to cache for 1 hour"],
    [tokens.output, "output"],
  ] as const;
  const shown = buckets
    .filter(([count]) => count > 0)
    .map(([count, words]) => `${formatCount(count)} ${words}`);
  const requests =
    total.requests === 0 ? "" : ` in ${formatCount(total.requests)} requests`;
  const unit = [
    ...(total.cost_per_million_tokens_usd === null
      ? []
      : [
          `${formatUsd(total.cost_per_million_tokens_usd)} per million ${isPart ? "priced tokens" : "tokens"}`,
        ]),
    ...(total.cost_per_thousand_requests_usd === null
      ? []
      : [
          `${formatUsd(total.cost_per_thousand_requests_usd)} per thousand requests`,
        ]),
  ];
  const average =
    unit.length === 0 || !withAverage ? "" : ` On average ${listWords(unit)}.`;
  const verb = isPart ? "The data has" : "That bought";
  return `${verb} ${formatCount(total.total_tokens)} tokens${requests}: ${listWords(shown)}.${average}`;
}

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

/** What a single request costs, a sentence for each of the models with the dearest; none where no record is one. */
export function requestSentences({
  requestCosts,
}: Material): readonly string[] {
  const models = requestCosts?.result.models ?? [];
  return models
    .slice(0, MODELS_SAID)
    .map(
      (it) =>
        `A request of ${code(it.model)} costs **${formatUsdUnit(it.mean_usd)}** on average: half of them at most ${formatUsdUnit(it.p50_usd)}, 95% at most ${formatUsdUnit(it.p95_usd)}, the dearest ${formatUsdUnit(it.max_usd)}.`,
    );
}

/** What a single request costs, by model; null where no record is one. */
export function requestTable({
  requestCosts,
  inspection,
}: Material): ReportTable | null {
  if (requestCosts === null || requestCosts.result.models.length === 0)
    return null;
  return {
    title:
      inspection?.result.basis === "billed"
        ? "What a request costs at list prices"
        : "What a request costs",
    columns: [
      { key: "model", label: "Model", unit: "text" },
      { key: "requests", label: "Requests", unit: "requests" },
      { key: "mean", label: "Mean", unit: "usd_unit" },
      { key: "p50", label: "Median", unit: "usd_unit" },
      { key: "p95", label: "95% cost at most", unit: "usd_unit" },
      { key: "max", label: "Dearest", unit: "usd_unit" },
    ],
    rows: requestCosts.result.models.map((it) => ({
      model: plain(it.model),
      requests: it.requests,
      mean: it.mean_usd,
      p50: it.p50_usd,
      p95: it.p95_usd,
      max: it.max_usd,
    })),
    source: requestCosts.id,
  };
}
