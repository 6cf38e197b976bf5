/**
 * `npm run prices`: a newer price table from where it is published, into this machine's file. Promises: says the days of the old and the
 * new table and what changed; on any failure the table in use stays, and it says so.
 */
import { Clock, Console, Data, Effect } from "effect";
import { refreshTable } from "../adapters/priceRefresh.ts";
import type { Refreshed } from "../adapters/priceRefresh.ts";
import { plural } from "../domain/tools/usage.ts";
import { readConfig } from "./config.ts";

export class RefreshFailed extends Data.TaggedError("RefreshFailed")<{
  readonly url: string;
  readonly problem: string;
}> {
  override get message(): string {
    return `no new price table from ${this.url}: ${this.problem}. The one that was in use stays as it is.`;
  }
}

export const pricesCommand = Effect.fn("pricesCommand")(function* () {
  const { pricesUrl: url, pricesTable } = yield* readConfig;
  const now = yield* Clock.currentTimeMillis;
  const refreshed = yield* Effect.mapError(
    refreshTable(url, pricesTable, now),
    ({ problem }) => new RefreshFailed({ url, problem }),
  );
  yield* Console.log(summaryOf(refreshed, pricesTable));
});

function summaryOf(
  { before, after, changed, added, removed, models }: Refreshed,
  path: string,
): string {
  return [
    `Price table of ${after} in place of that of ${before}: ${plural(changed, "model")} changed price, ${plural(added, "model")} new, ${removed} gone, ${models} in all.`,
    `Written to ${path}. A server takes it at its next start; records that are there keep their prices until they are imported again.`,
  ].join("\n");
}
