/** What the price book suggests instead of a model. */
import { describe, expect, it } from "vitest";
import { AT, book } from "./priceSupport.ts";

describe("alternatives", () => {
  it("are other text models of the same provider, each once, cheapest first", () => {
    for (const model of ["gpt-4o", "claude-opus-5", "gemini-2.5-pro"]) {
      const own = book.find(model, null, AT);
      const others = book.alternatives(model, null, AT);
      const sums = others.map(
        ({ usd_per_million: { uncached_input, output } }) =>
          uncached_input + output,
      );
      expect(others.length).toBeGreaterThan(2);
      expect(new Set(others.map(({ provider }) => provider))).toEqual(
        new Set([own?.provider]),
      );
      expect(new Set(others.map(({ model: name }) => name)).size).toBe(
        others.length,
      );
      expect(others.some(({ model: name }) => name === own?.model)).toBe(false);
      expect(sums).toEqual(sums.toSorted((a, b) => a - b));
      expect(Math.min(...sums)).toBeGreaterThan(0);
    }
  });

  it("name no model that is retired or does something else", () => {
    const names = [
      ...book.alternatives("gpt-4o", null, AT),
      ...book.alternatives("claude-opus-5", null, AT),
    ].map(({ model }) => model);
    expect(names).toEqual(
      expect.arrayContaining([
        "gpt-6-luna",
        "gpt-5.4-nano",
        "claude-haiku-4-5",
        "claude-sonnet-5",
      ]),
    );
    for (const gone of [
      "gpt-3.5-turbo",
      "gpt-oss-20b",
      "gpt-4o-mini-tts",
      "text-embedding-3-small",
      "claude-3-haiku",
      "claude-2",
    ]) {
      expect(names).not.toContain(gone);
    }
  });

  it("are none for a model that is not in the table", () => {
    expect(book.alternatives("nobody-knows-this", null, AT)).toEqual([]);
  });
});
