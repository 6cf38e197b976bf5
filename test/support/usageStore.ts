/**
 * A UsageStore over an array: the questions the cost tools ask, answered by the plainest code there is. Promises: groups exactly as the
 * port says, days by the query's time zone; importing is not its job.
 */
import { Effect, Layer } from "effect";
import { ServiceUnavailable } from "../../src/domain/errors.ts";
import type {
  ImportResult,
  PricedRecord,
  UsageRecord,
} from "../../src/domain/model.ts";
import { PriceBook, UsageStore } from "../../src/domain/ports.ts";
import type { Coverage } from "../../src/domain/ports.ts";
import {
  aggregateRecords,
  failuresOf,
  reuseOf,
  spreadOf,
} from "./reckoning.ts";
import { pricedPartsOf } from "./pricedParts.ts";

/** A store that holds these records, priced by the price book in place. */
export function usageStoreOf(
  records: readonly UsageRecord[],
  sample = false,
): Layer.Layer<UsageStore, never, PriceBook> {
  return Layer.effect(
    UsageStore,
    PriceBook.use((prices) => {
      const priced = records.map((record) => {
        const price = prices.price(record);
        return {
          ...record,
          computed_usd: price?.usd ?? null,
          priced_as: price?.priced_as ?? null,
        };
      });
      return Effect.succeed(storeOver(priced, sample));
    }),
  );
}

/** A store whose database never answers. */
export const absentUsageStore = Layer.succeed(
  UsageStore,
  unsupported({
    coverage: () => away,
    dataVersion: () => away,
    aggregate: () => away,
    reuse: () => away,
    failures: () => away,
    spread: () => away,
    pricedParts: () => away,
  }),
);

const away = Effect.fail(
  new ServiceUnavailable({ service: "database", cause: "test" }),
);

function storeOver(
  records: readonly PricedRecord[],
  sample: boolean,
): UsageStore["Service"] {
  return unsupported({
    coverage: () => Effect.succeed(coverageOf(records, sample)),
    dataVersion: () => Effect.succeed(1),
    aggregate: (_user, query) =>
      Effect.succeed(aggregateRecords(records, query)),
    reuse: (_user, query) => Effect.succeed(reuseOf(records, query)),
    failures: (_user, query) => Effect.succeed(failuresOf(records, query)),
    spread: (_user, query) => Effect.succeed(spreadOf(records, query)),
    pricedParts: (_user, query) =>
      Effect.succeed(pricedPartsOf(records, query)),
  });
}

function unsupported(
  part: Pick<
    UsageStore["Service"],
    | "coverage"
    | "dataVersion"
    | "aggregate"
    | "reuse"
    | "failures"
    | "spread"
    | "pricedParts"
  >,
): UsageStore["Service"] {
  const refuse = () => Effect.die("not a part of this store");
  return UsageStore.of({
    beginImport: refuse,
    saveRecords: refuse,
    finishImport: refuse,
    openStream: refuse,
    addToImport: refuse,
    listImports: () => Effect.succeed<readonly ImportResult[]>([]),
    removeImport: refuse,
    ...part,
  });
}

function coverageOf(
  records: readonly PricedRecord[],
  sample: boolean,
): Coverage {
  const times = records.map((record) => record.at).toSorted();
  return {
    records: records.length,
    first: times[0] ?? null,
    last: times.at(-1) ?? null,
    models: [...new Set(records.map((record) => record.model))].toSorted(),
    unpriced_models: [
      ...new Set(
        records
          .filter((record) => record.computed_usd === null)
          .map((record) => record.model),
      ),
    ],
    sample,
    data_version: 1,
  };
}
