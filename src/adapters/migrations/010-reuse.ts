/** Finds the records that tell which input repeats, and those that tell what failed, without a look at the others. */
import { sql } from "kysely";
import type { Migration } from "kysely/migration";

export const reuse: Migration = {
  async up(db) {
    await sql`create index usage_reusable on usage_records (user_id, at) where reusable is not null`.execute(
      db,
    );
    await sql`create index usage_failures on usage_records (user_id, at) where failed_requests is not null`.execute(
      db,
    );
  },
};
