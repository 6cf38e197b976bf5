/** A refresh of the price table over real HTTP: what is taken, what is said of it, and that any failure leaves the file as it was. */
import { Effect, Result } from "effect";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { makePriceBook } from "../../src/adapters/prices.ts";
import { refreshTable } from "../../src/adapters/priceRefresh.ts";
import { packagedTable } from "../../src/adapters/priceTable.ts";
import { tableInUse } from "../../src/adapters/priceTableFile.ts";
import { limits } from "../../src/domain/limits.ts";
import { temporaryDirectory } from "../support/config.ts";
import { publish, tableWith } from "../support/publisher.ts";
import type { Publication } from "../support/publisher.ts";
import { book as packagedBook, record } from "./priceSupport.ts";

const NOW = Date.parse("2026-11-22T09:00:00Z");
const NEW = tableWith("gpt-4.1", { prices: { input_mtok: 3, output_mtok: 9 } });
const million = { uncached_input: 1_000_000, output: 100_000 };

function fileFor(content: string | null): string {
  const directory = temporaryDirectory();
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, "deeper", "prices.json");
  if (content === null) return path;
  const existing = join(directory, "prices.json");
  writeFileSync(existing, content);
  return existing;
}

const kept = (date: string, providers: unknown = NEW) =>
  JSON.stringify({ date, providers });

const refresh = async (path: string, publication: Publication) =>
  Effect.runPromise(
    Effect.result(refreshTable(await publish(publication), path, NOW)),
  );

describe("a newer table", () => {
  test("is written with its day, counted against the one before, and priced by", async () => {
    const path = fileFor(null);
    const outcome = await refresh(path, { body: JSON.stringify(NEW) });
    expect(Result.isSuccess(outcome) && outcome.success).toMatchObject({
      before: packagedTable.date,
      after: "2026-11-22",
      changed: 1,
      added: 0,
      removed: 0,
    });
    const table = await Effect.runPromise(tableInUse(path));
    const book = makePriceBook(table, []);
    expect(book.price_date).toBe("2026-11-22");
    // 3.00 and 0.90 dollars, where the packaged table has 2.00 and 0.80; both are asked in turn.
    for (const _ of [1, 2]) {
      expect(book.price(record("gpt-4.1", million))?.usd).toBeCloseTo(3.9, 10);
      const packaged = packagedBook.price(record("gpt-4.1", million));
      expect(packaged?.usd).toBeCloseTo(2.8, 10);
    }
    // Two tables of one day are told apart, so that nothing computed with one is taken for the other's.
    const sameDay = makePriceBook({ ...packagedTable, date: table.date }, []);
    expect(sameDay.price_date).toBe(book.price_date);
    expect(sameDay.version).not.toBe(book.version);
    // All but the changed model cost the same, dated prices and long contexts included.
    for (const model of ["o3", "gpt-5.5", "claude-sonnet-4-6"])
      expect(book.find(model, null, "2025-06-09T00:00:00Z")).toEqual(
        packagedBook.find(model, null, "2025-06-09T00:00:00Z"),
      );
  });

  test("has the day its server last modified it, but none to come", async () => {
    const dated = async (at: string) => {
      const path = fileFor(null);
      const body = JSON.stringify(NEW);
      await refresh(path, { body, headers: { "Last-Modified": at } });
      return (await Effect.runPromise(tableInUse(path))).date;
    };
    expect(await dated("Sun, 01 Nov 2026 23:59:59 GMT")).toBe("2026-11-01");
    expect(await dated("Mon, 01 Nov 2027 00:00:00 GMT")).toBe("2026-11-22");
    expect(await dated("yesterday or so")).toBe("2026-11-22");
  });

  test("takes the place of one that was fetched before, or of a file that is none any more", async () => {
    const other = tableWith("gpt-4.1", { id: "gpt-4.1-renamed" });
    const path = fileFor(kept("2026-11-01"));
    const outcome = await refresh(path, { body: JSON.stringify(other) });
    expect(Result.isSuccess(outcome) && outcome.success).toMatchObject({
      before: "2026-11-01",
      added: 1,
      removed: 1,
      changed: 0,
    });
    const broken = fileFor("{");
    await refresh(broken, { body: JSON.stringify(NEW) });
    expect((await Effect.runPromise(tableInUse(broken))).date).toBe(
      "2026-11-22",
    );
  });
});

