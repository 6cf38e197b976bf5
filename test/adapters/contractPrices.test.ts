/** Contract prices over the list, reckoned by hand, and the refusal of files that do not fit. */
import { Effect, Result } from "effect";
import { describe, expect, it, test } from "vitest";
import { parseContractPrices } from "../../src/adapters/contractPrices.ts";
import { makePriceBook } from "../../src/adapters/prices.ts";
import { packagedTable } from "../../src/adapters/priceTable.ts";
import type { UsageRecord } from "../../src/domain/model.ts";
import { AT, book as list, record } from "./priceSupport.ts";

const over = (...entries: readonly unknown[]) =>
  makePriceBook(packagedTable, Effect.runSync(parseContractPrices(entries)));

const FOUR_ONE = { uncached_input: 1.5, output: 6 };
const million = { uncached_input: 1_000_000, output: 100_000 };

describe("a contract's own rates", () => {
  it("price every bucket, and say where the price came from", () => {
    const book = over({
      model: "gpt-4.1",
      usd_per_million: {
        uncached_input: 1.5,
        cache_read: 0.3,
        cache_write_5m: 2,
        cache_write_1h: 3,
        output: 6,
      },
    });
    const tokens = {
      uncached_input: 100_000,
      cache_read: 200_000,
      cache_write_5m: 50_000,
      cache_write_1h: 10_000,
      output: 20_000,
    };
    // 0.15 + 0.06 + 0.10 + 0.03 + 0.12 dollars.
    const price = book.price(record("gpt-4.1", tokens));
    expect(price?.usd).toBeCloseTo(0.46, 10);
    expect(price?.priced_as).toBe("contract:gpt-4.1");
    expect(book.find("gpt-4.1", null, AT)).toMatchObject({
      model: "gpt-4.1",
      provider: "openai",
      contract: "gpt-4.1",
      usd_per_million: { uncached_input: 1.5, output: 6 },
    });
  });

  it("take input's price for cached input that they do not name, as list prices do", () => {
    const book = over({ model: "gpt-4.1", usd_per_million: FOUR_ONE });
    const tokens = { cache_read: 1_000_000, cache_write_1h: 1_000_000 };
    expect(book.price(record("gpt-4.1", tokens))?.usd).toBe(3);
  });

  it("price what the list does not know, and nothing else", () => {
    const book = over({ model: "our-own-llm", usd_per_million: FOUR_ONE });
    expect(book.price(record("our-own-llm", million))?.usd).toBeCloseTo(
      2.1,
      10,
    );
    expect(book.find("our-own-llm", "vllm", AT)).toMatchObject({
      model: "our-own-llm",
      provider: "vllm",
      batch_factor: null,
    });
    expect(book.price(record("our-own-llm-2", million))).toBeNull();
    expect(book.price(record("gpt-4.1", million))).toEqual(
      list.price(record("gpt-4.1", million)),
    );
  });

  it("leave batch, flex and priority unpriced, but for batch where they name its factor", () => {
    const plain = over({ model: "gpt-4.1", usd_per_million: FOUR_ONE });
    const factored = over({
      model: "gpt-4.1",
      usd_per_million: FOUR_ONE,
      batch_factor: 0.4,
    });
    const under = (tier: UsageRecord["tier"]) =>
      record("gpt-4.1", million, { tier });
    for (const tier of ["batch", "flex", "priority"] as const)
      expect(plain.price(under(tier))).toBeNull();
    // (1.50 + 0.60) × 0.4 dollars.
    expect(factored.price(under("batch"))?.usd).toBeCloseTo(0.84, 10);
    expect(factored.price(under("flex"))).toBeNull();
    expect(factored.find("gpt-4.1", null, AT)?.batch_factor).toBe(0.4);
  });
});

describe("a discount", () => {
  const book = over({ model: "gpt-4.1*", discount_percent: 10 });

  it("is taken of the list price of the record's tier and day, and names the matched entry", () => {
    // gpt-4.1 lists 2 dollars in and 8 out: 2.80 for these tokens, 10% less is 2.52; half of it in a batch.
    expect(book.price(record("gpt-4.1-2025-04-14", million))).toEqual({
      usd: expect.closeTo(2.52, 10),
      priced_as: "contract:gpt-4.1* of gpt-4.1",
    });
    const batch = record("gpt-4.1", million, { tier: "batch" });
    expect(book.price(batch)?.usd).toBeCloseTo(1.26, 10);
    // Priority costs 1.75 times the list price.
    const priority = record("gpt-4.1", { ...million }, { tier: "priority" });
    expect(book.price({ ...priority, requests: 10 })?.usd).toBeCloseTo(
      4.41,
      10,
    );
  });

  it("goes by the length of a request, as the list does", () => {
    const long = over({ model: "gpt-5.5", discount_percent: 50 });
    const tokens = { uncached_input: 272_000 };
    // 272,000 tokens at 10 dollars a million, halved.
    expect(long.price(record("gpt-5.5", tokens))?.usd).toBeCloseTo(1.36, 10);
  });

  it("of what the list does not know is no price", () => {
    const all = over({ model: "*", discount_percent: 10 });
    expect(all.price(record("nobody-knows-this", million))).toBeNull();
    expect(all.find("nobody-knows-this", null, AT)).toBeNull();
  });

  it("counts where one would move to, too", () => {
    const cheapest = over({ model: "*", discount_percent: 50 });
    const [first] = cheapest.alternatives("gpt-5.5", "openai", AT);
    const [listed] = list.alternatives("gpt-5.5", "openai", AT);
    expect(first?.model).toBe(listed?.model);
    expect(first!.usd_per_million.output).toBeCloseTo(
      listed!.usd_per_million.output / 2,
      10,
    );
  });
});

