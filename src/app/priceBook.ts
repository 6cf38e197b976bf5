/**
 * The price book that the settings name: the list, and over it the contract prices of PRICES_FILE. Promises: files are read once, at
 * start; one that cannot be used stops the start with one line that names the setting.
 */
import { Effect, Layer } from "effect";
import { readContractPrices } from "../adapters/contractPrices.ts";
import { makePriceBook } from "../adapters/prices.ts";
import { packagedTable } from "../adapters/priceTable.ts";
import { PriceBook } from "../domain/ports.ts";
import type { AppConfig } from "./config.ts";
import { WrongSetting } from "./settings.ts";

export function priceBookLayer({
  pricesFile,
}: Pick<AppConfig, "pricesFile">): Layer.Layer<PriceBook, WrongSetting> {
  return Layer.effect(
    PriceBook,
    Effect.map(contractPrices(pricesFile), (contracts) =>
      makePriceBook(packagedTable, contracts),
    ),
  );
}

function contractPrices(file: string | null) {
  if (file === null) return Effect.succeed([]);
  return Effect.mapError(
    readContractPrices(file),
    ({ problem }) => new WrongSetting({ variable: "PRICES_FILE", problem }),
  );
}
