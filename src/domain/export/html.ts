/**
 * HTML as a value of its own. Promises: whatever text goes into a template comes out as that text, on one line and without control and
 * direction characters; only what another template made, or `trusted` vouches for, is markup.
 */
import { oneLine } from "../agents/answer/words.ts";

export interface Html {
  readonly html: string;
}

type Part = Html | string | number | null | readonly Part[];

/** A template: html`<td>${name}</td>`; null and empty lists leave nothing. */
export function html(
  texts: TemplateStringsArray,
  ...parts: readonly Part[]
): Html {
  const pieces = texts.map(
    (text, at) => `${text}${partText(parts[at] ?? null)}`,
  );
  return { html: pieces.join("") };
}

/** Markup that somebody else has made safe. */
export function trusted(markup: string): Html {
  return { html: markup };
}

function partText(part: Part): string {
  if (part === null) return "";
  if (typeof part === "number") return String(part);
  if (typeof part === "string") return escapeHtml(oneLine(part));
  return "html" in part ? part.html : part.map(partText).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Safe as text and as an attribute's value in quotes. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
}
