/**
 * The report as data. Promises: works from any prefix of finished steps and says what is missing; without data it holds no figure; each
 * suggestion is a question that is understood.
 */
import type { Figure, Report } from "../../model.ts";
import { EXAMPLES } from "../reading/lexicon.ts";
import type { Intent } from "../reading/lexicon.ts";
import { needsData } from "../triage.ts";
import type { Material } from "./material.ts";
import { outlookFigures } from "./outlook.ts";
import { combinedFigures } from "./combined.ts";
import { savingFigures, savingsOf } from "./savings.ts";
import { spendFigures } from "./spend.ts";
import { writeNothing } from "./nothing.ts";
import { write } from "./writers.ts";

/** Report and figures; what is missing stands in `material.missing` and is said in the answer. */
export function buildReport(material: Material): Report {
  const { understanding, inspection } = material;
  const found = inspection?.result;
  const nothing =
    inspection !== null && inspection.result.sufficiency === "none";
  const sections =
    nothing || (inspection === null && needsData(understanding))
      ? writeNothing(material)
      : write(material);
  return {
    kind: "costs",
    question: material.question,
    intent: understanding.intent,
    period: nothing ? null : (found?.period ?? null),
    compared_with: nothing ? null : (found?.compared_with ?? null),
    time_zone: material.time_zone,
    currency: "USD",
    price_date: found?.price_date ?? material.prices?.result.price_date ?? null,
    sample: found?.sample ?? false,
    figures: nothing ? [] : figuresOf(material),
    sections,
    suggestions: suggestionsFor(material, nothing),
  };
}

function figuresOf(material: Material): readonly Figure[] {
  return [
    ...spendFigures(material),
    ...outlookFigures(material),
    ...savingFigures(material),
    ...combinedFigures(material, savingsOf(material)),
  ];
}

/** Questions that carry on from this one; each is understood. */
function suggestionsFor(
  material: Material,
  nothing: boolean,
): readonly string[] {
  const { intent } = material.understanding;
  if (intent === "unknown") return material.understanding.nearest;
  if (nothing || intent === "import")
    return ["How do I import my usage data?", "Analyze my AI costs"];
  const swap = material.swaps?.result.swaps[0];
  const whatIf =
    swap === undefined
      ? []
      : [`What if we moved ${swap.from_model} to ${swap.to_model}?`];
  const others = EXAMPLES.filter(
    (example) =>
      SUGGESTED.includes(example.intent) && example.intent !== intent,
  ).map((example) => example.question);
  return [
    ...new Set([...(intent === "model_swap" ? [] : whatIf), ...others]),
  ].slice(0, SUGGESTIONS_SHOWN);
}

const SUGGESTIONS_SHOWN = 3;
const SUGGESTED: readonly Intent[] = [
  "overview",
  "trend",
  "savings",
  "forecast",
  "caching",
];
