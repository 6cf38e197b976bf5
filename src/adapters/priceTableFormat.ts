/**
 * The form of a price table as genai-prices publishes it. Promises: what passes has only what is used here, in one order, so that two tables
 * can be compared; a table with anything in it that could not be priced with is refused whole, by provider and place.
 */
import { calcPrice } from "@pydantic/genai-prices";
import type { MatchLogic, ModelInfo, Provider } from "@pydantic/genai-prices";
import { Data, Effect, Result, Schema, SchemaIssue } from "effect";

export class TableRefused extends Data.TaggedError("TableRefused")<{
  readonly problem: string;
}> {
  override get message(): string {
    return this.problem;
  }
}

const Amount = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0));
const Start = Schema.Finite.check(
  Schema.isInt(),
  Schema.isGreaterThanOrEqualTo(0),
);
const Rate = Schema.Union([
  Amount,
  Schema.Struct({
    base: Amount,
    tiers: Schema.mutable(
      Schema.Array(Schema.Struct({ start: Start, price: Amount })),
    ),
  }),
]);

/** The prices that records are priced by: of text tokens, and of requests. Others, of pictures and the like, are passed over. */
const Prices = Schema.Struct({
  input_mtok: Schema.optionalKey(Rate),
  cache_read_mtok: Schema.optionalKey(Rate),
  cache_write_mtok: Schema.optionalKey(Rate),
  cache_write_5m_mtok: Schema.optionalKey(Rate),
  cache_write_1h_mtok: Schema.optionalKey(Rate),
  output_mtok: Schema.optionalKey(Rate),
  requests_kcount: Schema.optionalKey(Rate),
});

const Conditional = Schema.Struct({
  /** Every field of it counts, so none is passed over: whether it is one that is known, the package says. */
  constraint: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  prices: Prices,
});

const Pattern = Schema.String.check(
  Schema.makeFilter(isPattern, { message: "is no regular expression" }),
);

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

const Match: Schema.Codec<MatchLogic> = Schema.suspend(() =>
  Schema.Union([
    Schema.Struct({ equals: Schema.String }),
    Schema.Struct({ starts_with: Schema.String }),
    Schema.Struct({ ends_with: Schema.String }),
    Schema.Struct({ contains: Schema.String }),
    Schema.Struct({ regex: Pattern }),
    Schema.Struct({ or: Schema.mutable(Schema.Array(Match)) }),
    Schema.Struct({ and: Schema.mutable(Schema.Array(Match)) }),
  ]),
);

const Model = Schema.Struct({
  id: Schema.String,
  match: Match,
  deprecated: Schema.optionalKey(Schema.Boolean),
  prices: Schema.Union([
    Schema.mutable(Schema.Array(Conditional).check(Schema.isMinLength(1))),
    Prices,
  ]),
});

const ProviderEntry = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  api_pattern: Pattern,
  model_match: Schema.optionalKey(Match),
  provider_match: Schema.optionalKey(Match),
  fallback_model_providers: Schema.optionalKey(
    Schema.mutable(Schema.Array(Schema.String)),
  ),
  models: Schema.mutable(Schema.Array(Model)),
});

/** The providers of a table, as published or as kept. */
export function parseProviders(
  document: unknown,
): Effect.Effect<readonly Provider[], TableRefused> {
  return Array.isArray(document)
    ? Effect.forEach(document, parseProvider)
    : Effect.fail(new TableRefused({ problem: "it is no list of providers" }));
}

function parseProvider(
  value: unknown,
  index: number,
): Effect.Effect<Provider, TableRefused> {
  const decoded = Schema.decodeUnknownResult(ProviderEntry)(value);
  if (Result.isFailure(decoded)) {
    const id = (value as { readonly id?: unknown } | null)?.id;
    const name = typeof id === "string" ? id : `number ${index + 1}`;
    return refuse(`provider ${name}${placeOf(decoded.failure.issue)}`);
  }
  // The package's type has its own names for what was just checked: constraints with their type, tiers as a class.
  const provider = decoded.success as unknown as Provider;
  const odd = provider.models.flatMap((it) => problemOf(provider, it) ?? []);
  return odd[0] === undefined
    ? Effect.succeed({ ...provider, models: provider.models.map(inOneForm) })
    : refuse(odd[0]);
}

/** A constraint's `type` is written or left out; the package adds it where it is missing. */
function inOneForm(model: ModelInfo): ModelInfo {
  if (!Array.isArray(model.prices)) return model;
  const prices = model.prices.map(({ constraint, prices: rates }) => {
    if (constraint === undefined) return { prices: rates };
    const { type: _type, ...fields } = constraint;
    return { constraint: fields as typeof constraint, prices: rates };
  });
  return { ...model, prices };
}

const refuse = (problem: string) => Effect.fail(new TableRefused({ problem }));

const formatIssue = SchemaIssue.makeFormatterStandardSchemaV1();

function placeOf(issue: SchemaIssue.Issue): string {
  const first = formatIssue(issue).issues[0];
  const path = (first?.path ?? [])
    .map((it) => String(typeof it === "object" ? it.key : it))
    .join(".");
  const said = first?.message.replace(/\s+/g, " ") ?? "does not fit";
  return `${path === "" ? "" : `, ${path}`}: ${said}`;
}

/** Prices the model once by each of its prices, as lookups will: null where the package can. */
function problemOf(provider: Provider, model: ModelInfo): string | null {
  const all = Array.isArray(model.prices)
    ? model.prices.map((it) => [it])
    : [model.prices];
  try {
    for (const prices of all) {
      const alone = { ...model, match: { equals: "it" }, prices };
      calcPrice({}, "it", { provider: { ...provider, models: [alone] } });
    }
    return null;
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    return `provider ${provider.id}, model ${model.id}: ${said}`;
  }
}
