/**
 * The parts of an answer about its own footing: what data there is, what is missing and what the dollars are. Promises: sample data, unpriced
 * models and parts that failed are always said.
 */
import {
  formatCount,
  formatPercent,
  formatPercentChange,
  formatUsd,
} from "../../costs/money.ts";
import { dayOf } from "../../costs/days.ts";
import type { DayRange } from "../../costs/days.ts";
import type { ReportTable } from "../../model.ts";
import type { Inspection, Shortage } from "../../tools/inspection.ts";
import type { Pricing } from "../../tools/pricing.ts";
import type { Material } from "./material.ts";
import { code, dayWords, listWords, plain, rangeWords } from "./words.ts";

const SHOWN_MODELS = 5;

const WHY: Readonly<Partial<Record<Shortage, string>>> = {
  few_days:
    "Under a week of data: weekdays cannot be told apart, a projection is the mean day, and one odd day moves everything.",
  no_dimension:
    "No record names what you want to group by, so that split is not possible.",
};

export const SAMPLE_LABEL =
  "**Sample data.** These figures come from the generated sample set, not from your bill.";

/** What the figures rest on, one statement each. */
export function qualityStatements(material: Material): readonly string[] {
  const found = material.inspection?.result;
  const missing = material.missing.map(
    (part) => `**Missing from this answer:** ${part}.`,
  );
  if (found === undefined || found.days === null) return missing;
  const asked =
    material.understanding.period.kind !== "latest" &&
    (found.asked.first < found.days.first || found.asked.last > found.days.last)
      ? [
          `You asked about ${rangeWords(found.asked)}; the data covers only ${rangeWords(found.days)} of it.`,
        ]
      : [];
  const running =
    found.days.last === dayOf(material.now, found.time_zone)
      ? [
          `${dayWords(found.days.last)} is not over yet: its figures still grow, and a comparison flatters it.`,
        ]
      : [];
  const shortages = found.shortages.flatMap((shortage) =>
    shortage === "unpriced" ? unpricedWords(found) : (WHY[shortage] ?? []),
  );
  return [
    ...missing,
    ...(found.sample ? [SAMPLE_LABEL] : []),
    daysStatement(found, found.days),
    ...asked,
    ...running,
    ...shortages,
    dollarsStatement(material),
    ...unpricedStatements(material),
    ...pricingStatements(material),
  ];
}

function daysStatement(found: Inspection, days: DayRange): string {
  const looked =
    found.day_count === 1 && found.days_with_data === 1
      ? "The one day looked at has records"
      : `${found.days_with_data} of ${found.day_count} days have records`;
  const { data } = found;
  const all =
    data === null || (data.first === days.first && data.last === days.last)
      ? "that is all the data"
      : `all data spans ${rangeWords(data)}`;
  return `${looked} (${rangeWords(days)}, ${found.time_zone}); ${all}.`;
}

/** Spend as billed has those tokens in it; a saving, which is reckoned at list prices, never has. */
const unpricedWords = ({ basis }: Inspection): string =>
  `Over half of the tokens have no list price: ${basis === "billed" ? "savings, which are reckoned at list prices, leave" : "spend and savings leave"} that part out.`;

/** How much of the time has records and how much of them a price; null where nothing was found. */
export function completeSentence({ inspection }: Material): string | null {
  const found = inspection?.result;
  if (found === undefined || found.days === null) return null;
  const {
    days_with_data: have,
    day_count: all,
    priced_percent: priced,
  } = found;
  const days = `**${have} of ${all} ${all === 1 ? "day has" : "days have"} records**`;
  if (priced === null) return `${days}.`;
  return priced === 100
    ? `${days}, and every token in them has a price.`
    : `${days}, and ${formatPercent(priced)} of the tokens in them have a list price.`;
}

/** Whether the dollars are a bill or an estimate, in one sentence; null where there are none. */
export function basisSentence({ inspection }: Material): string | null {
  const found = inspection?.result;
  if (found === undefined || found.days === null) return null;
  if (found.basis === "billed")
    return "**This is what the sources billed**, as far as they say; it is no invoice of its own.";
  return found.total.billed_usd === null
    ? "**This is an estimate, not an invoice**: tokens times list prices. No source in the data names a billed amount."
    : `**This is an estimate, not an invoice**: tokens times list prices. The sources name a bill of ${formatUsd(found.total.billed_usd)} for it.`;
}

