/**
 * Imports usage: recognise, read, price, identify, save, batch by batch in constant memory.
 * Promises: a refused file leaves nothing behind, whether it is refused at its first line or breaks off at its last; the same file
 * again adds nothing; no prompt or completion is read, and no value of a broken row is repeated.
 */
import { Effect, Exit, Fiber } from "effect";
import { sampleUsage } from "../../domain/costs/sample.ts";
import { ImportRefused } from "../../domain/errors.ts";
import type { Scope } from "effect";
import type { ServiceUnavailable } from "../../domain/errors.ts";
import { limits } from "../../domain/limits.ts";
import type { ImportResult, UsageRecord, UserId } from "../../domain/model.ts";
import { PriceBook, UsageStore } from "../../domain/ports.ts";
import type { IdentifiedRecord } from "../../domain/ports.ts";
import { identifier } from "./identity.ts";
import { isProblem, refuse } from "./importer.ts";
import type { Row } from "./importer.ts";
import { openUsage } from "./open.ts";
import type { OpenOptions } from "./open.ts";
import { Tally } from "./tally.ts";
import type { Counted } from "./tally.ts";

export { formats } from "./formats.ts";
export type { FormatName } from "./importer.ts";

export interface ImportOptions extends OpenOptions {
  /** Kept with the import for the person's own overview; nothing is decided by it. */
  readonly fileName?: string;
  /** Called after every batch. */
  readonly onProgress?: (progress: Progress) => void;
}

export interface Progress {
  /** Bytes of the file read, before unpacking. */
  readonly bytes: number;
  /** Rows read, skipped ones too. */
  readonly rows: number;
}

type Batches = AsyncIterator<readonly Row<UsageRecord>[], unknown>;

/**
 * Imports one file for a user. Refused whole: nothing of it is kept. Interrupted or failed on the way: what was saved of it is
 * removed again, and importing it anew is safe in any case.
 */
export const importFile = Effect.fn("importFile")(function* (
  user: UserId,
  source: AsyncIterable<Uint8Array>,
  options: ImportOptions = {},
): Effect.fn.Return<
  ImportResult,
  ImportRefused | ServiceUnavailable,
  UsageStore | PriceBook
> {
  const opening = Effect.acquireRelease(
    reading(() => openUsage(source, options)),
    // Not awaited: a source that has stalled would hold up whoever interrupts the import.
    ({ close }) => Effect.sync(() => void close().catch(() => undefined)),
    { interruptible: true },
  );
  const importing = Effect.flatMap(opening, ({ format, batches, meter }) =>
    store(
      user,
      { format, sample: false, file_name: options.fileName ?? null },
      batches,
      (rows) => options.onProgress?.({ bytes: meter.bytes, rows }),
    ),
  );
  return yield* Effect.scoped(importing);
});

/** Imports the sample data set that ends at `end`, marked as sample. The same `seed` and `end` again add nothing. */
export const importSample = Effect.fn("importSample")(function* (
  user: UserId,
  source: { readonly seed: number; readonly end: Date },
): Effect.fn.Return<ImportResult, ServiceUnavailable, UsageStore | PriceBook> {
  const rows = sampleUsage(source).map((content, index) => ({
    line: index + 1,
    content,
  }));
  const batches = (async function* () {
    yield rows;
  })();
  // The sample is far below importRowsMax, so no refusal can come of it.
  return yield* store(
    user,
    { format: "sample", sample: true, file_name: null },
    batches,
  ).pipe(Effect.catchTag("ImportRefused", Effect.die));
});

