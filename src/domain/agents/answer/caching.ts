/**
 * The parts of an answer about prompt caching: whether it pays off, and what more of it would save. Promises: a replay of what repeats is told from a
 * scenario, and a cache that would lose is said to.
 */
import { formatPercent, formatUsd } from "../../costs/money.ts";
import type { ReportTable, Saving } from "../../model.ts";
import type { Replay } from "../../tools/cacheReplay.ts";
import type { CachedModel, CacheSavings } from "../../tools/cacheSavings.ts";
import type { Material } from "./material.ts";
import { isThin, monthRange, monthUsd } from "./scale.ts";
import { code, plain } from "./words.ts";

/** A saving for each model whose list gives cached input a discount. */
export function cacheSavings({ caching }: Material): readonly Saving[] {
  if (caching === null) return [];
  return caching.result.models.map((model) => ({
    id: `cache:${model.model}`,
    title: `Cache repeated input of ${plain(model.model)}`,
    kind: "prompt_caching",
    affected_usd: model.affected_usd,
    low_usd: model.low_usd,
    high_usd: model.high_usd,
    assumption:
      model.replay === null
        ? `${scenarioWords(caching.result, model)} ${breakEvenWords(model)}`
        : replayWords(model.replay),
    effort: "low",
    risk: isWriteFree(model)
      ? "None to the answers, and none to the bill: writing to this cache costs nothing extra."
      : "None to the answers. A block that is written and not read again costs more than one that is not cached.",
    verify: `Put what repeats first in the prompt and watch this model's hit rate${model.hit_percent === null ? "" : `, now ${formatPercent(model.hit_percent)}`}.`,
    source: caching.id,
  }));
}

/** A cache that charges no more for writing than for reading in pays from the first read on. */
const isWriteFree = (model: CachedModel): boolean =>
  model.break_even_reads === 0;

const breakEvenWords = (model: CachedModel): string =>
  isWriteFree(model)
    ? "Any read pays."
    : `Pays from ${model.break_even_reads} reads per write on.`;

/** What is assumed of reads, and of writes where these cost something. */
function scenarioWords(
  { low, high, asked_hit_percent: asked }: CacheSavings,
  model: CachedModel,
): string {
  const reads = (count: number) =>
    isWriteFree(model) ? "" : `, ${count} times per write`;
  if (asked === null)
    return `Scenario, since which input repeats is not looked at: low, ${formatPercent(low.share_percent)} of uncached input is read back${reads(low.reads_per_write)}; high, ${formatPercent(high.share_percent)}${reads(high.reads_per_write)}.`;
  const writes = isWriteFree(model)
    ? ""
    : `; low, ${low.reads_per_write} reads per write; high, ${high.reads_per_write}`;
  return `If ${formatPercent(asked)} of input came from the cache${writes}.`;
}

/** What the hit rate that was asked about would save; null where none was. */
export function askedCacheSentence(material: Material): string | null {
  const result = material.caching?.result;
  if (result === undefined || result.asked_hit_percent === null) return null;
  const asked = formatPercent(result.asked_hit_percent);
  if (result.high_usd <= 0)
    return `With **${asked}** of input from the cache nothing more would be saved: it is that much already, or nothing here can be cached.`;
  const range =
    result.low_usd === result.high_usd
      ? monthUsd(material, result.high_usd)
      : monthRange(material, result);
  return `With **${asked}** of each model's input from the cache, **${range} a month** more would be saved, of ${monthUsd(material, result.affected_usd)} that uncached input costs.`;
}

/** "Replayed from the records …": no assumption but the cache's own rules. */
function replayWords(replay: Replay): string {
  return `Replayed from the records, which tell what repeats: a cache of ${lifetimeWords(replay)} that writes every block would have read ${formatPercent(replay.read_percent)} of input and written ${formatPercent(replay.written_percent)}, ${formatPercent(replay.saved_percent)} of what input costs.`;
}

const lifetimeWords = ({ lifetime }: Replay): string =>
  lifetime === "one_hour" ? "one hour" : "five minutes";

/** What a cache would have done, a sentence for each model whose records tell what repeats. */
export function replaySentences(material: Material): readonly string[] {
  return (material.caching?.result.models ?? []).flatMap(
    ({ model, replay }) => {
      if (replay === null) return [];
      const verdict =
        replay.saved_usd > 0
          ? `saved **${formatPercent(replay.saved_percent)}** of what input costs (${monthUsd(material, replay.saved_usd)} a month)`
          : `cost **${formatPercent(-replay.saved_percent)} more** than input costs now: too little is read back for what is written`;
      return [
        `The records of ${code(model)} tell what repeats. A cache of ${lifetimeWords(replay)} that writes every block would have read ${formatPercent(replay.read_percent)} of input and ${verdict}.`,
      ];
    },
  );
}

/** Whether caching pays off by now. */
export function cacheSentence({ caching }: Material): string | null {
  if (caching === null) return null;
  const { hit_percent: hit, paid_off_usd: saved, days } = caching.result;
  if (hit === null)
    return "No input tokens are recorded, so nothing can be said about caching.";
  if (hit === 0)
    return "**No input comes from a cache now**, or the data does not tell.";
  const verdict =
    saved >= 0
      ? `it has saved **${formatUsd(saved)}** in ${days} days, the price of writing taken off`
      : `it has cost **${formatUsd(-saved)}** more in ${days} days than it brought: blocks are written and hardly read`;
  return `**${formatPercent(hit)}** of input comes from the cache, and ${verdict}.`;
}

/** What more of it could save in all, where nobody knows what repeats; null where a hit rate was asked about, or a replay tells. */
export function moreCacheSentence(material: Material): string | null {
  const result = material.caching?.result;
  if (
    result === undefined ||
    result.asked_hit_percent !== null ||
    result.high_usd <= 0 ||
    result.models.some((model) => model.replay !== null)
  )
    return null;
  return `More of it could save **${monthRange(material, result)} a month** of ${monthUsd(material, result.affected_usd)} that uncached input costs: a scenario, not a finding.`;
}

export function cacheTable(material: Material): ReportTable | null {
  const { caching } = material;
  const unit = isThin(material) ? "usd_rough" : "usd";
  if (caching === null || caching.result.models.length === 0) return null;
  return {
    title: "Prompt caching by model",
    columns: [
      { key: "model", label: "Model", unit: "text" },
      { key: "hit", label: "Input from cache", unit: "percent" },
      { key: "paid_off", label: "Saved so far", unit: "usd" },
      { key: "low", label: "Could save a month, low", unit },
      { key: "high", label: "High", unit },
      {
        key: "break_even",
        label: "Break-even, reads per write",
        unit: "count",
      },
    ],
    rows: caching.result.models.map((model) => ({
      model: plain(model.model),
      hit: model.hit_percent,
      paid_off: model.paid_off_usd,
      low: model.low_usd,
      high: model.high_usd,
      break_even: model.break_even_reads,
    })),
    source: caching.id,
  };
}
