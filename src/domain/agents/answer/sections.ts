/**
 * Sections of a report from the parts that are there. Promises: a part that has nothing to say leaves no trace; a section without any
 * part does not appear.
 */
import type {
  Dimension,
  ReportChart,
  ReportSection,
  ReportTable,
  Saving,
  SectionId,
} from "../../model.ts";
import type { Material } from "./material.ts";
import { cacheSentence, replaySentences } from "./caching.ts";
import {
  requestTable,
  failureSentence,
  unitSentence,
  tokensSentence,
} from "./efficiency.ts";
import {
  budgetSentences,
  budgetTable,
  methodSentence,
  monthSentence,
} from "./outlook.ts";
import { combinedSentences, combinedTable } from "./combined.ts";
import { isThin, monthRange, monthUsd, scaledFrom } from "./scale.ts";
import { savingsOf } from "./savings.ts";
import { pricedAsTable, qualityStatements, SAMPLE_LABEL } from "./quality.ts";
import {
  anomalySentences,
  causesSentence,
  daySentence,
  spendSentence,
  topSentence,
  unnamedOf,
  unnamedSentence,
  unpricedSentence,
} from "./spend.ts";
import { anomalyTable, dayChart, groupTable, moversTable } from "./tables.ts";
import { code, escaped, listWords, weekdayWords } from "./words.ts";

export interface Parts {
  readonly paragraphs?: readonly (string | null)[];
  readonly tables?: readonly (ReportTable | null)[];
  readonly chart?: ReportChart | null;
  readonly savings?: readonly Saving[];
}

const TITLES: Readonly<Record<SectionId, string>> = {
  headline: "In short",
  quality: "What this rests on",
  where: "Where it goes",
  changed: "What changed",
  efficiency: "What a unit of work costs",
  savings: "What would save",
  outlook: "What is to come",
  next: "Next steps",
};

/** Empty where no part has anything to say. */
export function section(id: SectionId, parts: Parts): readonly ReportSection[] {
  const paragraphs = (parts.paragraphs ?? []).filter(
    (text) => text !== null && text !== "",
  ) as readonly string[];
  const tables = (parts.tables ?? []).filter((table) => table !== null);
  const chart = parts.chart ?? null;
  const savings = parts.savings ?? [];
  const empty =
    paragraphs.length + tables.length + savings.length === 0 && chart === null;
  return empty
    ? []
    : [{ id, title: TITLES[id], paragraphs, tables, chart, savings }];
}

/** The answer's first words; sample data is called so before any figure. */
export function headline(
  material: Material,
  sentences: readonly (string | null)[],
  tables: Parts["tables"] = [],
): readonly ReportSection[] {
  const sample =
    material.inspection?.result.sample === true ? SAMPLE_LABEL : null;
  return section("headline", {
    paragraphs: [sample, ...sentences, unpricedSentence(material)],
    tables,
  });
}

const NAMED: readonly Dimension[] = ["project", "feature", "user"];

export function overview(material: Material): readonly ReportSection[] {
  const savings = savingsOf(material);
  const sentences = [
    spendSentence(material),
    monthSentence(material),
    leverSentence(material, savings),
    unusualSentence(material),
    ...budgetSentences(material),
  ];
  return [
    ...headline(material, sentences),
    ...quality(material),
    ...section("where", {
      paragraphs: [
        topSentence(material, "model"),
        daySentence(material),
        unnamedSentence(material, NAMED),
      ],
      tables: [
        groupTable(material, "model"),
        ...NAMED.map((by) => groupTable(material, by)),
      ],
      chart: dayChart(material),
    }),
    ...changed(material),
    ...section("efficiency", {
      paragraphs: [
        tokensSentence(material, unitSentence(material) === null),
        unitSentence(material),
        cacheSentence(material),
        ...replaySentences(material),
        failureSentence(material),
      ],
      tables: [requestTable(material)],
    }),
    ...savingsSection(material, savings),
    ...section("outlook", {
      paragraphs: [methodSentence(material)],
      tables: [budgetTable(material)],
    }),
    ...next(material, savings),
  ];
}

