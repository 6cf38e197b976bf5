/** What is answered where there is nothing to count: which data is missing and how to bring it in. Promises: no figure stands here. */
import { dimensionWords } from "../../costs/dimensions.ts";
import type { ReportSection, ReportTable } from "../../model.ts";
import type { Material } from "./material.ts";
import { section } from "./sections.ts";
import { code, listWords, rangeWords, spanWords } from "./words.ts";

/** The answer where there are no records for the question. */
export function writeNothing(material: Material): readonly ReportSection[] {
  const missing = material.missing.map(
    (part) => `Missing from this answer: ${part}.`,
  );
  const sentences = [...nothingSentences(material), ...missing];
  const misnamed =
    material.inspection?.result.shortages.includes("unknown_name") === true;
  return misnamed
    ? section("headline", { paragraphs: sentences })
    : writeImport(material, sentences);
}

/** The ways to bring data in, after what there is to say first. */
export function writeImport(
  material: Material,
  sentences: readonly string[],
): readonly ReportSection[] {
  return [
    ...section("headline", { paragraphs: sentences }),
    ...section("next", {
      paragraphs: waysSentences(material),
      tables: [formatsTable(material)],
    }),
  ];
}

/** Why there is nothing to answer from, in the question's own terms. */
export function nothingSentences({
  inspection,
  understanding,
}: Material): readonly string[] {
  const found = inspection?.result;
  if (found === undefined)
    return [
      "The data could not be looked at, so there is nothing to say about spend.",
    ];
  if (found.data === null)
    return [
      "**There is no usage data yet**, so there is nothing to analyze. Bring some in and ask again:",
    ];
  if (found.unmatched.length > 0) {
    return found.unmatched.map(({ dimension, name, known }) => {
      const names =
        known.length === 0
          ? `no record names any ${dimensionWords(dimension)}`
          : `the data names ${listWords(known.map(code))}`;
      return `**No record names ${dimensionWords(dimension)} ${code(name)}**; ${names}.`;
    });
  }
  const named =
    understanding.period.kind === "latest"
      ? ""
      : ` from ${spanWords(found.asked)}`;
  return [
    `**There are no records${named}.** The data spans ${rangeWords(found.data)}. Ask about a time within it, or bring in a newer export:`,
  ];
}

export function formatsTable({ help }: Material): ReportTable | null {
  if (help === null) return null;
  return {
    title: "What can be imported",
    columns: [
      { key: "what", label: "Format", unit: "text" },
      { key: "where", label: "Where it comes from", unit: "text" },
      { key: "name", label: "Name", unit: "text" },
    ],
    rows: help.result.formats.map(({ what, where, name }) => ({
      what,
      where,
      name,
    })),
    source: help.id,
  };
}

export function waysSentences({ help }: Material): readonly string[] {
  return (help?.result.ways ?? []).map(({ what, command }) =>
    command === null ? `${what}.` : `${what}: ${code(command)}`,
  );
}
