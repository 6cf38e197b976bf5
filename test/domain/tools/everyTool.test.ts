/** What holds for every tool: checked parameters, named failures, known prices. */
import { Effect, Layer } from "effect";
import { describe, expect, test } from "vitest";
import { parseContractPrices } from "../../../src/adapters/contractPrices.ts";
import { makePriceBook, priceBook } from "../../../src/adapters/prices.ts";
import { packagedTable } from "../../../src/adapters/priceTable.ts";
import { toPeriod } from "../../../src/domain/costs/days.ts";
import { PriceBook } from "../../../src/domain/ports.ts";
import { costTools } from "../../../src/domain/tools/index.ts";
import { absentUsageStore, usageStoreOf } from "../../support/usageStore.ts";
import { context, use } from "../../support/tools.ts";

const november = toPeriod({ first: "2026-11-01", last: "2026-11-20" }, "UTC");

const scope = { period: november, time_zone: "UTC" };

test("price_lookup names what it does not know", async () => {
  const found = await use(
    "price_lookup",
    { models: ["gpt-4o", "nonsense-9"] },
    [],
  );
  expect(found).toMatchObject({
    unknown: ["nonsense-9"],
    prices: [
      { model: "gpt-4o", usd_per_million: { uncached_input: 2.5, output: 10 } },
    ],
  });
});

test("what was computed with other prices of the same day is not kept for now", async () => {
  const contract = parseContractPrices([
    { model: "gpt-4o", discount_percent: 10 },
  ]);
  const prices = makePriceBook(packagedTable, Effect.runSync(contract));
  const byContract = Layer.succeed(PriceBook, prices);
  const versionsWith = (book: Layer.Layer<PriceBook>) =>
    Effect.runPromise(
      Effect.provide(
        Effect.forEach(
          costTools.flatMap((tool) => tool.version ?? []),
          (version) => version(scope, context),
        ),
        usageStoreOf([]).pipe(Layer.provideMerge(book)),
      ),
    );
  const [list, own] = await Promise.all(
    [priceBook, byContract].map(versionsWith),
  );
  expect(list!.length).toBeGreaterThan(2);
  list!.forEach((version, index) => expect(version).not.toBe(own![index]));
});

describe("every tool", () => {
  test.each(
    costTools
      .filter((tool) => tool.name !== "import_help")
      .map((tool) => [tool.name, tool] as const),
  )("%s refuses parameters that are not its own", async (_name, tool) => {
    const services = usageStoreOf([]).pipe(Layer.provideMerge(priceBook));
    const failure = await Effect.runPromise(
      Effect.provide(
        Effect.flip(tool.run({ period: "yesterday", models: 3 }, context)),
        services,
      ),
    );
    expect(failure.code).toBe("invalid_parameters");
  });

  test("says when the database is away", async () => {
    const tool = costTools.find(
      (candidate) => candidate.name === "query_usage",
    );
    if (tool === undefined) throw new Error("no query_usage");
    const services = Layer.merge(absentUsageStore, priceBook);
    const failure = await Effect.runPromise(
      Effect.provide(
        Effect.flip(tool.run({ ...scope, group_by: ["model"] }, context)),
        services,
      ),
    );
    expect(failure).toMatchObject({ code: "service_unavailable" });
  });
});
