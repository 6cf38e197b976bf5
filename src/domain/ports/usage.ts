/**
 * Usage data and list prices: what tools may look at. Promises: every call names its user, and sees no other's rows.
 */
import { Context } from "effect";
import type { Effect } from "effect";
import type { ImportNotFound, ServiceUnavailable } from "../errors.ts";
import type {
  Dimension,
  ImportId,
  ImportResult,
  Period,
  PricedRecord,
  Timestamp,
  Tokens,
  UsageRecord,
  UserId,
} from "../model.ts";

export type UsageFilter = {
  readonly [D in Exclude<Dimension, "day">]?: readonly (string | null)[];
};

export interface UsageQuery {
  readonly period: Period;
  readonly time_zone: string;
  /** None to two dimensions; rows come grouped by all of them, dearest first. */
  readonly group_by: readonly Dimension[];
  readonly filter: UsageFilter;
}

export interface UsageRow {
  /** One key for each dimension of group_by, in its order. */
  readonly keys: readonly (string | null)[];
  readonly requests: number;
  readonly tokens: Tokens;
  /** US dollars of the priced part. */
  readonly computed_usd: number;
  /** US dollars as billed; null where none says. Where a row has lines of cost reports they alone count: never added to what usage records say. */
  readonly billed_usd: number | null;
  /** All tokens of records without a price. */
  readonly unpriced_tokens: number;
  /** Tokens sent under the batch tier. */
  readonly batch_tokens: number;
}

/** What data a user has, as a whole. */
export interface Coverage {
  readonly records: number;
  /** First record's start and last record's start; null without records. */
  readonly first: Timestamp | null;
  readonly last: Timestamp | null;
  readonly models: readonly string[];
  readonly unpriced_models: readonly string[];
  readonly sample: boolean;
  /** Grows with every change of the data: what was computed holds for one version. */
  readonly data_version: number;
}

export interface IdentifiedRecord extends PricedRecord {
  /** Hex; the same for the same record in two files, different for two equal rows of one file. */
  readonly identity: string;
}

export class UsageStore extends Context.Service<
  UsageStore,
  {
    /** Sample rows are read only while the user has no other data. */
    readonly coverage: (
      user: UserId,
    ) => Effect.Effect<Coverage, ServiceUnavailable>;
    /** Coverage's data_version, at the price of one row. */
    readonly dataVersion: (
      user: UserId,
    ) => Effect.Effect<number, ServiceUnavailable>;
    readonly aggregate: (
      user: UserId,
      query: UsageQuery,
    ) => Effect.Effect<readonly UsageRow[], ServiceUnavailable>;
    readonly beginImport: (
      user: UserId,
      source: {
        readonly format: string;
        readonly sample: boolean;
        readonly file_name: string | null;
      },
    ) => Effect.Effect<ImportId, ServiceUnavailable>;
    /**
     * Stores one batch; a record whose identity is there already counts as a duplicate and is linked to this import too. The call itself
     * prepares what it can, so that it may be made while another batch is being stored.
     */
    readonly saveRecords: (
      user: UserId,
      id: ImportId,
      records: readonly IdentifiedRecord[],
    ) => Effect.Effect<
      { readonly kept: number; readonly duplicate: number },
      ServiceUnavailable
    >;
    readonly finishImport: (
      user: UserId,
      result: ImportResult,
    ) => Effect.Effect<void, ServiceUnavailable>;
    /** The import of this name to which more is added as it comes; begun when there is none. */
    readonly openStream: (
      user: UserId,
      source: { readonly format: string; readonly file_name: string },
    ) => Effect.Effect<ImportId, ServiceUnavailable>;
    /** Adds what one part of a stream came to, to what its import says; nothing where that was removed meanwhile. */
    readonly addToImport: (
      user: UserId,
      part: ImportResult,
    ) => Effect.Effect<void, ServiceUnavailable>;
    readonly listImports: (
      user: UserId,
    ) => Effect.Effect<readonly ImportResult[], ServiceUnavailable>;
    /** Removes an import; rows that another import brought too stay. */
    readonly removeImport: (
      user: UserId,
      id: ImportId,
    ) => Effect.Effect<void, ImportNotFound | ServiceUnavailable>;
  }
>()("goldenpath/UsageStore") {}

/** A model's list price at a date, in US dollars per million tokens of each bucket. */
export interface Price {
  /** The name of the price table's entry that matched. */
  readonly model: string;
  readonly provider: string;
  readonly usd_per_million: { readonly [Bucket in keyof Tokens]: number };
  /** The share of the list price that the batch tier costs; null where the provider offers none. */
  readonly batch_factor: number | null;
}

export class PriceBook extends Context.Service<
  PriceBook,
  {
    /** The day the table was made, YYYY-MM-DD. */
    readonly price_date: string;
    /** Null for a model the table does not know: unpriced, never zero. */
    readonly find: (
      model: string,
      provider: string | null,
      at: Timestamp,
    ) => Price | null;
    /** What a record cost by the list; null when unpriced. */
    readonly price: (
      record: UsageRecord,
    ) => { readonly usd: number; readonly priced_as: string } | null;
    /** Models one could move to, with today's prices, cheapest first. */
    readonly alternatives: (
      model: string,
      provider: string | null,
      at: Timestamp,
    ) => readonly Price[];
  }
>()("goldenpath/PriceBook") {}
