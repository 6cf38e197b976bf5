/**
 * The sample data set: two months of a made-up company's use of four models, for looking around before importing one's own.
 * Pure: the same seed and end give the same records. Promises: nothing here is real usage; whoever stores it marks it as sample.
 */
import type { Tokens, UsageRecord } from "../model.ts";

const DAY_MS = 86_400_000;
const DAYS = 60;
/** The Wednesday in the week before the last one: a day on which the support chat is stuck in a retry loop. */
const ANOMALY = { weekday: 3, daysBeforeEndMin: 8, daysBeforeEndMax: 14 };
const ANOMALY_FACTOR = 6;
const WEEKEND_FACTOR = 0.35;
/** How much more is used on the last day than on the first. */
const GROWTH = 0.6;
const USERS = ["ana", "ben", "chloe", "dmitri"];

interface Workload {
  readonly feature: string;
  readonly project: string;
  readonly provider: string;
  readonly model: string;
  /** Requests on a weekday at the start, over all users. */
  readonly requestsPerDay: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Share of the input that a prompt cache serves. */
  readonly cachedShare: number;
  /** Share of the input that is written to the cache for five minutes. */
  readonly cacheWriteShare: number;
  /** UTC hours in which it runs. */
  readonly hours: readonly number[];
  readonly weekends: "quiet" | "same";
}

const OFFICE_HOURS = [9, 13, 16];
const OPENAI = { provider: "openai", cacheWriteShare: 0 };
const ANTHROPIC = { provider: "anthropic" };

const WORKLOADS: readonly Workload[] = [
  {
    ...ANTHROPIC,
    feature: "support-chat",
    project: "customer-care",
    model: "claude-sonnet-5",
    requestsPerDay: 900,
    inputTokens: 5_200,
    outputTokens: 420,
    cachedShare: 0.55,
    cacheWriteShare: 0.1,
    hours: OFFICE_HOURS,
    weekends: "quiet",
  },
  {
    ...ANTHROPIC,
    feature: "ticket-routing",
    project: "customer-care",
    model: "claude-haiku-4-5",
    requestsPerDay: 2_400,
    inputTokens: 1_100,
    outputTokens: 40,
    cachedShare: 0,
    cacheWriteShare: 0,
    hours: OFFICE_HOURS,
    weekends: "quiet",
  },
  {
    ...OPENAI,
    feature: "code-review",
    project: "engineering",
    model: "gpt-5.6-sol",
    requestsPerDay: 260,
    inputTokens: 14_000,
    outputTokens: 1_300,
    cachedShare: 0.2,
    hours: OFFICE_HOURS,
    weekends: "quiet",
  },
  {
    ...OPENAI,
    feature: "document-search",
    project: "engineering",
    model: "gpt-5.4-mini",
    requestsPerDay: 1_800,
    inputTokens: 3_600,
    outputTokens: 260,
    cachedShare: 0.1,
    hours: OFFICE_HOURS,
    weekends: "quiet",
  },
  {
    ...OPENAI,
    feature: "nightly-summaries",
    project: "analytics",
    model: "gpt-5.6-sol",
    requestsPerDay: 320,
    inputTokens: 9_000,
    outputTokens: 700,
    cachedShare: 0,
    hours: [2],
    weekends: "same",
  },
];

/**
 * The sample's records, oldest first: one per workload, hour and user, for the 60 whole UTC days before `end`'s day and none after.
 * `seed` decides the day-to-day noise.
 */
export function sampleUsage({
  seed,
  end,
}: {
  readonly seed: number;
  readonly end: Date;
}): readonly UsageRecord[] {
  const random = mulberry32(seed);
  const lastMidnight = Math.floor(end.getTime() / DAY_MS) * DAY_MS;
  const days = Array.from({ length: DAYS }, (_, day) => day);
  return days
    .flatMap((day) =>
      WORKLOADS.flatMap((workload) =>
        recordsOfDay(
          workload,
          day,
          lastMidnight - (DAYS - day) * DAY_MS,
          random,
        ),
      ),
    )
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

function recordsOfDay(
  workload: Workload,
  day: number,
  midnight: number,
  random: () => number,
): readonly UsageRecord[] {
  const share =
    volume(workload, day, midnight) / (workload.hours.length * USERS.length);
  return workload.hours.flatMap((hour) =>
    USERS.map((user, rank) => {
      // The first user asks most, the last least; the weights 1.6, 1.2, 0.8, 0.4 average to one.
      const requests = Math.max(
        1,
        Math.round(share * (1.6 - 0.4 * rank) * noise(random)),
      );
      return record(
        workload,
        midnight + hour * (DAY_MS / 24),
        user,
        requests,
        random,
      );
    }),
  );
}

/** Requests of a workload on a day, over all users. */
function volume(workload: Workload, day: number, midnight: number): number {
  const weekday = new Date(midnight).getUTCDay();
  const weekend = weekday === 0 || weekday === 6;
  const quiet = workload.weekends === "quiet" && weekend ? WEEKEND_FACTOR : 1;
  const stuck =
    workload.feature === "support-chat" && isAnomaly(day, weekday)
      ? ANOMALY_FACTOR
      : 1;
  return workload.requestsPerDay * (1 + (GROWTH * day) / DAYS) * quiet * stuck;
}

function isAnomaly(day: number, weekday: number): boolean {
  const daysBeforeEnd = DAYS - day;
  return (
    weekday === ANOMALY.weekday &&
    daysBeforeEnd >= ANOMALY.daysBeforeEndMin &&
    daysBeforeEnd <= ANOMALY.daysBeforeEndMax
  );
}

function record(
  workload: Workload,
  at: number,
  user: string,
  requests: number,
  random: () => number,
): UsageRecord {
  return {
    at: new Date(at).toISOString(),
    model: workload.model,
    provider: workload.provider,
    project: workload.project,
    feature: workload.feature,
    user,
    api_key: null,
    tier: "standard",
    requests,
    tokens: tokens(workload, requests, random),
    billed_usd: null,
    measures: "usage",
    tags: [],
    failed_requests: null,
    reusable: null,
    source_id: { kind: "row" },
  };
}

function tokens(
  workload: Workload,
  requests: number,
  random: () => number,
): Tokens {
  const input = Math.round(requests * workload.inputTokens * noise(random));
  const cacheRead = Math.round(input * workload.cachedShare);
  const cacheWrite = Math.round(input * workload.cacheWriteShare);
  return {
    uncached_input: input - cacheRead - cacheWrite,
    cache_read: cacheRead,
    cache_write_5m: cacheWrite,
    cache_write_1h: 0,
    output: Math.round(requests * workload.outputTokens * noise(random)),
  };
}

/** Between 0.85 and 1.15, one on average. */
function noise(random: () => number): number {
  return 0.85 + 0.3 * random();
}

/** Mulberry32 by Tommy Ettinger (public domain): uniform numbers in [0, 1) from a 32-bit seed. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
