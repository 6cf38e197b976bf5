/** A report as JSON: as it is stored, with the question, the run and the sources of its figures. Promises: values are not changed. */
import type { Exported } from "./exported.ts";

export function toJson(exported: Exported): string {
  const { run_id, question, ended_at, partial, report, sources } = exported;
  const document = {
    run_id,
    question,
    ended_at,
    price_date: report.price_date,
    partial,
    report,
    sources,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
