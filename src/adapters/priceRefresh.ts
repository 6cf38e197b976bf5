/**
 * Fetches a newer price table over HTTP and says what is new in it. Promises: bounded in time and bytes; what is no whole table, or an older
 * one than that in use, is refused.
 */
import type { Provider } from "@pydantic/genai-prices";
import { Effect } from "effect";
import { limits } from "../domain/limits.ts";
import { packagedTable } from "./priceTable.ts";
import type { PriceTable } from "./priceTable.ts";
import { tableInUse, writeTable } from "./priceTableFile.ts";
import { parseProviders, TableRefused } from "./priceTableFormat.ts";

export interface TableChanges {
  /** Models of both tables whose prices differ. */
  readonly changed: number;
  readonly added: number;
  readonly removed: number;
  /** All of the newer table. */
  readonly models: number;
}

/** Where genai-prices publishes its table. */
export { REMOTE_DATA_JSON_URL as PUBLISHED_AT } from "@pydantic/genai-prices";

export interface Refreshed extends TableChanges {
  /** The days of the table that was in use and of the one that was written. */
  readonly before: string;
  readonly after: string;
}

/**
 * Puts the table at `url` in the place of the file at `path`. On any failure what was there stays. A file that is no table any more does
 * not hinder: the packaged table counts as the one in use then.
 */
export function refreshTable(
  url: string,
  path: string,
  now: number,
): Effect.Effect<Refreshed, TableRefused> {
  return Effect.gen(function* () {
    const inUse = yield* tableInUse(path).pipe(
      Effect.orElseSucceed(() => packagedTable),
    );
    const before = {
      date: inUse.date,
      providers: yield* parseProviders(inUse.providers),
    };
    const after = yield* downloadTable(url, before, now);
    yield* writeTable(path, after);
    return {
      ...changesBetween(before, after),
      before: before.date,
      after: after.date,
    };
  });
}

const refused = (problem: string) => new TableRefused({ problem });

/** The table at an address. Its date is the day its server says it was last modified on, and without such a word today. */
function downloadTable(
  url: string,
  inUse: PriceTable,
  now: number,
): Effect.Effect<PriceTable, TableRefused> {
  return Effect.gen(function* () {
    const { text, modified } = yield* Effect.tryPromise({
      try: (signal) => fetchText(url, signal),
      catch: (cause) =>
        cause instanceof TableRefused ? cause : refused(reasonOf(cause)),
    }).pipe(
      Effect.timeoutOrElse({
        duration: limits.priceTableTimeoutMs,
        orElse: () =>
          Effect.fail(
            refused(`nothing whole came in ${limits.priceTableTimeoutMs} ms`),
          ),
      }),
    );
    const document = yield* Effect.try({
      try: () => JSON.parse(text) as unknown,
      catch: () => refused("what came is not JSON"),
    });
    const providers = yield* parseProviders(document);
    const table = { date: dateOf(modified, now), providers };
    return yield* plausible(table, inUse);
  });
}

async function fetchText(url: string, signal: AbortSignal) {
  const response = await fetch(url, { signal });
  if (!response.ok) throw refused(`the server answered ${response.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > limits.priceTableBytesMax)
      throw refused(`more than ${limits.priceTableBytesMax} bytes came`);
    chunks.push(chunk);
  }
  return {
    text: Buffer.concat(chunks).toString("utf8"),
    modified: response.headers.get("last-modified"),
  };
}

/** What fetch throws says "fetch failed"; the cause within says why. */
function reasonOf(thrown: unknown): string {
  const cause = (thrown as { readonly cause?: unknown }).cause ?? thrown;
  const { code, message } = cause as NodeJS.ErrnoException;
  return `the server did not answer (${code ?? message})`;
}

function dateOf(modified: string | null, now: number): string {
  const told = Date.parse(modified ?? "");
  const at = Number.isNaN(told) ? now : Math.min(told, now);
  return new Date(at).toISOString().slice(0, "YYYY-MM-DD".length);
}

function plausible(
  table: PriceTable,
  inUse: PriceTable,
): Effect.Effect<PriceTable, TableRefused> {
  if (table.date < inUse.date)
    return Effect.fail(refused(`what came is older, of ${table.date}`));
  const [came, known] = [table, inUse].map((it) => pricesByModel(it).size);
  return came! < known! * limits.priceTableShareMin
    ? Effect.fail(
        refused(`what came has ${came} models where ${known} are known`),
      )
    : Effect.succeed(table);
}

/** Compares by provider and model; a change of a price's date or condition is a change too. */
function changesBetween(before: PriceTable, after: PriceTable): TableChanges {
  const [old, young] = [pricesByModel(before), pricesByModel(after)];
  const kept = [...young].filter(([key]) => old.has(key));
  return {
    changed: kept.filter(([key, prices]) => old.get(key) !== prices).length,
    added: young.size - kept.length,
    removed: old.size - kept.length,
    models: young.size,
  };
}

function pricesByModel({ providers }: PriceTable): ReadonlyMap<string, string> {
  return new Map(
    providers.flatMap((provider: Provider) =>
      provider.models.map((model) => [
        JSON.stringify([provider.id, model.id]),
        JSON.stringify(model.prices),
      ]),
    ),
  );
}
