/** The price book against figures reckoned by hand. */
import { readFileSync } from "node:fs";
import { findProvider } from "@pydantic/genai-prices";
import { describe, expect, it } from "vitest";
import { packaged } from "../../src/adapters/priceTable.ts";
import type { Tokens, UsageRecord } from "../../src/domain/model.ts";
import { AT, book, record } from "./priceSupport.ts";

const usd = (
  model: string,
  tokens: Partial<Tokens>,
  more?: Partial<UsageRecord>,
) => book.price(record(model, tokens, more))?.usd;

describe("price", () => {
  it("charges each bucket at its own rate", () => {
    // Claude Opus 5, dollars per million: 5 in, 0.5 read, 6.25 and 10 written for 5 minutes and an hour, 25 out.
    const tokens = {
      uncached_input: 100_000,
      cache_read: 200_000,
      cache_write_5m: 40_000,
      cache_write_1h: 10_000,
      output: 20_000,
    };
    expect(usd("claude-opus-5", tokens)).toBeCloseTo(
      0.5 + 0.1 + 0.25 + 0.1 + 0.5,
      10,
    );
    expect(book.price(record("claude-opus-5", tokens))?.priced_as).toBe(
      "claude-opus-5",
    );
  });

  it("goes by the record's own day", () => {
    // The o3 price fell from 10 to 2 dollars a million on 10 June 2025.
    expect(
      usd(
        "o3",
        { uncached_input: 1_000_000 },
        { at: "2025-06-09T23:59:59.999Z" },
      ),
    ).toBe(10);
    expect(
      usd(
        "o3",
        { uncached_input: 1_000_000 },
        { at: "2025-06-10T00:00:00.000Z" },
      ),
    ).toBe(2);
    expect(
      usd(
        "o3",
        { uncached_input: 1_000_000 },
        { at: "2025-06-09T12:00:00.000Z" },
      ),
    ).toBe(10);
  });

  it("takes the long-context rate by the own input of one request", () => {
    // gpt-5.5: 5 dollars a million, 10 for requests of more than 271,999 tokens.
    expect(usd("gpt-5.5", { uncached_input: 272_000 })).toBeCloseTo(2.72, 10);
    expect(usd("gpt-5.5", { uncached_input: 271_999 })).toBeCloseTo(
      1.359995,
      10,
    );
    // Claude Sonnet 4.5 above 200,000: 6 in, 0.6 read, 22.5 out. Cached input counts to the length.
    const long = {
      uncached_input: 60_000,
      cache_read: 150_000,
      output: 10_000,
    };
    expect(usd("claude-sonnet-4-5", long)).toBeCloseTo(0.36 + 0.09 + 0.225, 10);
    const short = { uncached_input: 50_000, cache_read: 150_000 };
    expect(usd("claude-sonnet-4-5", short)).toBeCloseTo(0.15 + 0.045, 10);
  });

  it("prices a bucket of requests as short, whatever their mean, and says from which length on that is too little", () => {
    const million = { uncached_input: 1_000_000 };
    expect(usd("gpt-5.5", million, { requests: 1 })).toBe(10);
    for (const requests of [0, 2, 10])
      expect(usd("gpt-5.5", million, { requests })).toBe(5);
    expect(book.find("gpt-5.5", null, AT)?.long_context_above).toBe(271_999);
    expect(book.find("claude-sonnet-4-5", null, AT)?.long_context_above).toBe(
      200_000,
    );
    expect(book.find("gpt-4.1", null, AT)?.long_context_above).toBeNull();
  });

  it("leaves unpriced what it does not know, never at zero", () => {
    const million = { uncached_input: 1_000_000, output: 1 };
    expect(book.price(record("nobody-knows-this", million))).toBeNull();
    expect(
      book.price(record("gpt-4.1", million, { provider: "our own gateway" })),
    ).toBeNull();
    expect(book.find("nobody-knows-this", null, AT)).toBeNull();
    // In the table, but priced by the hour of speech, or not at all.
    expect(book.price(record("whisper-1", million))).toBeNull();
    expect(book.find("whisper-1", null, AT)).toBeNull();
    expect(
      findProvider({ providerId: "openai" })?.models.find(
        ({ id }) => id === "moderation",
      )?.prices,
    ).toEqual({});
    expect(
      book.price(
        record("omni-moderation-latest", million, { provider: "openai" }),
      ),
    ).toBeNull();
    // A price for input alone is a price for records without output only.
    expect(
      usd(
        "text-embedding-3-small",
        { uncached_input: 1_000_000 },
        { provider: "openai" },
      ),
    ).toBe(0.02);
    expect(
      usd("text-embedding-3-small", million, { provider: "openai" }),
    ).toBeUndefined();
  });

  it("reads a provider from the model's name where the record names none", () => {
    expect(book.find("openai/gpt-4o", null, AT)).toMatchObject({
      model: "gpt-4o",
      provider: "openai",
    });
    expect(book.find("anthropic/claude-haiku-4.5", null, AT)).toMatchObject({
      model: "claude-haiku-4-5",
      provider: "anthropic",
    });
    expect(book.find("gpt-4.1-2025-04-14", null, AT)).toMatchObject({
      model: "gpt-4.1",
      batch_factor: 0.5,
    });
  });
});

