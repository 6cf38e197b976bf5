/**
 * Markdown of an answer as HTML, with micromark, which shows HTML as text. Promises: nothing links and nothing is loaded, since
 * neither links nor images are read.
 */
import { micromark } from "micromark";

/** Constructs of CommonMark that could lead or load from elsewhere. */
const LEADING_ELSEWHERE = [
  "autolink",
  "definition",
  "labelStartImage",
  "labelStartLink",
];

export function markdownHtml(markdown: string): string {
  return micromark(markdown, {
    extensions: [{ disable: { null: LEADING_ELSEWHERE } }],
  });
}
