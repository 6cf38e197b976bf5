/**
 * The nouns of usage: records, token buckets, prices, imports, preferences. Promises: dollars are numbers, tokens are integers in
 * disjoint buckets.
 */
import type { ImportId, Timestamp } from "../model.ts";

/** Token counts in disjoint buckets: no token is in two of them, and their sum is all tokens. */
export type Tokens = {
  readonly uncached_input: number;
  readonly cache_read: number;
  readonly cache_write_5m: number;
  readonly cache_write_1h: number;
  readonly output: number;
};

export type ServiceTier = "standard" | "batch" | "flex" | "priority";

/**
 * What makes a record the same record in another file: the source's own id of a request; else, for a bucket of requests, its start,
 * model, provider, project, feature, user, key and tier and what else names it; else all that the row says.
 */
export type SourceId =
  | { readonly kind: "request"; readonly id: string }
  | { readonly kind: "bucket"; readonly of: readonly (string | null)[] }
  | { readonly kind: "row" };

/** Input tokens that a prompt cache would have read and written, had it kept every block so long. */
export interface Reusable {
  readonly five_minutes: { readonly read: number; readonly written: number };
  readonly one_hour: { readonly read: number; readonly written: number };
}

/** One request, or one bucket of requests, as a provider or gateway reported it. Never holds a prompt or a completion. */
export interface UsageRecord {
  /** Start of the request or bucket. */
  readonly at: Timestamp;
  /** The model's name as the source wrote it. */
  readonly model: string;
  readonly provider: string | null;
  readonly project: string | null;
  readonly feature: string | null;
  /** The end user the request was made for, not the owner of the data. */
  readonly user: string | null;
  readonly api_key: string | null;
  readonly tier: ServiceTier;
  readonly requests: number;
  readonly tokens: Tokens;
  /** US dollars as the source billed them; null where it names none. */
  readonly billed_usd: number | null;
  /** `charge`: a line of an invoice or cost report, which bills what other records may have measured; it has no tokens of its own. */
  readonly measures: "usage" | "charge";
  /** Labels of the source's own, such as a gateway's request tags. */
  readonly tags: readonly string[];
  /** Of `requests`, those that failed; null where the source does not tell. */
  readonly failed_requests: number | null;
  /** What a prompt cache could have done for this request; null where the source does not tell which input repeats. */
  readonly reusable: Reusable | null;
  readonly source_id: SourceId;
}

/** A usage record with its computed price. `computed_usd` null means unpriced, never free. */
export interface PricedRecord extends UsageRecord {
  readonly computed_usd: number | null;
  readonly priced_as: string | null;
}

export type Period = {
  /** First instant, inclusive. */
  readonly from: Timestamp;
  /** Last instant, exclusive. */
  readonly to: Timestamp;
};

export interface ImportResult {
  readonly import_id: ImportId;
  readonly format: string;
  readonly sample: boolean;
  readonly rows: {
    readonly read: number;
    readonly kept: number;
    readonly skipped: number;
    readonly duplicate: number;
  };
  readonly skipped: readonly {
    readonly line: number;
    readonly reason: string;
  }[];
  readonly period: Period | null;
  readonly models: readonly string[];
  readonly unpriced_models: readonly string[];
}

export interface Cost {
  /** US dollars by our arithmetic from list prices; unpriced tokens are not in it. */
  readonly computed: number;
  /** US dollars as the sources billed them; null where no source named any. */
  readonly billed: number | null;
}

/** What a record may name. A record with several tags is of the group of just these. */
export type NamedDimension =
  | "model"
  | "provider"
  | "project"
  | "feature"
  | "user"
  | "api_key"
  | "tier"
  | "tag";

/** `hour` is the hour of the day, "00" to "23", in the user's time zone. */
export type Dimension = NamedDimension | "day" | "hour";

export interface UsageGroup {
  /** The group's value; null where records name none. For `day`: YYYY-MM-DD in the user's time zone. */
  readonly key: string | null;
  readonly requests: number;
  readonly tokens: Tokens;
  readonly cost: Cost;
}

export interface UsageSummary {
  readonly period: Period;
  readonly currency: "USD";
  readonly price_date: string;
  readonly requests: number;
  readonly tokens: Tokens;
  readonly cost: Cost;
  readonly groups: readonly UsageGroup[];
  readonly unpriced: readonly {
    readonly model: string;
    readonly tokens: number;
  }[];
  readonly sample: boolean;
}

export interface Preferences {
  /** IANA name; days of every report are days of this zone. */
  readonly time_zone: string;
  readonly week_start: "monday" | "sunday";
  readonly budgets: readonly Budget[];
}

export interface Budget {
  /** US dollars per calendar month. */
  readonly monthly_usd: number;
  /** null: all spend. */
  readonly scope: {
    readonly dimension: "project" | "user" | "model";
    readonly key: string;
  } | null;
  /** From this share of it on, in percent, it is told of when data comes in and in answers; 80 where it is not named. */
  readonly warn_percent?: number;
}

/** What an import answers with: its result, and the budgets that its months have reached. */
export interface Imported extends ImportResult {
  readonly budgets: readonly BudgetAlert[];
}

/** A budget whose threshold a month has reached. */
export interface BudgetAlert {
  /** YYYY-MM. */
  readonly month: string;
  readonly monthly_usd: number;
  readonly scope: Budget["scope"];
  readonly warn_percent: number;
  readonly spent_usd: number;
  readonly spent_percent: number;
  readonly exceeded: boolean;
}