describe("a tier", () => {
  const tokens = { uncached_input: 1_000_000, cache_read: 1_000_000 };
  const under = (
    tier: UsageRecord["tier"],
    model: string,
    provider: string,
    given: Partial<Tokens> = tokens,
    requests = 100,
  ) => usd(model, given, { tier, provider, requests });

  it("of batches halves at OpenAI and Anthropic, cache reads too; at Gemini these keep their price", () => {
    // Per million in and read: 2 and 0.50, 1 and 0.10, 1.25 and 0.125 dollars.
    expect(under("batch", "gpt-4.1", "openai")).toBe(1.25);
    expect(under("batch", "claude-haiku-4-5", "anthropic")).toBeCloseTo(
      0.55,
      10,
    );
    expect(under("batch", "gemini-2.5-pro", "google")).toBe(0.75);
  });

  it("flex halves at OpenAI and Gemini, where cache reads have no price then", () => {
    const million = { uncached_input: 1_000_000 };
    expect(under("flex", "gpt-4.1", "openai")).toBe(1.25);
    expect(under("flex", "gemini-2.5-pro", "google", million)).toBe(0.625);
    expect(under("flex", "gemini-2.5-pro", "google")).toBeUndefined();
  });

  it("priority has its own price for each of OpenAI's models, up to 128,000 tokens", () => {
    const both = { ...tokens, output: 1_000_000 };
    // Per million in, read and out: 4.25, 2.125 and 17; 12.50, 1.25 and 75; 2.00, 0.50 and 8 dollars.
    expect(under("priority", "gpt-4o", "openai", both)).toBeCloseTo(23.375, 10);
    expect(under("priority", "gpt-5.5", "openai", both)).toBeCloseTo(88.75, 10);
    expect(under("priority", "o4-mini", "openai", both)).toBeCloseTo(10.5, 10);
    const request = (uncached_input: number) =>
      under("priority", "gpt-4.1", "openai", { uncached_input }, 1);
    expect(request(128_000)).toBeCloseTo(0.448, 10);
    expect(request(128_001)).toBeUndefined();
  });

  it.each([
    ["flex", "claude-haiku-4-5", "anthropic"],
    ["priority", "claude-haiku-4-5", "anthropic"],
    ["priority", "gemini-2.5-pro", "google"],
    ["priority", "gpt-5-nano", "openai"],
    ["batch", "mistral-large-latest", "mistral"],
    ["batch", "gpt-4.1", "azure"],
    // Sold by Google, but no model of theirs.
    ["batch", "claude-sonnet-4-5", "google"],
  ] as const)(
    "%s without a known factor leaves %s of %s unpriced, never at the standard rate",
    (tier, model, provider) => {
      expect(under("standard", model, provider)).toBeGreaterThan(0);
      expect(under(tier, model, provider)).toBeUndefined();
    },
  );
});

describe("find", () => {
  it("falls back to the input rate where caching has no price", () => {
    expect(book.find("gpt-4", null, AT)?.usd_per_million).toEqual({
      uncached_input: 30,
      cache_read: 30,
      cache_write_5m: 30,
      cache_write_1h: 30,
      output: 60,
    });
  });
});

describe("price date", () => {
  it("is the publishing day of the version that is installed", () => {
    const manifest = new URL(
      "../../node_modules/@pydantic/genai-prices/package.json",
      import.meta.url,
    );
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as {
      version: string;
    };
    expect(version).toBe(packaged.version);
    expect(book.price_date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  });
});
