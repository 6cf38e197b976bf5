/** The file that an export is saved as. Promises: letters, digits, hyphens and one dot of ASCII, whatever the question was; bounded. */
import { dayOf } from "../costs/days.ts";
import { limits } from "../limits.ts";
import type { Exported, ExportFormat } from "./exported.ts";

const EXTENSIONS: Readonly<Record<ExportFormat, string>> = {
  markdown: "md",
  json: "json",
  csv: "csv",
  html: "html",
};
const UNNAMED = "report";

/** "analyze-my-ai-costs-2026-11-24.csv": the question, and the day of the report's zone on which it was answered. */
export function fileNameOf(exported: Exported, format: ExportFormat): string {
  const { question, ended_at, report } = exported;
  const day = ended_at === null ? [] : [dayOf(ended_at, report.time_zone)];
  return `${[slugOf(question), ...day].join("-")}.${EXTENSIONS[format]}`;
}

function slugOf(question: string): string {
  const words = question
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-");
  const short = words.slice(0, limits.exportNameCharactersMax);
  return short.replace(/^-+|-+$/g, "") || UNNAMED;
}
