/**
 * The answer to where the money goes. Promises: what is asked comes first: how much it is, what a request costs, or who costs the most; a
 * dimension that no record names is said to be none.
 */
import type { Dimension, ReportSection } from "../../model.ts";
import { asksOfRequests } from "../reading/lexicon.ts";
import {
  requestSentences,
  requestTable,
  tokensSentence,
} from "./efficiency.ts";
import type { Material } from "./material.ts";
import { headline, quality, section } from "./sections.ts";
import {
  daySentence,
  spendSentence,
  topSentence,
  unnamedSentence,
} from "./spend.ts";
import { dayChart, dayTable, groupTable } from "./tables.ts";

/** By a dimension; without one asked for, by model. */
export function writeBreakdown(
  material: Material,
  by: Dimension,
): readonly ReportSection[] {
  const unnamed = unnamedSentence(material, [by]);
  const first = firstOf(material);
  const named = [
    unnamed,
    by === "day" ? daySentence(material) : topSentence(material, by),
  ];
  return [
    ...headline(
      material,
      first === "requests"
        ? [
            ...requestSentences(material),
            tokensSentence(material),
            spendSentence(material),
          ]
        : first === "total"
          ? [spendSentence(material), ...named]
          : [...named, spendSentence(material)],
      [first === "requests" ? requestTable(material) : null],
    ),
    ...section("where", {
      paragraphs: [
        by === "day" ? topSentence(material, "model") : daySentence(material),
        first === "requests" ? null : tokensSentence(material),
      ],
      tables: [by === "day" ? dayTable(material) : groupTable(material, by)],
      chart: unnamed === null ? dayChart(material) : null,
    }),
    ...quality(material),
  ];
}

/** What a breakdown's question wants to know first: what a request costs, how much it is in all, or who costs the most. */
function firstOf({
  question,
  understanding,
}: Material): "requests" | "total" | "dearest" {
  const text = question.toLowerCase();
  if (asksOfRequests(text)) return "requests";
  return understanding.group_by === null &&
    /\b(?:how (?:much|many)|total|in all|altogether|bill)\b/.test(text)
    ? "total"
    : "dearest";
}
