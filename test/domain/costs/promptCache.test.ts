/** The price of a replay: its formula by hand, and over what it finds in an excerpt of a real trace. */
import { readFileSync } from "node:fs";
import { fc, test } from "@fast-check/vitest";
import { describe, expect, it } from "vitest";
import { BlockCache } from "../../../src/domain/costs/blockCache.ts";
import { priceReplay } from "../../../src/domain/costs/promptCache.ts";

/** Anthropic's ratios: reads 0.1, writes 1.25 and 2. */
const PRICE = {
  uncached_input: 3,
  cache_read: 0.3,
  cache_write_5m: 3.75,
  cache_write_1h: 6,
  output: 15,
};
const FREE_WRITES = { ...PRICE, cache_write_5m: 3, cache_write_1h: 3 };

describe("priceReplay", () => {
  it("prices reads, writes and the rest", () => {
    const found = { read: 500_000, written: 300_000 };
    const five = priceReplay(1_000_000, found, PRICE, "five_minutes");
    // 0.5M × 0.3 + 0.3M × 3.75 + 0.2M × 3 = 0.15 + 1.125 + 0.6
    expect(five.without_usd).toBeCloseTo(3, 12);
    expect(five.with_usd).toBeCloseTo(1.875, 12);
    expect(five.saved_usd).toBeCloseTo(1.125, 12);
    expect(five.saved_share).toBeCloseTo(0.375, 12);
    // 0.5M × 0.3 + 0.3M × 6 + 0.2M × 3 = 2.55
    expect(
      priceReplay(1_000_000, found, PRICE, "one_hour").with_usd,
    ).toBeCloseTo(2.55, 12);
  });

  it("has no share of nothing", () => {
    const nothing = { read: 0, written: 0 };
    expect(priceReplay(0, nothing, PRICE, "one_hour").saved_share).toBeNull();
  });

  test.prop([fc.nat(1e9), fc.nat(1e9), fc.nat(1e9)])(
    "never saves more than is spent, nor loses more than the premium of the writes",
    (read, written, plain) => {
      const input = read + written + plain;
      const it = priceReplay(input, { read, written }, PRICE, "one_hour");
      expect(it.saved_usd).toBeLessThanOrEqual(it.without_usd);
      expect(it.saved_usd).toBeGreaterThanOrEqual(
        (-written * (6 - 3)) / 1e6 - 1e-6,
      );
    },
  );

  it("tells of a real excerpt what the arithmetic says, by reads counted elsewhere", () => {
    const rows = readFileSync(
      new URL(
        "../../fixtures/usage/mooncake_conversation_excerpt.jsonl",
        import.meta.url,
      ),
      "utf8",
    )
      .trim()
      .split("\n")
      .map(
        (line) =>
          JSON.parse(line) as {
            timestamp: number;
            input_length: number;
            hash_ids: number[];
          },
      );
    const cache = new BlockCache(512);
    const input = rows.reduce((sum, it) => sum + it.input_length, 0);
    const found = rows.map((it) =>
      cache.use(it.timestamp, it.hash_ids, it.input_length),
    );
    const sum = (lifetime: "five_minutes" | "one_hour") => ({
      read: found.reduce((total, it) => total + it![lifetime].read, 0),
      written: found.reduce((total, it) => total + it![lifetime].written, 0),
    });
    const share = (
      lifetime: "five_minutes" | "one_hour",
      price: typeof PRICE,
    ) => priceReplay(input, sum(lifetime), price, lifetime).saved_share;
    // 0.9 × 266,240 − 0.25 × 236,032 = 180,608 of 532,346; 0.9 × 316,928 − 185,344 = 99,891.2; 0.9 × 266,240 = 239,616
    expect(share("five_minutes", PRICE)).toBeCloseTo(180_608 / 532_346, 9);
    expect(share("one_hour", PRICE)).toBeCloseTo(99_891.2 / 532_346, 9);
    expect(share("five_minutes", FREE_WRITES)).toBeCloseTo(
      239_616 / 532_346,
      9,
    );
  });
});
