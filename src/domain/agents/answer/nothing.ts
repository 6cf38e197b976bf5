/** What is answered where there is nothing to count: which data is missing and how to bring it in. Promises: no figure stands here. */
import type { ReportSection } from "../../model.ts";
import type { Material } from "./material.ts";
import { formatsTable, nothingSentences, waysSentences } from "./quality.ts";
import { section } from "./sections.ts";

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
