/**
 * What an import has to say for itself: rows counted, problems by line, period and models. Promises: read is kept + skipped +
 * duplicate once all batches are saved; every list is bounded, the counts are not.
 */
import { limits } from "../../domain/limits.ts";
import type {
  ImportResult,
  PricedRecord,
  Timestamp,
} from "../../domain/model.ts";

export type Counted = Pick<
  ImportResult,
  "rows" | "skipped" | "period" | "models" | "unpriced_models"
>;

export class Tally {
  #rows = { read: 0, kept: 0, skipped: 0, duplicate: 0 };
  readonly #skipped: { line: number; reason: string }[] = [];
  readonly #models = new Set<string>();
  readonly #unpriced = new Set<string>();
  #first: Timestamp | null = null;
  #last: Timestamp | null = null;

  get read(): number {
    return this.#rows.read;
  }

  skip(line: number, reason: string): void {
    this.#rows.read += 1;
    this.#rows.skipped += 1;
    if (this.#skipped.length < limits.importSkippedReported)
      this.#skipped.push({ line, reason });
  }

  add(record: PricedRecord): void {
    this.#rows.read += 1;
    if (this.#first === null || record.at < this.#first)
      this.#first = record.at;
    if (this.#last === null || record.at > this.#last) this.#last = record.at;
    remember(this.#models, record.model);
    // A charge has its price already, whatever it is for.
    if (record.measures === "usage" && record.computed_usd === null)
      remember(this.#unpriced, record.model);
  }

  saved({
    kept,
    duplicate,
  }: {
    readonly kept: number;
    readonly duplicate: number;
  }): void {
    this.#rows.kept += kept;
    this.#rows.duplicate += duplicate;
  }

  /** The period runs from the first record's start to just after the last record's start. */
  result(): Counted {
    const last =
      this.#last === null
        ? null
        : new Date(Date.parse(this.#last) + 1).toISOString();
    return {
      rows: { ...this.#rows },
      skipped: [...this.#skipped],
      period:
        this.#first === null || last === null
          ? null
          : { from: this.#first, to: last },
      models: [...this.#models].sort(),
      unpriced_models: [...this.#unpriced].sort(),
    };
  }
}

/** As a text of its own: one that was cut out of a chunk of the file would keep all of that chunk. */
function remember(models: Set<string>, model: string): void {
  if (models.size < limits.importModelsReported && !models.has(model))
    models.add(Buffer.from(model).toString());
}
