/**
 * Charges in FOCUS 1.2 and 1.3 (the FinOps Open Cost and Usage Specification, focus.finops.org), as CSV. Promises: every line is a charge of
 * its `BilledCost`, so that the lines add up to the invoice; amounts that are not in US dollars are problems, never converted.
 *
 * Credits, refunds and corrections are negative lines of the invoice and are kept as such: billed spend is what remains after them.
 * `EffectiveCost` spreads prepayments over their use; it is checked and not added, since the two count the same money. What was consumed
 * is not read as tokens: providers name its units as they like.
 */
import { limits } from "../../domain/limits.ts";
import { ALL_MODELS, CHARGE, inDollars } from "./charge.ts";
import { Fields } from "./fields.ts";
import type { CsvFormat, Reading, ReadingOptions } from "./importer.ts";

const NEEDED = ["BilledCost", "BillingCurrency", "ChargePeriodStart"];

/** What tells two charges of one time, meter, provider, sub-account and service apart. */
const OF_THE_BUCKET = [
  "ChargePeriodEnd",
  "ChargeCategory",
  "ChargeClass",
  "ChargeDescription",
  "BillingAccountId",
  "BillingPeriodStart",
  "SubAccountId",
  "ResourceId",
  "RegionId",
  "SkuId",
  "SkuPriceId",
];

/** Labels of the source's own are kept as name:value; of these columns, what is not the usual. */
const USUAL = {
  ChargeCategory: "Usage",
  ServiceCategory: "AI and Machine Learning",
} as const;

/** How exports of SQL tables write that there is no value. */
const NULLS = ["NULL", "null"];

/** What a charge says under a column's name; "" where it says nothing. */
type ValueOf = (column: string) => string;

export const focusCsv: CsvFormat = {
  name: "focus_csv",
  expects: `charges in FOCUS 1.2 or 1.3, CSV with the columns ${NEEDED.join(", ")}, ServiceName and more`,
  recognise: (header, options) => {
    if (!NEEDED.every((column) => header.includes(column))) return null;
    const positions = new Map(header.map((name, index) => [name, index]));
    return (cells) =>
      readCharge((column) => {
        const value = cells[positions.get(column) ?? -1]?.trim() ?? "";
        return NULLS.includes(value) ? "" : value;
      }, options);
  },
};

/**
 * One charge. Column meanings: FOCUS 1.2; 1.3 calls the provider ServiceProviderName. The meter stands for the model, since it names it where
 * a charge has one; the service is the feature, and the sub-account, a cloud's project, the project.
 */
function readCharge(valueOf: ValueOf, options: ReadingOptions): Reading {
  const fields = new Fields(valueOf);
  inDollars(fields, "BillingCurrency");
  const billed = fields.signedDollars("BilledCost");
  if (billed === null) fields.fail("BilledCost is empty");
  fields.signedDollars("EffectiveCost");
  const service = fields.text("ServiceName");
  const tags = tagsOf(valueOf);
  if (tags === null) fields.fail("Tags is not a JSON object");
  return fields.settle({
    ...CHARGE,
    at: fields.instant("ChargePeriodStart"),
    model: fields.text("SkuMeter") ?? options.model ?? service ?? ALL_MODELS,
    provider: fields.text("ServiceProviderName") ?? fields.text("ProviderName"),
    project: fields.text("SubAccountName") ?? fields.text("SubAccountId"),
    feature: service,
    user: null,
    api_key: null,
    tier: "standard",
    billed_usd: billed,
    tags: labels([...unusual(valueOf), ...(tags ?? [])]),
    source_id: {
      kind: "bucket",
      of: [...OF_THE_BUCKET.map(valueOf), ...(tags ?? [])],
    },
  });
}

function unusual(valueOf: ValueOf): readonly string[] {
  return Object.entries(USUAL).flatMap(([column, usual]) => {
    const value = valueOf(column);
    return value === "" || value === usual ? [] : [`${column}:${value}`];
  });
}

/** The pairs of the Tags column in the order of their names; a name alone where its tag has no value. Null when it is no JSON object. */
function tagsOf(valueOf: ValueOf): readonly string[] | null {
  const text = valueOf("Tags");
  if (text === "") return [];
  try {
    const tags: unknown = JSON.parse(text);
    if (typeof tags !== "object" || tags === null || Array.isArray(tags))
      return null;
    return Object.entries(tags)
      .map(([name, value]) => {
        const none = value === null || value === true || value === "";
        return none ? name : `${name}:${String(value)}`;
      })
      .toSorted();
  } catch {
    return null;
  }
}

/** Within bounds. A cloud's tags may be longer and more; the money counts nevertheless. */
function labels(tags: readonly string[]): readonly string[] {
  return tags
    .slice(0, limits.importTagsMax)
    .map((tag) =>
      tag.replaceAll("\0", "").slice(0, limits.importTextCharactersMax),
    );
}
