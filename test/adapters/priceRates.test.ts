/** Over the whole price table: our arithmetic against the package's own. */
import { calcPrice, findProvider } from "@pydantic/genai-prices";
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { AT, book, record } from "./priceSupport.ts";

const PROVIDERS = [
  "openai",
  "anthropic",
  "google",
  "azure",
  "deepseek",
  "x-ai",
  "mistral",
  "perplexity",
  "aws",
  "groq",
];
const listed = PROVIDERS.flatMap((id) =>
  (findProvider({ providerId: id })?.models ?? []).map(
    (model) => [id, model.id] as const,
  ),
);

describe("every model of the table", () => {
  test.prop([
    fc.constantFrom(...listed),
    fc.record({
      uncached_input: fc.nat({ max: 400_000 }),
      cache_read: fc.nat({ max: 400_000 }),
      cache_write_5m: fc.nat({ max: 9_999 }),
      cache_write_1h: fc.nat({ max: 9_999 }),
      output: fc.nat({ max: 99_999 }),
    }),
    fc.date({
      min: new Date("2024-01-01"),
      max: new Date("2027-06-01"),
      noInvalidDate: true,
    }),
  ])(
    "of one request equals the package's own, for any model, usage and day",
    ([provider, model], tokens, at) => {
      const price = book.price(
        record(model, tokens, { provider, at: at.toISOString() }),
      );
      const {
        uncached_input,
        cache_read,
        cache_write_5m,
        cache_write_1h,
        output,
      } = tokens;
      const writes = cache_write_5m + cache_write_1h;
      const usage = {
        input_tokens: uncached_input + cache_read + writes,
        cache_read_tokens: cache_read,
        cache_write_tokens: writes,
        cache_write_5m_tokens: cache_write_5m,
        cache_write_1h_tokens: cache_write_1h,
        output_tokens: output,
      };
      const expected = calcPrice(usage, model, {
        providerId: provider,
        timestamp: at,
      });
      if (price === null) {
        const rates: Readonly<Record<string, unknown>> =
          expected?.model_price ?? {};
        expect(
          rates["input_mtok"] === undefined ||
            rates["output_mtok"] === undefined,
        ).toBe(true);
        return;
      }
      expect(price.usd).toBeCloseTo(expected?.total_price ?? Number.NaN, 9);
    },
  );

  it("gives every bucket a rate for every model that it gives", () => {
    expect(listed.length).toBeGreaterThan(200);
    for (const [provider, model] of listed) {
      const price = book.find(model, provider, AT);
      if (price !== null)
        expect(
          Object.values(price.usd_per_million).every(
            (rate) => Number.isFinite(rate) && rate >= 0,
          ),
        ).toBe(true);
    }
  });
});
