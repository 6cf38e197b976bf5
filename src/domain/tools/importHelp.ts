/**
 * import_help: how to bring usage data in. Promises: the formats and commands are those that exist; it looks at no data.
 */
import { Effect, Schema } from "effect";
import { defineTool } from "./define.ts";

export type ImportFormat = {
  readonly name: string;
  readonly what: string;
  readonly where: string;
};
export type ImportHelp = {
  readonly formats: readonly ImportFormat[];
  readonly ways: readonly {
    readonly what: string;
    readonly command: string | null;
  }[];
};

const FORMATS: readonly ImportFormat[] = [
  {
    name: "openai_usage_csv",
    what: "OpenAI usage export (CSV)",
    where:
      "platform.openai.com, Usage, Export: completions_usage_<from>_<to>.csv",
  },
  {
    name: "openai_usage_json",
    what: "OpenAI usage API pages (JSON)",
    where: "GET /v1/organization/usage/completions with group_by=model",
  },
  {
    name: "openai_costs_csv",
    what: "OpenAI costs export (CSV)",
    where: "platform.openai.com, Usage, Export: cost_<from>_<to>.csv",
  },
  {
    name: "openai_costs_json",
    what: "OpenAI costs API pages (JSON)",
    where: "GET /v1/organization/costs with group_by=line_item",
  },
  {
    name: "anthropic_usage_csv",
    what: "Anthropic Console usage export (CSV)",
    where: "Anthropic Console, Usage, Export",
  },
  {
    name: "anthropic_usage_json",
    what: "Anthropic usage report (JSON)",
    where:
      "GET /v1/organizations/usage_report/messages with group_by[]=model and group_by[]=service_tier",
  },
  {
    name: "anthropic_costs_csv",
    what: "Anthropic Console cost export (CSV)",
    where: "Anthropic Console, Cost, Export",
  },
  {
    name: "anthropic_costs_json",
    what: "Anthropic cost report (JSON)",
    where: "GET /v1/organizations/cost_report with group_by[]=description",
  },
  {
    name: "deepseek_costs_csv",
    what: "DeepSeek cost export (CSV)",
    where:
      "platform.deepseek.com, Usage, Export: cost-<from>_<to>.csv of the archive",
  },
  {
    name: "litellm_logs_csv",
    what: "LiteLLM SpendLogs (CSV)",
    where: 'the table "LiteLLM_SpendLogs" with its column metadata',
  },
  {
    name: "litellm_logs_json",
    what: "LiteLLM SpendLogs (JSON or JSON Lines)",
    where: "GET /spend/logs, or the table's rows as JSON",
  },
  {
    name: "litellm_daily_csv",
    what: "LiteLLM daily spend (CSV)",
    where:
      'one of "LiteLLM_DailyUserSpend", "LiteLLM_DailyTeamSpend" and their like, not both, and not by tag',
  },
  {
    name: "litellm_daily_json",
    what: "LiteLLM daily spend (JSON or JSON Lines)",
    where: "the same tables' rows as JSON",
  },
  {
    name: "langfuse_csv",
    what: "Langfuse observations or events (CSV)",
    where: "Langfuse, Tracing, Observations, Export; or a batch export",
  },
  {
    name: "langfuse_json",
    what: "Langfuse observations or events (JSON or JSON Lines)",
    where: "the same exports, or GET /api/public/observations",
  },
  {
    name: "helicone_csv",
    what: "Helicone requests (CSV)",
    where: "Helicone's exporter @helicone/export, as CSV",
  },
  {
    name: "openrouter_csv",
    what: "OpenRouter activity (CSV)",
    where: "openrouter.ai, Activity, Export",
  },
  {
    name: "openrouter_json",
    what: "OpenRouter activity by day (JSON)",
    where: "GET /api/v1/activity",
  },
  {
    name: "ccusage_json",
    what: "ccusage, for coding agents (JSON)",
    where: "npx ccusage daily --json",
  },
  {
    name: "block_trace",
    what: "Trace with block hashes (JSON Lines), as Mooncake's",
    where:
      "lines of timestamp (ms), input_length, output_length, hash_ids; with --model NAME, and --start DATE for its dates",
  },
  {
    name: "otlp_json",
    what: "OpenTelemetry spans with gen_ai attributes (OTLP/JSON)",
    where:
      "the collector's file exporter, or an exporter pointed at POST /api/otlp/v1/traces with OTEL_EXPORTER_OTLP_PROTOCOL=http/json",
  },
  {
    name: "focus_csv",
    what: "Cloud charges in FOCUS 1.2 or 1.3 (CSV)",
    where:
      "the FOCUS export of AWS, Azure, Google Cloud or a FinOps tool; leave out services that are no AI before, or they count too",
  },
  {
    name: "csv",
    what: "Plain CSV of your own",
    where:
      "columns timestamp, model, input_tokens, output_tokens; optional cached_tokens, cost, user, project, feature (--model NAME for a file that names none)",
  },
];

const WAYS: ImportHelp["ways"] = [
  { what: "Drop the file on this page", command: null },
  { what: "Or from the command line", command: "npm run import -- FILE" },
  {
    what: "Or try it on sample data first, labelled as such everywhere",
    command: "npm run import -- --sample",
  },
];

export const importHelp = defineTool({
  name: "import_help",
  description:
    "The file formats that can be imported and the commands to do it.",
  parameters: Schema.Struct({}),
  run: () => Effect.succeed<ImportHelp>({ formats: FORMATS, ways: WAYS }),
  summarize: (result: ImportHelp) =>
    `${result.formats.length} formats, by dropping a file on the page or by command.`,
});