/** How the statement begins that says whether the dollars are computed or billed: an estimate or an invoice. */
export const DOLLARS_ARE = "Dollars are";
const ADDED_UP =
  "The source adds requests up, so what was long among them costs more than is said here.";

/** What the prices themselves leave open: requests whose length is not known, and entries of another name. */
function pricingStatements({ inspection }: Material): readonly string[] {
  const pricing = inspection?.result.pricing;
  if (pricing === undefined) return [];
  const lengths = pricing.unknown_lengths
    .slice(0, SHOWN_MODELS)
    .map(
      ({ model, tokens, above_tokens }) =>
        `${code(model)} (${formatCount(tokens)} tokens; dearer above ${above_tokens.toLocaleString("en-US")} input tokens a request)`,
    );
  const more = pricing.unknown_lengths.length > SHOWN_MODELS;
  const others =
    pricing.priced_as_more > 0 ? `, and ${pricing.priced_as_more} more` : "";
  return [
    ...(lengths.length === 0
      ? []
      : [
          `**Priced as short requests, for want of their lengths:** ${listWords(lengths)}${more ? " and more" : ""}. ${ADDED_UP}`,
        ]),
    ...(pricing.priced_as.length === 0
      ? []
      : [
          `Some models were priced by an entry of another name, as listed below${others}.`,
        ]),
  ];
}

/** The models whose price is that of an entry of another name; null where each has its own. */
export function pricedAsTable({ inspection }: Material): ReportTable | null {
  const parts = inspection?.result.pricing.priced_as ?? [];
  if (inspection === null || parts.length === 0) return null;
  return {
    title: "Priced as",
    columns: [
      { key: "model", label: "Model", unit: "text" },
      { key: "priced_as", label: "Priced as", unit: "text" },
      { key: "cost", label: "Spend", unit: "usd" },
      { key: "tokens", label: "Tokens", unit: "tokens" },
    ],
    rows: parts.map(({ model, priced_as, cost_usd, tokens }) => ({
      model: plain(model),
      priced_as: plain(priced_as),
      cost: cost_usd,
      tokens,
    })),
    source: inspection.id,
  };
}

function dollarsStatement({ inspection }: Material): string {
  const found = inspection?.result;
  if (found === undefined) return "";
  const { billed_usd: billed, computed_usd: computed } = found.total;
  if (found.basis === "billed")
    return `${DOLLARS_ARE} **as billed** by the sources (${formatUsd(billed ?? 0)}), since most tokens have no list price (priced: ${formatUsd(computed)}).`;
  const list = `${DOLLARS_ARE} **computed**: tokens times ${priceWords(found)}`;
  if (billed === null)
    return `${list} The sources name no billed amounts: this is an estimate, not an invoice.`;
  const difference =
    found.billed_difference_percent === null
      ? ""
      : ` (${formatPercentChange(found.billed_difference_percent)} against computed)`;
  return `${list} Where the sources name a bill, it adds up to ${formatUsd(billed)}${difference}.`;
}

function priceWords({
  price_date,
  pricing,
}: {
  readonly price_date: string;
  readonly pricing: Pricing;
}): string {
  return pricing.contract_usd === 0
    ? `list prices of ${price_date}; your contract may differ.`
    : `prices, ${formatUsd(pricing.contract_usd)} by contract and the rest by list prices of ${price_date}.`;
}

function unpricedStatements({ inspection }: Material): readonly string[] {
  const found = inspection?.result;
  if (found === undefined) return [];
  if (found.unpriced.length === 0)
    return found.priced_percent === null ? [] : ["Every token has a price."];
  const models = found.unpriced
    .slice(0, SHOWN_MODELS)
    .map(
      ({ model, tokens }) => `${code(model)} (${formatCount(tokens)} tokens)`,
    );
  const more = found.unpriced.length > SHOWN_MODELS ? " and more" : "";
  const priced =
    found.priced_percent === null
      ? ""
      : ` ${formatPercent(found.priced_percent)} of tokens are priced.`;
  return [
    `**${found.basis === "billed" ? "Without a list price, so in no saving" : "Unpriced, not in the spend"}:** ${listWords(models)}${more}.${priced}`,
  ];
}
