/** Runs imports against the real price table and a usage store in memory that keeps the port's promises about imports. */
import { readFileSync } from "node:fs";
import { Effect, Exit, Layer } from "effect";
import { importFile } from "../../../src/adapters/importers/index.ts";
import type { ImportOptions } from "../../../src/adapters/importers/index.ts";
import { addResult } from "../../../src/domain/importResults.ts";
import { priceBook } from "../../../src/adapters/prices.ts";
import {
  ImportRefused,
  ServiceUnavailable,
} from "../../../src/domain/errors.ts";
import type {
  ImportId,
  ImportResult,
  Tokens,
  UserId,
} from "../../../src/domain/model.ts";
import { UsageStore } from "../../../src/domain/ports.ts";
import type { IdentifiedRecord, PriceBook } from "../../../src/domain/ports.ts";

export const USER = "user" as UserId;

/** What a user has: records by identity, and the imports that were begun and not removed. */
export class Shelf {
  readonly records = new Map<string, IdentifiedRecord>();
  readonly imports = new Map<ImportId, ImportResult | null>();
  readonly batches: number[] = [];
  begun = 0;
  /** The batch that fails, counted from 1; null for none. */
  failAtBatch: number | null = null;

  readonly layer = Layer.succeed(
    UsageStore,
    UsageStore.of({
      beginImport: () =>
        Effect.sync(() => {
          const id = `import-${++this.begun}` as ImportId;
          this.imports.set(id, null);
          return id;
        }),
      saveRecords: (_user, _id, records) =>
        Effect.suspend(() => this.#save(records)),
      finishImport: (_user, result) =>
        Effect.sync(() => void this.imports.set(result.import_id, result)),
      // Only one import at a time is ever removed here, so everything it brought goes.
      removeImport: (_user, id) =>
        Effect.sync(() => {
          this.imports.delete(id);
          this.records.clear();
        }),
      openStream: (_user, { file_name }) =>
        Effect.sync(() => {
          const id = file_name as ImportId;
          if (!this.imports.has(id)) this.imports.set(id, null);
          return id;
        }),
      addToImport: (_user, part) =>
        Effect.sync(() => {
          const before = this.imports.get(part.import_id) ?? null;
          this.imports.set(
            part.import_id,
            before === null ? part : addResult(before, part),
          );
        }),
      listImports: () =>
        Effect.sync(() =>
          [...this.imports.values()].filter((result) => result !== null),
        ),
      coverage: () => Effect.die("not part of importing"),
      dataVersion: () => Effect.die("not part of importing"),
      aggregate: () => Effect.die("not part of importing"),
      reuse: () => Effect.die("not part of importing"),
      failures: () => Effect.die("not part of importing"),
      spread: () => Effect.die("not part of importing"),
      pricedParts: () => Effect.die("not part of importing"),
    }),
  );

  #save(records: readonly IdentifiedRecord[]) {
    this.batches.push(records.length);
    if (this.batches.length === this.failAtBatch)
      return Effect.fail(
        new ServiceUnavailable({ service: "database", cause: null }),
      );
    const before = this.records.size;
    for (const record of records)
      if (!this.records.has(record.identity))
        this.records.set(record.identity, record);
    const kept = this.records.size - before;
    return Effect.succeed({ kept, duplicate: records.length - kept });
  }

  get all(): readonly IdentifiedRecord[] {
    return [...this.records.values()];
  }
}

/** A file in pieces of `chunkBytes`. */
export async function* inChunks(
  content: string | Uint8Array,
  chunkBytes = 65_536,
): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(content);
  for (let start = 0; start < bytes.length; start += chunkBytes)
    yield bytes.subarray(start, start + chunkBytes);
}

export function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../fixtures/usage/${name}`, import.meta.url));
}

export function run<A, E>(
  effect: Effect.Effect<A, E, UsageStore | PriceBook>,
  shelf: Shelf,
): Promise<Exit.Exit<A, E>> {
  return Effect.runPromiseExit(
    effect.pipe(Effect.provide(Layer.merge(shelf.layer, priceBook))),
  );
}

/** Imports a file that must be taken. */
export async function take(
  content: string | Uint8Array,
  options: ImportOptions = {},
  shelf = new Shelf(),
  chunkBytes?: number,
) {
  const exit = await run(
    importFile(USER, inChunks(content, chunkBytes), options),
    shelf,
  );
  if (Exit.isFailure(exit)) throw new Error(`the import failed: ${exit.cause}`);
  return { result: exit.value, shelf, records: shelf.all };
}

/** Imports a file that must be refused, leaving nothing behind. */
export async function refusal(
  source: string | Uint8Array | AsyncIterable<Uint8Array>,
  options: ImportOptions = {},
) {
  const shelf = new Shelf();
  const chunks =
    typeof source === "string" || source instanceof Uint8Array
      ? inChunks(source)
      : source;
  const outcome = await Effect.runPromise(
    importFile(USER, chunks, options).pipe(
      Effect.flip,
      Effect.provide(Layer.merge(shelf.layer, priceBook)),
    ),
  );
  if (!(outcome instanceof ImportRefused))
    throw new Error(`not a refusal: ${outcome._tag}`);
  return { problem: outcome.problem, expected: outcome.expected, shelf };
}

export function sumTokens(
  records: readonly { readonly tokens: Tokens }[],
): Tokens {
  const sum = (bucket: keyof Tokens) =>
    records.reduce((total, { tokens }) => total + tokens[bucket], 0);
  return {
    uncached_input: sum("uncached_input"),
    cache_read: sum("cache_read"),
    cache_write_5m: sum("cache_write_5m"),
    cache_write_1h: sum("cache_write_1h"),
    output: sum("output"),
  };
}

export function sumUsd(records: readonly IdentifiedRecord[]): number {
  return records.reduce(
    (total, { computed_usd }) => total + (computed_usd ?? 0),
    0,
  );
}

export function billedUsd(records: readonly IdentifiedRecord[]): number {
  return records.reduce(
    (total, { billed_usd }) => total + (billed_usd ?? 0),
    0,
  );
}