/** Begins an import, saves all batches and finishes it; whatever ends it early removes what it saved. */
const store = Effect.fnUntraced(function* (
  user: UserId,
  source: {
    readonly format: string;
    readonly sample: boolean;
    readonly file_name: string | null;
  },
  batches: Batches,
  onRows?: (rows: number) => void,
): Effect.fn.Return<
  ImportResult,
  ImportRefused | ServiceUnavailable,
  UsageStore | PriceBook
> {
  const usage = yield* UsageStore;
  const id = yield* usage.beginImport(user, source);
  const fill = Effect.gen(function* () {
    const counted = yield* saveAll(
      batches,
      (records) => usage.saveRecords(user, id, records),
      onRows,
    );
    const result = {
      import_id: id,
      format: source.format,
      sample: source.sample,
      ...counted,
    };
    yield* usage.finishImport(user, result);
    return result;
  });
  return yield* fill.pipe(
    Effect.onExit((exit) =>
      Exit.isSuccess(exit)
        ? Effect.void
        : Effect.ignore(usage.removeImport(user, id)),
    ),
  );
});

interface Saved {
  readonly kept: number;
  readonly duplicate: number;
}
type Save = (
  records: readonly IdentifiedRecord[],
) => Effect.Effect<Saved, ServiceUnavailable>;

const saveAll = Effect.fnUntraced(function* (
  batches: Batches,
  save: Save,
  onRows?: (rows: number) => void,
): Effect.fn.Return<
  Counted,
  ImportRefused | ServiceUnavailable,
  PriceBook | Scope.Scope
> {
  const prices = yield* PriceBook;
  const identify = identifier();
  const tally = new Tally();
  const priced = (record: UsageRecord) =>
    pricedRecord(record, prices, identify);
  const saver = makeSaver(save, tally);
  let waiting: IdentifiedRecord[] = [];
  for (
    let next = yield* reading(() => batches.next());
    next.done !== true;
    next = yield* reading(() => batches.next())
  ) {
    waiting = waiting.concat(collect(next.value, tally, priced));
    if (tally.read > limits.importRowsMax)
      return yield* refuse(
        `The file has more than ${limits.importRowsMax} rows`,
        "a smaller file",
      );
    while (waiting.length >= limits.importBatchRows) {
      yield* saver.start(waiting.splice(0, limits.importBatchRows));
    }
    onRows?.(tally.read);
  }
  if (waiting.length > 0) yield* saver.start(waiting);
  yield* saver.settled;
  return tally.result();
}, Effect.scoped);

/** Saves one batch while the next is read and prepared: the database and this process work at the same time, and one batch at most waits. */
function makeSaver(save: Save, tally: Tally) {
  let saving: Fiber.Fiber<Saved, ServiceUnavailable> | null = null;
  const settled = Effect.gen(function* () {
    if (saving !== null) tally.saved(yield* Fiber.join(saving));
    saving = null;
  });
  const start = (records: readonly IdentifiedRecord[]) =>
    Effect.gen(function* () {
      const prepared = save(records);
      yield* settled;
      saving = yield* Effect.forkScoped(prepared);
    });
  return { start, settled };
}

export function pricedRecord(
  record: UsageRecord,
  prices: PriceBook["Service"],
  identify: (record: UsageRecord) => string,
): IdentifiedRecord {
  // A charge says what was billed for usage that other records measure: to price it too would count that twice.
  const price = record.measures === "charge" ? null : prices.price(record);
  return {
    ...record,
    computed_usd: price?.usd ?? null,
    priced_as: price?.priced_as ?? null,
    identity: identify(record),
  };
}

function collect(
  rows: readonly Row<UsageRecord>[],
  tally: Tally,
  priced: (record: UsageRecord) => IdentifiedRecord,
): IdentifiedRecord[] {
  return rows.flatMap((row) => {
    if (isProblem(row)) {
      tally.skip(row.line, row.problem);
      return [];
    }
    const record = priced(row.content);
    tally.add(record);
    return [record];
  });
}

/** A read of the file: it fails with a refusal, and anything else that is thrown there is a defect of ours. */
function reading<A>(read: () => Promise<A>): Effect.Effect<A, ImportRefused> {
  return Effect.tryPromise({ try: read, catch: (cause) => cause }).pipe(
    Effect.catch((cause) =>
      cause instanceof ImportRefused ? Effect.fail(cause) : Effect.die(cause),
    ),
  );
}
