/**
 * The parts of an answer about spending less. Promises: each saving names what it affects, what it assumes and how to verify it; savings
 * that touch the same dollars are never added up; nothing under the floor is worth a line.
 */
import { assumptions } from "../../costs/assumptions.ts";
import { formatPercent } from "../../costs/money.ts";
import type { Figure, ReportTable, Saving } from "../../model.ts";
import type { Swap } from "../../tools/simulateModelSwap.ts";
import { cacheSavings } from "./caching.ts";
import type { Material } from "./material.ts";
import { isThin, monthRange, monthUsd } from "./scale.ts";
import { code, listWords, plain } from "./words.ts";

/** Every saving worth a line, the largest first. */
export function savingsOf(material: Material): readonly Saving[] {
  const known = isThin(material) ? { unit: "usd_rough" as const } : {};
  return [
    ...swapSavings(material),
    ...cacheSavings(material),
    ...batchSavings(material),
  ]
    .filter((saving) => saving.high_usd >= assumptions.savingFloorUsdPerMonth)
    .toSorted((a, b) => b.high_usd - a.high_usd)
    .slice(0, assumptions.savingsReportedMax)
    .map((saving) => ({ ...saving, ...known }));
}

function swapSavings({ swaps }: Material): readonly Saving[] {
  if (swaps === null) return [];
  return swaps.result.swaps
    .filter((swap) => swap.low_usd >= 0)
    .map((swap) => ({
      id: `swap:${swap.from_model}`,
      title: `Move ${plain(swap.from_model)} to ${swap.to_model}`,
      kind: "model_swap",
      affected_usd: swap.affected_usd,
      low_usd: swap.low_usd,
      high_usd: swap.high_usd,
      assumption: `Price only, quality untested; the same tokens cost ${formatPercent(swap.saving_percent)} less. ${movedWords(swap)}`,
      effort: "medium",
      risk: `Answers may get worse: nothing here has looked at them. ${cascadeWords(swap)}`,
      verify: `Run your evaluations on ${swap.to_model}, then send it a small share of the traffic and compare.`,
      source: swaps.id,
    }));
}

/** What trying the cheaper model first would save, and up to which share of second tries it pays. */
function cascadeWords({ cascade, saving_percent }: Swap): string {
  return cascade.saving_percent <= 0
    ? `Trying it first and passing on what fails would pay only while fewer than ${formatPercent(saving_percent)} are passed on.`
    : `Trying it first and passing on ${formatPercent(cascade.escalated_percent)} of the work would still save ${formatPercent(cascade.saving_percent)}; it pays while fewer than ${formatPercent(saving_percent)} are passed on.`;
}

function movedWords(swap: {
  readonly moved_low_percent: number;
  readonly moved_high_percent: number;
}): string {
  return swap.moved_low_percent === swap.moved_high_percent
    ? `With ${formatPercent(swap.moved_low_percent)} of the work moved.`
    : `Low: ${formatPercent(swap.moved_low_percent)} of the work moves; high: all of it.`;
}

/** Features where there are any, else projects: both would count the same work twice. */
function batchSavings({ batch }: Material): readonly Saving[] {
  if (batch === null) return [];
  const features = batch.result.candidates.filter(
    (candidate) => candidate.dimension === "feature",
  );
  const shown = features.length > 0 ? features : batch.result.candidates;
  return shown.map((candidate) => ({
    id: `batch:${candidate.dimension}:${candidate.key}`,
    title: `Send ${plain(candidate.key)} through the batch tier`,
    kind: "batch",
    affected_usd: candidate.affected_usd,
    low_usd: candidate.low_usd,
    high_usd: candidate.high_usd,
    assumption: `Its name ("${candidate.word}") suggests that it can wait up to a day. Low: ${formatPercent(batch.result.moved_low_percent)} of it moves; high: all.`,
    effort: "medium",
    risk: "An answer may take up to a day, and what is left over then fails.",
    verify:
      "Ask its owner whether answers may take up to a day; then move one job and compare its bill.",
    source: batch.id,
  }));
}

