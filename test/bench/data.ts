/** Usage for the benchmark: 30 days of three models, by the hour, as plain CSV. The same `seed` gives the same data. */

const MODELS = ["gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5"];
const DAYS = 30;
const HOURS = 24;
const START_MS = Date.parse("2026-10-01T00:00:00Z");

export function threeModels(seed: number): string {
  const lines = ["timestamp,model,input_tokens,output_tokens,project,user"];
  for (let hour = 0; hour < DAYS * HOURS; hour++) {
    const at = new Date(START_MS + hour * 3_600_000).toISOString();
    for (const [index, model] of MODELS.entries()) {
      const input = 1_000 + ((hour * 37 + index * 911 + seed * 13) % 5_000);
      const output = 100 + ((hour * 17 + index * 331 + seed * 7) % 900);
      lines.push(
        `${at},${model},${input},${output},project-${index},user-${hour % 5}`,
      );
    }
  }
  return lines.join("\n");
}
