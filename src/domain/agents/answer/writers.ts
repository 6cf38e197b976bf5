/**
 * What each kind of question is answered with, in which order. Promises: the question is answered in the first section; the days looked
 * at are named; without data there is no figure, only the way to bring data in.
 */
import type { ReportSection } from "../../model.ts";
import { EXAMPLES } from "../reading/lexicon.ts";
import type { Intent } from "../reading/lexicon.ts";
import { trendDimension } from "../data.ts";
import type { Prices } from "../../tools/priceLookup.ts";
import { writeBreakdown } from "./breakdown.ts";
import type { Material } from "./material.ts";
import {
  budgetSentences,
  budgetTable,
  methodSentence,
  monthSentence,
} from "./outlook.ts";
import {
  formatsTable,
  waysSentences,
  writeImport,
  writeNothing,
} from "./nothing.ts";
import { basisSentence, completeSentence } from "./quality.ts";
import {
  askedCacheSentence,
  cacheSentence,
  cacheTable,
  moreCacheSentence,
  replaySentences,
} from "./caching.ts";
import { tokensSentence, unitSentence } from "./efficiency.ts";
import {
  batchSentences,
  savingsOf,
  swapPriceTable,
  swapSentences,
} from "./savings.ts";
import {
  headline,
  leverSentence,
  next,
  overview,
  quality,
  savingsSection,
  section,
} from "./sections.ts";
import {
  anomalySentences,
  causesSentence,
  daySentence,
  moverSentence,
  spendSentence,
} from "./spend.ts";
import {
  anomalyTable,
  dayChart,
  groupTable,
  moversTable,
  priceTable,
} from "./tables.ts";
import { code, listWords } from "./words.ts";

type Writer = (material: Material) => readonly ReportSection[];

/** The sections that answer the question as it was read. */
export function write(material: Material): readonly ReportSection[] {
  return WRITERS[material.understanding.intent](material);
}

const WRITERS: Readonly<Record<Intent, Writer>> = {
  overview,
  breakdown: (material) =>
    writeBreakdown(material, material.understanding.group_by ?? "model"),
  trend: (material) => [
    ...headline(material, [
      spendSentence(material),
      unitSentence(material),
      causesSentence(material),
      moverSentence(material),
    ]),
    ...section("changed", {
      paragraphs: anomalySentences(material),
      tables: [
        moversTable(material, "model"),
        moversTable(material, trendDimension(material.understanding)),
        anomalyTable(material),
      ],
    }),
    ...section("where", {
      paragraphs: [daySentence(material)],
      chart: dayChart(material),
    }),
    ...quality(material),
  ],
  anomalies: (material) => [
    ...headline(material, [
      ...anomalySentences(material),
      spendSentence(material),
    ]),
    ...section("where", {
      paragraphs: [daySentence(material)],
      chart: dayChart(material),
    }),
    ...quality(material),
  ],
  forecast: (material) => [
    ...headline(
      material,
      [
        ...budgetSentences(material),
        monthSentence(material),
        methodSentence(material),
        spendSentence(material),
      ],
      [budgetTable(material)],
    ),
    ...section("where", {
      paragraphs: [daySentence(material)],
      chart: dayChart(material),
    }),
    ...quality(material),
  ],
  savings: (material) => {
    const savings = savingsOf(material);
    return [
      ...headline(material, [
        leverSentence(material, savings),
        spendSentence(material),
      ]),
      ...savingsSection(material, savings),
      ...section("where", {
        paragraphs: batchSentences(material),
        tables: [groupTable(material, "model")],
      }),
      ...quality(material),
      ...next(material, savings),
    ];
  },
  model_swap: (material) => [
    ...headline(
      material,
      [...swapSentences(material), spendSentence(material)],
      [swapPriceTable(material)],
    ),
    ...savingsSection(material, savingsOf(material)),
    ...quality(material),
  ],
  caching: (material) => [
    ...headline(
      material,
      [
        askedCacheSentence(material),
        cacheSentence(material),
        ...replaySentences(material),
        moreCacheSentence(material),
        spendSentence(material),
      ],
      [cacheTable(material)],
    ),
    ...savingsSection(material, savingsOf(material)),
    ...quality(material),
  ],
  batch: (material) => [
    ...headline(material, [
      ...batchSentences(material),
      spendSentence(material),
    ]),
    ...savingsSection(material, savingsOf(material)),
    ...quality(material),
  ],
  prices: (material) => writePrices(material),
  quality: (material) => [
    ...headline(material, [
      ...(asksOfTheBill(material)
        ? [basisSentence(material), completeSentence(material)]
        : [completeSentence(material), basisSentence(material)]),
      spendSentence(material),
      tokensSentence(material),
    ]),
    ...quality(material),
    ...section("next", {
      paragraphs: waysSentences(material),
      tables: [formatsTable(material)],
    }),
  ],
  import: (material) =>
    writeImport(material, [
      "Usage comes in as a file that your provider exports; nothing is sent anywhere.",
    ]),
  help: () =>
    section("headline", {
      paragraphs: [
        "I answer questions about AI spend from your own usage data. Every figure comes from a query on it that you can open.",
        exampleList(EXAMPLES.map((example) => example.question)),
      ],
    }),
  unknown: ({ understanding }) =>
    section("headline", {
      paragraphs: [
        "**I did not understand that question**, so I looked nothing up. I answer questions about AI spend from your usage data: where it goes, what changed, what is to come and what would save.",
        "The nearest questions that I understand:",
        exampleList(understanding.nearest),
      ],
    }),
};

/** "Is this an invoice or an estimate?", and not whether data is missing. */
const asksOfTheBill = ({ question }: Material): boolean =>
  /invoice|estimate|bill|real|accura|trust|reliab|list price/i.test(question);

function writePrices(material: Material): readonly ReportSection[] {
  const prices = material.prices?.result;
  if (prices === undefined) return writeNothing(material);
  const unknown = prices.unknown.map(
    (name) =>
      `The price list of ${prices.price_date} knows no model ${code(name)}.`,
  );
  const stated = prices.prices.length === 0 ? [] : [priceStatement(prices)];
  return section("headline", {
    paragraphs: [...unknown, ...stated],
    tables: [priceTable(material)],
  });
}

function priceStatement({ prices, price_date }: Prices): string {
  const contract = prices
    .filter((it) => it.contract !== null)
    .map(({ model }) => code(model));
  return contract.length === 0
    ? `List prices of ${price_date}; your contract may differ.`
    : `By contract: ${listWords([...new Set(contract)])}. Otherwise list prices of ${price_date}.`;
}

function exampleList(questions: readonly string[]): string {
  return questions.map((question) => `- ${question}`).join("\n");
}