/** "Moving 30% of `a` to `b` would save $… a month of $…"; a range moves a low share of the work, or all of it. */
function swapSentence(material: Material, swap: Swap): string {
  const [low, high] = [swap.moved_low_percent, swap.moved_high_percent];
  const isRange = low !== high;
  const share = isRange
    ? `${formatPercent(Math.min(low, high))} to ${formatPercent(Math.max(low, high))}`
    : formatPercent(high);
  const name = `Moving ${share} of ${code(swap.from_model)} to ${code(swap.to_model)} would`;
  const spend = monthUsd(material, swap.affected_usd);
  if (swap.high_usd <= 0 && swap.saving_percent <= 0)
    return `${name} cost **more**: the same tokens are ${formatPercent(-swap.saving_percent)} dearer there (up to ${monthUsd(material, -swap.low_usd)} a month on ${spend}).`;
  const range = isRange
    ? monthRange(material, swap)
    : monthUsd(material, swap.high_usd);
  return `${name} save **${range} a month** of the ${spend} that ${code(swap.from_model)} costs: the same tokens cost ${formatPercent(swap.saving_percent)} less. Price only, quality untested.`;
}

/** Swaps that would cost more, which is an answer too where one was asked for. */
export function swapSentences(material: Material): readonly string[] {
  const result = material.swaps?.result;
  if (result === undefined) return [];
  if (result.unknown_model !== null)
    return [
      `The price list of ${result.price_date} knows no model ${code(result.unknown_model)}, so nothing can be said about moving to it.`,
    ];
  const swaps = result.swaps.map((swap) => swapSentence(material, swap));
  const skipped = result.skipped.map(
    ({ model, reason }) => `${code(model)}: ${reason}.`,
  );
  return [...swaps, ...skipped];
}

export function swapPriceTable(material: Material): ReportTable | null {
  const found = material.swaps;
  if (found === null || found.result.swaps.length === 0) return null;
  return {
    title: "List prices, US dollars per million tokens",
    columns: [
      { key: "from", label: "From", unit: "text" },
      { key: "from_input", label: "Input", unit: "usd_unit" },
      { key: "from_output", label: "Output", unit: "usd_unit" },
      { key: "to", label: "To", unit: "text" },
      { key: "to_input", label: "Input", unit: "usd_unit" },
      { key: "to_output", label: "Output", unit: "usd_unit" },
    ],
    rows: found.result.swaps.map((swap) => ({
      from: plain(swap.from_model),
      from_input: swap.from_price.uncached_input,
      from_output: swap.from_price.output,
      to: swap.to_model,
      to_input: swap.to_price.uncached_input,
      to_output: swap.to_price.output,
    })),
    source: found.id,
  };
}

export function batchSentences(material: Material): readonly string[] {
  const { batch, understanding } = material;
  if (batch === null) return [];
  const { candidates, what_if, batched_percent } = batch.result;
  const whatIf = `What if ${formatPercent(what_if.waiting_percent)} of all work could wait: the batch tier would save **${monthUsd(material, what_if.saving_usd)} a month** of the ${monthUsd(material, what_if.affected_usd)} it applies to. A what-if, not a finding.`;
  const now =
    batched_percent === null || batched_percent === 0
      ? []
      : [
          `${formatPercent(batched_percent)} of tokens go through the batch tier already.`,
        ];
  const found =
    candidates.length > 0
      ? [
          `By their name these can probably wait: ${listWords([...new Set(candidates.map((candidate) => code(candidate.key)))])}.`,
        ]
      : ["No project or feature says by its name that it can wait."];
  if (understanding.intent !== "batch") return now;
  return understanding.percent === null
    ? [...found, ...now, whatIf]
    : [whatIf, ...found, ...now];
}

/** The largest saving as a headline figure; an order of magnitude is no headline. */
export function savingFigures(material: Material): readonly Figure[] {
  const [best] = savingsOf(material);
  if (best === undefined || isThin(material)) return [];
  return [
    {
      id: "top_saving",
      label: "Largest saving, up to",
      value: best.high_usd,
      unit: "usd",
      source: best.source,
      note: `${best.title}, per month`,
    },
  ];
}
