/**
 * Answers of the aggregate query, kept by a node while the data is the same: the tools of one run ask for the same sums several times. Promises: a
 * user's answer is of the version that the user's data has now; what is kept is bounded by its rows.
 */
import { LRUCache } from "lru-cache";
import { limits } from "../../domain/limits.ts";
import type { UserId } from "../../domain/model.ts";
import type { UsageQuery, UsageRow } from "../../domain/ports.ts";
import type { Trx } from "../database.ts";
import { dataVersion } from "./dataVersion.ts";
import { aggregate } from "./usage.ts";

export class KeptSums {
  readonly #kept = new LRUCache<string, readonly UsageRow[]>({
    maxSize: limits.keptSumRowsMax,
    sizeCalculation: (rows) => rows.length + 1,
  });

  /** Versions only grow, so that an answer that was overtaken by a change while it was read is never asked for again. */
  async aggregate(
    trx: Trx,
    user: UserId,
    query: UsageQuery,
  ): Promise<readonly UsageRow[]> {
    const { period, time_zone, group_by, filter } = query;
    const asked = [period.from, period.to, time_zone, group_by, filter];
    const key = JSON.stringify([user, await dataVersion(trx), ...asked]);
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const rows = await aggregate(trx, query);
    this.#kept.set(key, rows);
    return rows;
  }
}