const negative = { prices: { input_mtok: -1, output_mtok: 9 } };
const unending = {
  prices: [
    { prices: { input_mtok: 1 } },
    { constraint: { end_date: "2026-12-01" }, prices: { input_mtok: 2 } },
  ],
};
const unread = { match: { regex: "gpt-4.1(" } };
describe("a download that fails", () => {
  test.each<[string, Publication, RegExp]>([
    ["is not there", { body: "no", status: 404 }, /the server answered 404/],
    ["is no JSON", { body: "<html>" }, /what came is not JSON/],
    ["is no table", { body: '{"a":1}' }, /no list of providers/],
    [
      "breaks off",
      { body: JSON.stringify(NEW), cut: true },
      /did not answer \(/,
    ],
    [
      "is hardly a table",
      { body: JSON.stringify(NEW.slice(0, 1)) },
      /has \d+ models where \d+ are known/,
    ],
    [
      "is older",
      {
        body: JSON.stringify(NEW),
        headers: { "Last-Modified": "Sat, 31 Oct 2026 00:00:00 GMT" },
      },
      /older, of 2026-10-31/,
    ],
    [
      "has a negative price",
      { body: JSON.stringify(tableWith("gpt-4.1", negative)) },
      /^provider openai, models\.\d+\.prices/,
    ],
    [
      "has a condition that is not known",
      { body: JSON.stringify(tableWith("gpt-4.1", unending)) },
      /^provider openai, model gpt-4\.1: /,
    ],
    [
      "has a pattern that is none",
      { body: JSON.stringify(tableWith("gpt-4.1", unread)) },
      /^provider openai, models\.\d+\.match/,
    ],
    [
      "never ends",
      { body: " ".repeat(limits.priceTableBytesMax + 1) },
      /more than \d+ bytes came/,
    ],
  ])(
    "since what comes %s leaves the file as it was",
    async (_, publication, said) => {
      const before = kept("2026-11-01");
      const path = fileFor(before);
      const outcome = await refresh(path, publication);
      const problem = Result.isFailure(outcome) ? outcome.failure.problem : "";
      expect(problem).toMatch(said);
      expect(problem).not.toContain("\n");
      expect(readFileSync(path, "utf8")).toBe(before);
    },
  );

  test("since nobody listens, or the file cannot be written, says so", async () => {
    const path = fileFor(kept("2026-11-01"));
    const nobody = Effect.result(
      refreshTable("http://127.0.0.1:9/data.json", path, NOW),
    );
    const unheard = await Effect.runPromise(nobody);
    expect(Result.isFailure(unheard) && unheard.failure.problem).toMatch(
      /did not answer/,
    );
    const inside = join(path, "prices.json");
    const unwritten = await refresh(inside, { body: JSON.stringify(NEW) });
    expect(Result.isFailure(unwritten) && unwritten.failure.problem).toMatch(
      /cannot be (written|read)/,
    );
  });
});

describe("the table in use", () => {
  const inUse = (content: string | null) =>
    Effect.runPromise(Effect.result(tableInUse(fileFor(content))));

  test("is the packaged one where there is no file, or no newer one", async () => {
    for (const content of [
      null,
      kept(packagedTable.date),
      kept("2026-01-01"),
    ]) {
      const outcome = await inUse(content);
      expect(Result.isSuccess(outcome) && outcome.success).toBe(packagedTable);
    }
  });

  test.each([
    ["{", /is not JSON$/],
    ["[]", /no table that a refresh has written$/],
    [kept("soon"), /no table that a refresh has written$/],
    [kept("2026-11-01", [{ id: "x" }]), /: provider x, name: /],
  ])("is none for a file that holds %.20s", async (content, said) => {
    const outcome = await inUse(content);
    expect(Result.isFailure(outcome) && outcome.failure.problem).toMatch(said);
  });
});
