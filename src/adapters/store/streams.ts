/**
 * Imports that grow as their records come, in SQL. Promises: a user has one import of a name, however many nodes open it at once; no part's
 * counts are lost between two that are added at the same time.
 */
import { sql } from "kysely";
import { v5 as uuidOf } from "uuid";
import { addResult } from "../../domain/importResults.ts";
import type { ImportId, ImportResult, UserId } from "../../domain/model.ts";
import type { Trx } from "../database.ts";
import { newVersion } from "./dataVersion.ts";
import { json } from "./rows.ts";

/** Any fixed UUID will do: it keeps these ids apart from others that are made of names. */
const NAMESPACE = "6f1d7c0e-3a64-4b1e-9c57-0d2a5e8f4b13";

export async function openStream(
  trx: Trx,
  user: UserId,
  source: { readonly format: string; readonly file_name: string },
): Promise<ImportId> {
  const name = JSON.stringify([user, source.format, source.file_name]);
  const id = uuidOf(name, NAMESPACE) as ImportId;
  await sql`
    insert into imports (import_id, user_id, format, sample, file_name)
    values (${id}, ${user}, ${source.format}, false, ${source.file_name})
    on conflict (import_id) do nothing`.execute(trx);
  return id;
}

export async function addToImport(
  trx: Trx,
  user: UserId,
  part: ImportResult,
): Promise<void> {
  const { rows } = await sql<{ result: ImportResult | null }>`
    select result from imports where import_id = ${part.import_id} for update`.execute(
    trx,
  );
  const [found] = rows;
  if (found === undefined) return;
  const result = found.result === null ? part : addResult(found.result, part);
  await sql`
    update imports set result = ${json(result)}::json where import_id = ${part.import_id}`.execute(
    trx,
  );
  await newVersion(trx, user);
}
