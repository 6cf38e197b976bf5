/** What an answer says of its prices: entries of another name, contract prices, and requests whose length nobody told. */
import { Effect, Layer } from "effect";
import { describe, expect, test } from "vitest";
import { parseContractPrices } from "../../../src/adapters/contractPrices.ts";
import { makePriceBook } from "../../../src/adapters/prices.ts";
import { packagedTable } from "../../../src/adapters/priceTable.ts";
import { NO_TOKENS } from "../../../src/domain/costs/money.ts";
import type { UsageRecord } from "../../../src/domain/model.ts";
import { PriceBook } from "../../../src/domain/ports.ts";
import {
  content,
  expectSourced,
  over,
  reportOf,
  run,
} from "../../support/analyst.ts";
import type { Ran } from "../../support/analystRun.ts";
import { daily, usage } from "../../support/usageData.ts";
import { usageStoreOf } from "../../support/usageStore.ts";

const QUESTION = "Analyze my AI costs";

/** Ten days of one model, a million tokens in and a hundred thousand out a day. */
const of = (model: string, more: Partial<UsageRecord> = {}) =>
  daily("2026-11-20", 10, (day) => usage(day, { model, ...more }));

const byContract = (
  records: readonly UsageRecord[],
  ...entries: readonly unknown[]
) =>
  usageStoreOf(records).pipe(
    Layer.provideMerge(
      Layer.succeed(
        PriceBook,
        makePriceBook(
          packagedTable,
          Effect.runSync(parseContractPrices(entries)),
        ),
      ),
    ),
  );

const pricedAs = (ran: Ran) =>
  reportOf(ran)
    .sections.find((it) => it.id === "quality")
    ?.tables.find((it) => it.title === "Priced as")?.rows;

describe("entries of another name", () => {
  test("are listed with their spend and tokens, dearest first; a model's own entry is not", async () => {
    const records = [
      ...of("gpt-4.1"),
      ...of("gpt-4o-2024-08-06"),
      ...of("openai/gpt-4.1-mini", { provider: null }),
    ];
    const ran = await run(QUESTION, { services: over(records) });
    // A day costs 2.50 + 1.00 and 0.40 + 0.16 dollars.
    expect(pricedAs(ran)).toEqual([
      {
        model: "gpt-4o-2024-08-06",
        priced_as: "gpt-4o",
        cost: 35,
        tokens: 11_000_000,
      },
      {
        model: "openai/gpt-4.1-mini",
        priced_as: "gpt-4.1-mini",
        cost: 5.6,
        tokens: 11_000_000,
      },
    ]);
    expect(content(ran)).toContain("priced by an entry of another name");
    expect(content(ran)).toContain("Priced as");
    expectSourced(ran);
  });

  test("are not spoken of where there are none", async () => {
    const ran = await run(QUESTION, { services: over(of("GPT-4.1")) });
    expect(pricedAs(ran)).toBeUndefined();
    expect(content(ran)).not.toContain("another name");
  });
});

describe("contract prices", () => {
  test("are told from list prices, and a contract's prefix is an entry of another name", async () => {
    const services = byContract(
      [...of("gpt-4.1"), ...of("gpt-4.1-mini"), ...of("gpt-4o")],
      { model: "gpt-4.1", usd_per_million: { uncached_input: 1, output: 5 } },
      { model: "gpt-4.1-*", discount_percent: 50 },
    );
    const ran = await run(QUESTION, { services });
    // Ten days of 1.00 + 0.50, of (0.40 + 0.16) / 2, and by list of 2.50 + 1.00 dollars.
    expect(reportOf(ran).figures[0]).toMatchObject({ value: 52.8 });
    expect(content(ran)).toContain(
      `$17.80 by contract and the rest by list prices of ${packagedTable.date}.`,
    );
    expect(content(ran)).not.toContain("your contract may differ");
    expect(pricedAs(ran)).toEqual([
      {
        model: "gpt-4.1-mini",
        priced_as: "contract:gpt-4.1-* of gpt-4.1-mini",
        cost: 2.8,
        tokens: 11_000_000,
      },
    ]);
    expectSourced(ran);
  });

  test("are what a question for a price is answered with", async () => {
    const services = byContract(of("gpt-4.1"), {
      model: "gpt-4.1",
      usd_per_million: { uncached_input: 1.25, output: 5 },
    });
    const ran = await run("What does gpt-4.1 cost?", { services });
    expect(content(ran)).toContain("By contract: `gpt-4.1`.");
    expect(content(ran)).toContain("1.25");
    expectSourced(ran);
  });
});

describe("the length of requests", () => {
  const SAID = "Priced as short requests, for want of their lengths";
  const long = { ...NO_TOKENS, uncached_input: 300_000 };

  test("is said to be unknown where a model with a long-context price comes in buckets", async () => {
    const records = [
      ...of("claude-sonnet-4-5", { provider: "anthropic", requests: 0 }),
      ...of("gpt-4.1"),
    ];
    const ran = await run(QUESTION, { services: over(records) });
    expect(content(ran)).toContain(
      `**${SAID}:** \`claude-sonnet-4-5\` (11M tokens; dearer above 200,000 input tokens a request).`,
    );
    expectSourced(ran);
  });

  test("is no question where records are single requests, which pay for theirs, or no length costs more", async () => {
    const single = of("claude-sonnet-4-5", {
      provider: "anthropic",
      requests: 1,
      tokens: long,
    });
    const ran = await run(QUESTION, { services: over(single) });
    // Ten requests of 300,000 tokens at 6 dollars a million.
    expect(reportOf(ran).figures[0]).toMatchObject({ value: 18 });
    expect(content(ran)).not.toContain(SAID);
    const flat = await run(QUESTION, { services: over(of("gpt-4.1")) });
    expect(content(flat)).not.toContain(SAID);
  });
});
