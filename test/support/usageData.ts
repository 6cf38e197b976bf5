/** Usage records for tests of the analyst: few words for what matters, honest defaults for the rest. */
import { addDays } from "../../src/domain/costs/days.ts";
import type { Day } from "../../src/domain/costs/days.ts";
import { NO_TOKENS } from "../../src/domain/costs/money.ts";
import type { UsageRecord } from "../../src/domain/model.ts";

export function usage(day: Day, over: Partial<UsageRecord> = {}): UsageRecord {
  return {
    at: `${day}T12:00:00.000Z`,
    model: "gpt-4o",
    provider: "openai",
    project: null,
    feature: null,
    user: null,
    api_key: null,
    tier: "standard",
    requests: 10,
    tokens: { ...NO_TOKENS, uncached_input: 1_000_000, output: 100_000 },
    billed_usd: null,
    measures: "usage",
    tags: [],
    failed_requests: null,
    reusable: null,
    source_id: { kind: "row" },
    ...over,
  };
}

/** One record a day, for so many days up to and including the last. */
export function daily(
  last: Day,
  count: number,
  record: (day: Day, index: number) => UsageRecord = (day) => usage(day),
): readonly UsageRecord[] {
  return Array.from({ length: count }, (_, index) =>
    record(addDays(last, index - count + 1), index),
  );
}