describe("which entry counts", () => {
  const priceOn = (at: string, ...entries: readonly unknown[]) =>
    over(...entries).price(record("gpt-4.1", million, { at }))?.priced_as;
  const rates = (model: string, more: object = {}) => ({
    model,
    usd_per_million: FOUR_ONE,
    ...more,
  });

  it("is the newest that holds at the record's time, to the first instant of its day", () => {
    const entries = [
      rates("gpt-4.1", { from: "2026-01-01" }),
      rates("gpt-4*", { from: "2026-07-01" }),
    ];
    const on = (at: string) => priceOn(at, ...entries);
    expect(on("2025-12-31T23:59:59.999Z")).toBe("gpt-4.1");
    expect(on("2026-01-01T00:00:00.000Z")).toBe("contract:gpt-4.1");
    expect(on("2026-06-30T23:59:59.999Z")).toBe("contract:gpt-4.1");
    expect(on("2026-07-01T00:00:00.000Z")).toBe("contract:gpt-4*");
  });

  it("among equally new ones is the most exact, then the one with a provider, then the last", () => {
    const [exact, longer, any] = [
      rates("gpt-4.1"),
      rates("gpt-4*"),
      rates("*"),
    ];
    expect(priceOn(AT, any, exact, longer)).toBe("contract:gpt-4.1");
    expect(priceOn(AT, any, longer)).toBe("contract:gpt-4*");
    const book = over(
      rates("gpt-4.1", { provider: "OpenAI", batch_factor: 0.1 }),
      rates("gpt-4.1", { batch_factor: 0.2 }),
      rates("gpt-4.1", { batch_factor: 0.3 }),
    );
    expect(book.find("gpt-4.1", "openai", AT)?.batch_factor).toBe(0.1);
    expect(book.find("gpt-4.1", "azure", AT)?.batch_factor).toBe(0.3);
  });

  it("belongs to its provider: the record's own word, or the list's where the record names none", () => {
    const book = over(rates("gpt-4.1", { provider: "openai" }));
    const by = (provider: string | null) =>
      book.price(record("gpt-4.1", million, { provider }))?.priced_as;
    expect(by("openai")).toBe("contract:gpt-4.1");
    expect(by(null)).toBe("contract:gpt-4.1");
    expect(by("azure")).toBe("gpt-4.1");
  });

  it("tells two books apart, so that nothing computed with one is taken for the other's", () => {
    expect(over(rates("a")).version).not.toBe(over(rates("b")).version);
    expect(over(rates("a")).version).toBe(over(rates("a")).version);
    expect(over().version).toBe(list.version);
  });
});

const good = { model: "m", usd_per_million: { uncached_input: 1, output: 1 } };
test.each<[string, unknown, RegExp]>([
  ["no array", { entries: [] }, /^must hold a JSON array of entries$/],
  ["no model", [good, { discount_percent: 1 }], /^entry 2, model: /],
  [
    "a missing rate",
    [good, { model: "gpt-4.1", usd_per_million: { uncached_input: 1 } }],
    /^entry 2 \(gpt-4\.1\), usd_per_million\.output: /,
  ],
  [
    "a negative rate",
    [{ model: "m", usd_per_million: { uncached_input: -1, output: 1 } }],
    /^entry 1 \(m\), usd_per_million\.uncached_input: /,
  ],
  [
    "a misspelt field",
    [{ ...good, provder: "x" }],
    /^entry 1 \(m\), provder: /,
  ],
  [
    "a star inside",
    [{ ...good, model: "a*b" }],
    /^entry 1 \(a\*b\), model: may/,
  ],
  [
    "no day",
    [{ ...good, from: "2026-02-30" }],
    /^entry 1 \(m\), from: is not a day/,
  ],
  [
    "a discount over 100",
    [{ model: "m", discount_percent: 101 }],
    /discount_percent: /,
  ],
  [
    "neither",
    [{ model: "m" }],
    /^entry 1 \(m\): needs either usd_per_million or/,
  ],
  ["both", [{ ...good, discount_percent: 1 }], /^entry 1 \(m\): needs either/],
  [
    "too many",
    Array.from({ length: 1_001 }, () => good),
    /^has 1001 entries, over 1000$/,
  ],
])(
  "a file with %s is refused in one line that says where",
  (_, document, said) => {
    const outcome = Effect.runSync(
      Effect.result(parseContractPrices(document)),
    );
    expect(Result.isFailure(outcome)).toBe(true);
    const problem = Result.isFailure(outcome) ? outcome.failure.problem : "";
    expect(problem).toMatch(said);
    expect(problem).not.toContain("\n");
  },
);
