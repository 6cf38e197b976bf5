/**
 * The savings a user was last told of, kept in the cache with the data version they hold for. Promises: losing them costs a
 * recomputation; they say themselves whether the data has changed since.
 */
import { Effect } from "effect";
import type { ServiceUnavailable } from "../errors.ts";
import { limits } from "../limits.ts";
import type {
  Answer,
  Report,
  RunId,
  Saving,
  Timestamp,
  UserId,
} from "../model.ts";
import { Cache, UsageStore } from "../ports.ts";
import type { ToolContext } from "../agents/definition.ts";

export interface Recommendations {
  readonly run_id: RunId;
  readonly computed_at: Timestamp;
  readonly data_version: number;
  readonly items: readonly Saving[];
}

const keyOf = (user: UserId) => `recommendations:${user}`;

/** Keeps an answer's savings, where it has any. */
export function keepRecommendations(
  answer: Answer,
  context: ToolContext,
): Effect.Effect<void, never, Cache | UsageStore> {
  return Effect.gen(function* () {
    const report = answer.report as unknown as Report;
    const items = (report.sections ?? []).flatMap((it) => it.savings);
    if (items.length === 0) return;
    const data_version = yield* (yield* UsageStore).dataVersion(
      context.user_id,
    );
    const kept: Recommendations = {
      run_id: context.run_id,
      computed_at: new Date().toISOString(),
      data_version,
      items,
    };
    const cache = yield* Cache;
    yield* cache.set(
      keyOf(context.user_id),
      JSON.stringify(kept),
      limits.recommendationsLifetimeSeconds,
    );
  }).pipe(Effect.ignore);
}

/** What was kept, and whether the data is still the same; null when nothing was. */
export function lastRecommendations(
  user: UserId,
): Effect.Effect<
  (Recommendations & { readonly current: boolean }) | null,
  ServiceUnavailable,
  Cache | UsageStore
> {
  return Effect.gen(function* () {
    const kept = yield* (yield* Cache).get(keyOf(user));
    if (kept === null) return null;
    const recommendations = JSON.parse(kept) as Recommendations;
    const data_version = yield* (yield* UsageStore).dataVersion(user);
    return {
      ...recommendations,
      current: recommendations.data_version === data_version,
    };
  });
}
