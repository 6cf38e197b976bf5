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

  it("takes the long-context rate by the length of one request, not of a bucket", () => {
    // gpt-5.5: 5 dollars a million, 10 for requests of more than 271,999 tokens.
    const million = { uncached_input: 1_000_000 };
    expect(usd("gpt-5.5", million)).toBe(10);
    expect(usd("gpt-5.5", { uncached_input: 272_000 })).toBeCloseTo(2.72, 10);
    expect(usd("gpt-5.5", { uncached_input: 271_999 })).toBeCloseTo(
      1.359995,
      10,
    );
    expect(usd("gpt-5.5", million, { requests: 10 })).toBe(5);
    expect(usd("gpt-5.5", million, { requests: 0 })).toBe(5);
  });

  it("halves for batches where the provider does, and prices no tier that it has no factor for", () => {
    const million = { uncached_input: 1_000_000 };
    expect(usd("gpt-4.1", million, { tier: "batch" })).toBe(1);
    expect(usd("gpt-4.1", million, { tier: "flex" })).toBe(1);
    expect(usd("claude-haiku-4-5", million, { tier: "batch" })).toBe(0.5);
    expect(usd("claude-haiku-4-5", million, { tier: "flex" })).toBeUndefined();
    expect(usd("gpt-4.1", million, { tier: "priority" })).toBeUndefined();
    expect(
      usd("mistral-large-latest", million, {
        provider: "mistral",
        tier: "batch",
      }),
    ).toBeUndefined();
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
