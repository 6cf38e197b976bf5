/**
 * The parts of an answer about spend that happened: the period and its total, where it goes, what changed, unusual days. Promises: every
 * figure, cell and point is a value of the result it cites.
 */
import {
  formatCount,
  formatPercent,
  formatPercentChange,
  formatUsd,
  formatUsdChange,
} from "../../costs/money.ts";
import { dimensionWords, NAMED_DIMENSIONS } from "../../costs/dimensions.ts";
import type { Dimension, Figure } from "../../model.ts";
import type { Found } from "../evidence.ts";
import type { Comparison } from "../../tools/comparePeriods.ts";
import type { Material } from "./material.ts";
import {
  code,
  listWords,
  rangeWords,
  spanWords,
  weekdayWords,
} from "./words.ts";

/** "You spent $X from … to … (30 days, UTC), +12% on …": null where nothing was inspected. */
export function spendSentence(material: Material): string | null {
  const inspection = material.inspection?.result;
  if (inspection === undefined || inspection.days === null) return null;
  const scope = scopeWords(material);
  const compared = anyComparison(material)?.result;
  const spent = `You spent **${formatUsd(inspection.total.cost_usd)}**${scope} from ${spanWords(inspection.days, inspection.time_zone)}`;
  const sentence =
    inspection.days.first === inspection.days.last
      ? spent.replace(" from ", " on ")
      : spent;
  if (inspection.days_before === null) {
    return `${sentence}. The data does not reach back far enough for a comparison with the time before.`;
  }
  if (compared === undefined) return `${sentence}.`;
  const before = `${spanWords(inspection.days_before)}, which cost ${formatUsd(compared.before.cost_usd)}`;
  if (compared.change_percent === null)
    return `${sentence}; nothing was spent from ${before}.`;
  const byDay =
    compared.days === compared.days_before ||
    compared.daily_change_percent === null
      ? ""
      : ` (by the day: ${formatPercentChange(compared.daily_change_percent)})`;
  return `${sentence}: **${formatPercentChange(compared.change_percent)}** against ${before}${byDay}.`;
}

/** What the spend leaves out, said where the spend is said. */
export function unpricedSentence({ inspection }: Material): string | null {
  const found = inspection?.result;
  const [first] = found?.unpriced ?? [];
  if (found === undefined || first === undefined) return null;
  if (found.basis === "billed") return null;
  const more =
    found.unpriced.length === 1 ? "" : ` and ${found.unpriced.length - 1} more`;
  return `Not in any dollar here: ${formatCount(found.total.unpriced_tokens)} of ${formatCount(found.total.total_tokens)} tokens, of ${code(first.model)}${more}, which have no list price.`;
}

/** " on `gpt-4o`", " in project `x`", " without user `y`": what the question narrows the data to. */
export function scopeWords(material: Material): string {
  const filter = material.inspection?.result.filter ?? {};
  const mentions = material.understanding.mentions.filter(
    (mention) => filter[mention.dimension] !== undefined,
  );
  const words = mentions.map(({ dimension, names, exclude }) => {
    const kept = exclude ? names : (filter[dimension] ?? names);
    return `${exclude ? "without" : "for"} ${dimensionWords(dimension)} ${listWords(kept.slice(0, 3).map(code))}${kept.length > 3 ? " and more" : ""}`;
  });
  return words.length === 0 ? "" : ` ${words.join(", ")}`;
}

export function spendFigures(material: Material): readonly Figure[] {
  const found = material.inspection;
  if (found === null || found.result.days === null) return [];
  const { result, id } = found;
  const basis =
    result.basis === "billed"
      ? "as billed by the source"
      : `${result.pricing.contract_usd > 0 ? "contract and " : ""}list prices of ${result.price_date}`;
  const figures: Figure[] = [
    {
      id: "spend",
      label: "Spend",
      value: result.total.cost_usd,
      unit: "usd",
      source: id,
      note: `${rangeWords(found.result.days)}, ${basis}`,
    },
  ];
  const compared = anyComparison(material);
  if (
    compared !== null &&
    compared.result.change_percent !== null &&
    result.days_before !== null
  ) {
    figures.push({
      id: "change",
      label: "Change",
      value: compared.result.change_percent,
      unit: "percent",
      source: compared.id,
      note: `against ${rangeWords(result.days_before)}`,
    });
  }
  return figures;
}

/** All comparisons of a run are of the same total; any of them tells it. */
export function anyComparison(material: Material): Found<Comparison> | null {
  const found = NAMED_DIMENSIONS.map(material.compared);
  return found.find((it) => it !== null) ?? null;
}

