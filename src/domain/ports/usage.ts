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
  NamedDimension,
  Period,
  PricedRecord,
  Reusable,
  Timestamp,
  Tokens,
  UsageRecord,
  UserId,
} from "../model.ts";

export type UsageFilter = {
  readonly [D in NamedDimension]?: readonly (string | null)[];
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

/** Input of which it is known what repeats, and what a prompt cache would have read and written of it. */
export interface Reuse {
  readonly model: string;
  readonly input_tokens: number;
  readonly reusable: Reusable;
}

/** Requests of which it is known whether they failed. */
export interface Failures {
  readonly model: string;
  readonly requests: number;
  readonly failed_requests: number;
}

/** What of a model's usage was priced by one entry. */
export interface PricedPart {
  readonly model: string;
  readonly provider: string | null;
  /** The entry, as PriceBook.price names it. */
  readonly priced_as: string;
  readonly tokens: number;
  readonly computed_usd: number;
  /** Of `tokens`, those in records of several requests, or of an unknown number, whose lengths are not known. */
  readonly bucket_tokens: number;
}

/** What single requests of a model cost, in US dollars: of records that are one priced request each. */
export interface Spread {
  readonly model: string;
  readonly requests: number;
  readonly mean_usd: number;
  /** The cost that half of them, and 95 % of them, do not exceed. */
  readonly p50_usd: number;
  readonly p95_usd: number;
  readonly max_usd: number;
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
    /** What a cache could have done, by model, where records tell it; empty where none does. */
    readonly reuse: (
      user: UserId,
      query: Pick<UsageQuery, "period" | "filter">,
    ) => Effect.Effect<readonly Reuse[], ServiceUnavailable>;
    /** Requests that failed, by model, where records tell it; empty where none does. */
    readonly failures: (
      user: UserId,
      query: Pick<UsageQuery, "period" | "filter">,
    ) => Effect.Effect<readonly Failures[], ServiceUnavailable>;
    /** Which entries priced what, dearest first; what has no price is not among it. */
    readonly pricedParts: (
      user: UserId,
      query: Omit<UsageQuery, "group_by">,
    ) => Effect.Effect<readonly PricedPart[], ServiceUnavailable>;
    /** What single requests cost, by model, dearest mean first; empty where no record is a single request. It looks at every record. */
    readonly spread: (
      user: UserId,
      query: Pick<UsageQuery, "period" | "filter">,
    ) => Effect.Effect<readonly Spread[], ServiceUnavailable>;
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

/** A model's price at a date, in US dollars per million tokens of each bucket, for requests of standard length. */
export interface Price {
  /** The name of the price table's entry that matched; the asked name where only a contract prices the model. */
  readonly model: string;
  readonly provider: string;
  readonly usd_per_million: { readonly [Bucket in keyof Tokens]: number };
  /** The share of this price that the batch tier costs; null where none is known. */
  readonly batch_factor: number | null;
  /** Input tokens of one request above which its rates are higher; null where all lengths cost the same. */
  readonly long_context_above: number | null;
  /** The name of the contract entry that set this price; null for a list price. */
  readonly contract: string | null;
}

export class PriceBook extends Context.Service<
  PriceBook,
  {
    /** The day of the price table, YYYY-MM-DD. */
    readonly price_date: string;
    /** The same for two books only if they price everything alike: the table's day, and a digest of all prices. */
    readonly version: string;
    /** Null for a model the table does not know: unpriced, never zero. */
    readonly find: (
      model: string,
      provider: string | null,
      at: Timestamp,
    ) => Price | null;
    /**
     * What a record cost, and the entry it was priced by: one of the list by its name, one of a contract as `contract:NAME`, or
     * `contract:NAME of LISTED` where that is a share of the list price. Null when unpriced.
     */
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
