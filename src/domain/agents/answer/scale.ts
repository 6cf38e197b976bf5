/**
 * Dollars a month in words, scaled from the days that the data has. Promises: what comes from under a week is an order of magnitude, and shows no
 * more digits than that.
 */
import { formatUsd, formatUsdRough } from "../../costs/money.ts";
import { limits } from "../../limits.ts";
import type { Material } from "./material.ts";

/** The days that a month's dollars are scaled from; null where no saving was looked for. */
export function scaledFrom(
  material: Material,
): { readonly days: number; readonly month_days: number } | null {
  return (material.swaps ?? material.caching ?? material.batch)?.result ?? null;
}

/** True where a month's dollars come from so few days that only their order of magnitude says something. */
export function isThin(material: Material): boolean {
  const scaled = scaledFrom(material);
  return scaled !== null && scaled.days < limits.sufficientDays;
}

/** A month's dollars in words: as they are, or as much of them as few days can tell. */
export function monthUsd(material: Material, usd: number): string {
  return isThin(material) ? `about ${formatUsdRough(usd)}` : formatUsd(usd);
}

/** "$1 to $2", likewise. */
export function monthRange(
  material: Material,
  {
    low_usd,
    high_usd,
  }: { readonly low_usd: number; readonly high_usd: number },
): string {
  const high = isThin(material)
    ? formatUsdRough(high_usd)
    : formatUsd(high_usd);
  return `${monthUsd(material, low_usd)} to ${high}`;
}