export function daySentence(material: Material): string | null {
  const daily = material.daily?.result.daily ?? null;
  if (daily === null || (material.daily?.result.points.length ?? 0) < 2)
    return null;
  const { days, spent_days, spent_mean_usd: mean } = daily;
  if (mean !== null && spent_days < days / 2)
    return spent_days === 1
      ? `All of it was spent on ${weekdayWords(daily.highest.day)}, of ${days} days.`
      : `Only ${spent_days} of ${days} days have any spend, ${formatUsd(mean)} each on average; the dearest was ${weekdayWords(daily.highest.day)} at ${formatUsd(daily.highest.cost_usd)}.`;
  return `A day costs ${formatUsd(daily.mean_usd)} on average; the dearest was ${weekdayWords(daily.highest.day)} at ${formatUsd(daily.highest.cost_usd)}, the cheapest ${weekdayWords(daily.lowest.day)} at ${formatUsd(daily.lowest.cost_usd)}.`;
}

/** How much of the change is volume, mix and cost of a unit. */
export function causesSentence(material: Material): string | null {
  const found = material.compared("model");
  const causes = found?.result.causes ?? null;
  if (found === null || causes === null) return null;
  const { volume_change_percent: volume, length_change_percent: length } =
    found.result;
  const percent = (change: number | null) =>
    change === null ? "" : ` (${formatPercentChange(change)})`;
  return [
    `Of the change of ${formatUsdChange(found.result.change_usd)}, ${formatUsdChange(causes.volume_usd)} comes from the number of ${causes.unit}${percent(volume)}`,
    causes.length_usd === null
      ? ""
      : `, ${formatUsdChange(causes.length_usd)} from their length in tokens${percent(length)}`,
    `, ${formatUsdChange(causes.mix_usd)} from work moving between models and ${formatUsdChange(causes.rate_usd)} from what a token of the same model costs.`,
  ].join("");
}

export function anomalySentences(material: Material): readonly string[] {
  const result = material.anomalies?.result;
  if (result === undefined) return [];
  if (!result.assessed)
    return [
      `Unusual days cannot be told yet: that takes ${result.history_days_needed} days of history; the data has ${result.history_days}.`,
    ];
  if (result.anomalies.length === 0)
    return ["No day stands out from what such days usually cost."];
  return result.anomalies.map((anomaly) => {
    const driver = anomaly.drivers[0];
    const because =
      driver === undefined
        ? ""
        : `, mostly ${code(driver.model)} (${formatUsd(driver.cost_usd)} instead of ${formatUsd(driver.usual_usd)})`;
    return `**${weekdayWords(anomaly.day)}** cost ${formatUsd(anomaly.cost_usd)}, ${formatUsdChange(anomaly.excess_usd)} against the usual ${formatUsd(anomaly.expected_usd)}${because}.`;
  });
}

/** Who costs the most, in one sentence. */
export function topSentence(material: Material, by: Dimension): string | null {
  const compared = material
    .compared(by)
    ?.result.groups.toSorted((a, b) => b.now_usd - a.now_usd)[0];
  const grouped = material.grouped(by)?.result.rows[0];
  const top =
    compared === undefined
      ? grouped && {
          key: grouped.key,
          usd: grouped.cost_usd,
          share: grouped.share_percent,
        }
      : {
          key: compared.key,
          usd: compared.now_usd,
          share: compared.share_percent,
        };
  if (top === undefined || top.key === null || top.share === null) return null;
  const words = dimensionWords(by);
  if (top.share === 100)
    return `All of it is ${words} ${code(top.key)}: **${formatUsd(top.usd)}**.`;
  return `${words.charAt(0).toUpperCase()}${words.slice(1)} ${code(top.key)} costs the most: **${formatUsd(top.usd)}**, ${formatPercent(top.share)} of the spend.`;
}

/** Those of the dimensions that were asked for in vain. */
export function unnamedOf(
  material: Material,
  dimensions: readonly Dimension[],
): readonly Dimension[] {
  return dimensions.filter((by) => {
    const keys = [
      ...(material.compared(by)?.result.groups ?? []),
      ...(material.grouped(by)?.result.rows ?? []),
    ].map((group) => group.key);
    return keys.length > 0 && keys.every((key) => key === null);
  });
}

/** "No record names a project or a user." where they were asked for in vain. */
export function unnamedSentence(
  material: Material,
  dimensions: readonly Dimension[],
): string | null {
  const words = unnamedOf(material, dimensions).map(
    (by) => `${by === "api_key" ? "an" : "a"} ${dimensionWords(by)}`,
  );
  return words.length === 0
    ? null
    : `No record names ${listWords(words, "or")}.`;
}

/** The model that moved most. */
export function moverSentence(material: Material): string | null {
  const mover = material.compared("model")?.result.groups[0];
  if (mover === undefined || mover.change_usd === 0) return null;
  return `${code(mover.key)} changed most: ${formatUsd(mover.before_usd)} before, ${formatUsd(mover.now_usd)} now (${formatUsdChange(mover.change_usd)}).`;
}
