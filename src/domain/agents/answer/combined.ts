/**
 * The part of an answer about all savings together. Promises: the total is never the sum of the lines, and the order it was taken in and what each
 * end assumes are said with it.
 */
import { formatPercent, formatUsd } from "../../costs/money.ts";
import type { Figure, ReportTable, Saving } from "../../model.ts";
import type {
  CombinedSavings,
  CombinedStep,
} from "../../tools/combineSavings.ts";
import { isThin, monthRange, monthUsd } from "./scale.ts";
import type { Material } from "./material.ts";
import { code, listWords } from "./words.ts";

const STEPS: Readonly<Record<CombinedStep["kind"], string>> = {
  model_swap: "Cheaper models of the same family",
  prompt_caching: "Prompt caching on what that leaves",
  batch: "The batch tier for what can wait",
};

/** What to read the list of savings with, where it has more than one line. */
export function combinedSentences(
  material: Material,
  savings: readonly Saving[],
): readonly string[] {
  if (savings.length < 2) return [];
  const result = material.combined?.result;
  const isOneKind = new Set(savings.map((saving) => saving.kind)).size === 1;
  const apart =
    isOneKind && result === undefined
      ? "Each line is of other work, so they may be added up."
      : "Each line is taken alone, and they touch the same dollars: do not add them up.";
  if (
    result === undefined ||
    result.low_percent === null ||
    result.high_percent === null
  )
    return [apart];
  const waiting =
    result.waiting.length === 0
      ? " Nothing says by its name that it can wait, so nothing is batched."
      : ` Batched is what its name says can wait: ${listWords(result.waiting.slice(0, 3).map(code))}${result.waiting.length > 3 ? " and more" : ""}.`;
  return [
    `${apart} One after another, each on what the one before left, they come to **${monthRange(material, result)} a month** (${formatPercent(result.low_percent)} to ${formatPercent(result.high_percent)} of ${monthUsd(material, result.spend_usd)}).`,
    `Low: ${formatPercent(result.moved_low_percent)} of the work moves and the cache's low scenario; high: all of it moves and the high one.${lessWords(result)}${waiting}`,
  ];
}

/** Why a step may save less at the high end. */
const lessWords = ({ steps }: CombinedSavings): string =>
  steps.some((step) => step.low_usd > step.high_usd)
    ? " Where more has moved to a cheaper model, less is left for the steps after it to save."
    : "";

/** The steps of the total, in their order. */
export function combinedTable(
  material: Material,
  savings: readonly Saving[],
): ReportTable | null {
  const { combined } = material;
  const unit = isThin(material) ? "usd_rough" : "usd";
  if (combined === null || savings.length < 2) return null;
  return {
    title: "Savings taken one after another, a month",
    columns: [
      { key: "step", label: "Step", unit: "text" },
      { key: "low", label: "Low", unit },
      { key: "high", label: "High", unit },
    ],
    rows: [
      ...combined.result.steps
        .filter((step) => step.high_usd > 0)
        .map((step) => ({
          step: STEPS[step.kind],
          low: step.low_usd,
          high: step.high_usd,
        })),
      {
        step: "Together",
        low: combined.result.low_usd,
        high: combined.result.high_usd,
      },
    ],
    source: combined.id,
  };
}

/** All savings together as a headline figure; an order of magnitude is none. */
export function combinedFigures(
  material: Material,
  savings: readonly Saving[],
): readonly Figure[] {
  const { combined } = material;
  if (combined === null || savings.length < 2 || isThin(material)) return [];
  return [
    {
      id: "combined_savings",
      label: "All savings together, up to",
      value: combined.result.high_usd,
      unit: "usd",
      source: combined.id,
      note: `per month, taken one after another; at least ${formatUsd(combined.result.low_usd)}`,
    },
  ];
}
