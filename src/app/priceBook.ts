/**
 * The price book that the settings name: the list, and over it the contract prices of PRICES_FILE. Promises: files are read once, at
 * start; one that cannot be used stops the start with one line that names the setting and says what to do.
 */
import { Effect, Layer } from "effect";
import { readContractPrices } from "../adapters/contractPrices.ts";
import { makePriceBook } from "../adapters/prices.ts";
import { tableInUse } from "../adapters/priceTableFile.ts";
import { PriceBook } from "../domain/ports.ts";
import type { AppConfig } from "./config.ts";
import { WrongSetting } from "./settings.ts";

export function priceBookLayer({
  pricesFile,
  pricesTable,
}: Pick<AppConfig, "pricesFile" | "pricesTable">): Layer.Layer<
  PriceBook,
  WrongSetting
> {
  return Layer.effect(
    PriceBook,
    Effect.gen(function* () {
      const table = yield* Effect.mapError(
        tableInUse(pricesTable),
        ({ problem }) =>
          new WrongSetting({
            variable: "PRICES_TABLE",
            problem: `${problem}. Remove it, or make it anew with: npm run prices`,
          }),
      );
      return makePriceBook(table, yield* contractPrices(pricesFile));
    }),
  );
}

function contractPrices(file: string | null) {
  if (file === null) return Effect.succeed([]);
  return Effect.mapError(
    readContractPrices(file),
    ({ problem }) => new WrongSetting({ variable: "PRICES_FILE", problem }),
  );
}
