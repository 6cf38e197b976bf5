/**
 * The data helper: what is missing for the question and how to bring it in. Promises: names only formats and commands that exist; says
 * no number about spend.
 */
import type { Shortage } from "../tools/inspection.ts";
import { limits } from "../limits.ts";
import { analyst } from "./analyst.ts";
import { inspectionOf, understandingOf } from "./context.ts";
import type { AgentView } from "./definition.ts";

const MISSING: Readonly<Record<Shortage, string>> = {
  no_records: "no usage data has been imported yet",
  no_records_in_period: "the data has no records in the time asked about",
  unknown_name: "no record carries a name that the question mentions",
  few_days: `fewer than ${limits.sufficientDays} days have data`,
  unpriced: "most tokens belong to models without a list price",
  no_dimension: "no record names what the question wants to group by",
};

export const dataHelper = analyst({
  name: "data_helper",
  goal: "Say what data is missing and how to bring it in",
  tools: ["import_help"],
  opening: (view) => {
    const missing = missingOf(view);
    if (missing.length === 0)
      return "Collecting the formats and commands for bringing usage data in.";
    return `Something is missing: ${missing.join("; ")}. Collecting what would help.`;
  },
  plan: () => [
    {
      tool: "import_help",
      parameters: {},
      purpose: "list the formats and commands for importing usage",
    },
  ],
  conclude: (view) => ({
    summary: "Formats and commands for bringing data in are ready.",
    result: { missing: missingOf(view) },
  }),
});

function missingOf(view: AgentView): readonly string[] {
  const inspection = inspectionOf(view);
  if (inspection !== null)
    return inspection.shortages.map((shortage) => MISSING[shortage]);
  return understandingOf(view).intent === "import"
    ? []
    : ["the data could not be looked at"];
}
