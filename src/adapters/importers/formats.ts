/** The formats that are known, in the order in which a file is held against them. Promises: of two that would take a file the more specific one comes first. */
import { anthropicCostsCsv } from "./anthropicCostsCsv.ts";
import { anthropicCostsJson } from "./anthropicCostsJson.ts";
import { anthropicCsv } from "./anthropicCsv.ts";
import { anthropicJson } from "./anthropicJson.ts";
import { ccusageJson } from "./ccusage.ts";
import { deepseekCostsCsv } from "./deepseekCostsCsv.ts";
import { heliconeCsv } from "./heliconeCsv.ts";
import { langfuseCsv, langfuseJson } from "./langfuse.ts";
import { litellmDailyCsv, litellmDailyJson } from "./litellmDaily.ts";
import { litellmLogsCsv, litellmLogsJson } from "./litellmLogs.ts";
import { openaiCostsCsv } from "./openaiCostsCsv.ts";
import { openaiCostsJson } from "./openaiCostsJson.ts";
import { openaiCsv } from "./openaiCsv.ts";
import { openaiJson } from "./openaiJson.ts";
import { openrouterCsv, openrouterJson } from "./openrouter.ts";
import { plainCsv } from "./plainCsv.ts";
import { blockTrace } from "./blockTrace.ts";
import { focusCsv } from "./focusCsv.ts";
import { otlpJson } from "./otlpJson.ts";
import type { FormatName } from "./importer.ts";

// The providers' and gateways' own exports go first: plain CSV would recognise columns of theirs too.
export const CSV_FORMATS = [
  openaiCsv,
  openaiCostsCsv,
  anthropicCsv,
  anthropicCostsCsv,
  deepseekCostsCsv,
  litellmLogsCsv,
  litellmDailyCsv,
  langfuseCsv,
  heliconeCsv,
  openrouterCsv,
  focusCsv,
  plainCsv,
];
export const JSON_FORMATS = [
  openaiJson,
  openaiCostsJson,
  anthropicJson,
  anthropicCostsJson,
  litellmLogsJson,
  litellmDailyJson,
  langfuseJson,
  openrouterJson,
  ccusageJson,
  blockTrace,
  otlpJson,
];
export const FORMATS = [...CSV_FORMATS, ...JSON_FORMATS];

/** What can be imported, and what each format looks like in words. */
export const formats: readonly {
  readonly name: FormatName;
  readonly expects: string;
}[] = FORMATS.map(({ name, expects }) => ({
  name,
  expects,
}));