function changed(material: Material): readonly ReportSection[] {
  return section("changed", {
    paragraphs: [
      causesSentence(material),
      // The first is in the headline; all are in the table.
      ...anomalySentences(material).slice(
        unusualSentence(material) === null ? 0 : 1,
      ),
    ],
    tables: [moversTable(material, "model"), anomalyTable(material)],
  });
}

export function savingsSection(
  material: Material,
  savings: readonly Saving[],
): readonly ReportSection[] {
  // Only who has looked everywhere may say that there is nothing.
  const looked =
    material.swaps !== null &&
    material.caching !== null &&
    material.batch !== null;
  const none =
    "No single change would save a dollar a month or more at list prices.";
  const words = [
    savings.length > 0 ? scaledSentence(material) : looked ? none : null,
    ...combinedSentences(material, savings),
  ];
  return section("savings", {
    paragraphs: words,
    tables: [combinedTable(material, savings)],
    savings,
  });
}

/** A month's dollars from another number of days are an extrapolation, and called one. */
function scaledSentence(material: Material): string | null {
  const scaled = scaledFrom(material);
  if (scaled === null || scaled.days === scaled.month_days) return null;
  const from = scaled.days === 1 ? "1 day" : `${scaled.days} days`;
  return isThin(material)
    ? `Dollars a month are ${from} of data, begun days counted as whole ones, scaled to ${scaled.month_days}: an order of magnitude. Take the percentages from here, not the amounts.`
    : `Dollars a month are scaled from ${from} to ${scaled.month_days}.`;
}

export function quality(material: Material): readonly ReportSection[] {
  return section("quality", {
    paragraphs: qualityStatements(material),
    tables: [pricedAsTable(material)],
  });
}

/** What to do about it, most valuable first. */
export function next(
  material: Material,
  savings: readonly Saving[],
): readonly ReportSection[] {
  const [best] = savings;
  const unusual = material.anomalies?.result.anomalies[0];
  const unpriced = material.inspection?.result.unpriced[0];
  const unnamed = unnamedOf(material, NAMED);
  return section("next", {
    paragraphs: [
      best === undefined
        ? null
        : `Try the largest saving first: ${nameOf(best)} (${monthRange(material, best)} a month).`,
      unusual === undefined
        ? null
        : `Find out what ran on ${weekdayWords(unusual.day)}; if it was not meant to, put an alert on it.`,
      unpriced === undefined || material.inspection?.result.basis === "billed"
        ? null
        : `Bring in billed amounts for ${code(unpriced.model)}, which the price list does not know.`,
      unnamed.length === 0
        ? null
        : `Record ${listWords(unnamed.map((by) => `a ${by}`))} with each request, so that spend can be assigned to it.`,
      material.forecast !== null &&
      material.forecast.result.budgets.length === 0
        ? "Set a monthly budget in your preferences; the projection is then held against it."
        : null,
    ],
  });
}

/** The largest saving in one sentence. */
export function leverSentence(
  material: Material,
  savings: readonly Saving[],
): string | null {
  const [best] = savings;
  if (best === undefined) return null;
  const scaled = isThin(material)
    ? " Scaled from so little data, that is an order of magnitude."
    : "";
  return `Largest lever: ${nameOf(best)}, **${monthRange(material, best)} a month** of ${monthUsd(material, best.affected_usd)} that it touches.${scaled}`;
}

/** A saving's title within a sentence, its names safe. */
function nameOf(saving: Saving): string {
  const title = escaped(
    saving.title.charAt(0).toLowerCase() + saving.title.slice(1),
  );
  return saving.kind === "model_swap"
    ? `${title} (price only, quality untested)`
    : title;
}

function unusualSentence(material: Material): string | null {
  return (material.anomalies?.result.anomalies.length ?? 0) === 0
    ? null
    : (anomalySentences(material)[0] ?? null);
}
