/** The version of a user's data. Promises: every change of the data makes what was computed from it stale. */
import { sql } from "kysely";
import type { UserId } from "../../domain/model.ts";
import type { Trx } from "../database.ts";

export async function dataVersion(trx: Trx): Promise<number> {
  const { rows } = await sql<{ data_version: number }>`
    select data_version from users`.execute(trx);
  return rows[0]?.data_version ?? 0;
}

export async function newVersion(trx: Trx, user: UserId): Promise<void> {
  await sql`
    insert into users (user_id, data_version) values (${user}, 1)
    on conflict (user_id) do update set data_version = users.data_version + 1`.execute(
    trx,
  );
}
