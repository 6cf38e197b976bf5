/**
 * The migrations in order. Promises: a name is never reused and a migration that has been released is never changed; the same
 * list runs on PGlite and on PostgreSQL.
 */
import type { Migration } from "kysely/migration";
import { initial } from "./001-initial.ts";
import { heads } from "./002-heads.ts";
import { handover } from "./003-handover.ts";
import { reports } from "./004-reports.ts";
import { sessions } from "./005-sessions.ts";
import { singleCalls } from "./006-single-calls.ts";
import { usage } from "./007-usage.ts";
import { boundedPages } from "./008-bounded-pages.ts";
import { pricedAs } from "./009-priced-as.ts";
import { reuse } from "./010-reuse.ts";
import { recordKeys } from "./011-record-keys.ts";

export const migrations: Record<string, Migration> = {
  "001-initial": initial,
  "002-heads": heads,
  "003-handover": handover,
  "004-reports": reports,
  "005-sessions": sessions,
  "006-single-calls": singleCalls,
  "007-usage": usage,
  "008-bounded-pages": boundedPages,
  "009-priced-as": pricedAs,
  "010-reuse": reuse,
  "011-record-keys": recordKeys,
};
