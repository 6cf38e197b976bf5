/**
 * The parts of an answer about prompt caching: whether it pays off, and what more of it would save. Promises: a replay of what repeats is told from a
 * scenario, and a cache that would lose is said to.
 */
import { formatPercent, formatUsd } from "../../costs/money.ts";
import type { ReportTable, Saving } from "../../model.ts";
import type { Replay } from "../../tools/cacheReplay.ts";
import type { CachedModel } from "../../tools/cacheSavings.ts";
import type { Material } from "./material.ts";
import { code, plain } from "./words.ts";

/** A saving for each model whose list gives cached input a discount. */
export function cacheSavings({ caching }: Material): readonly Saving[] {
  if (caching === null) return [];
  const { low, high, asked_hit_percent: asked, models } = caching.result;
  const scenario =
    asked === null
      ? `Scenario, since which input repeats is not looked at: low, ${formatPercent(low.share_percent)} of uncached input is read back, ${low.reads_per_write} times per write; high, ${formatPercent(high.share_percent)}, ${high.reads_per_write} times.`
      : `If ${formatPercent(asked)} of input came from the cache; low, ${low.reads_per_write} reads per write; high, ${high.reads_per_write}.`;
  const assumption = (model: CachedModel) =>
    model.replay === null
      ? `${scenario} Pays from ${model.break_even_reads} reads per write on.`
      : replayWords(model.replay);
  return models.map((model) => ({
    id: `cache:${model.model}`,
    title: `Cache repeated input of ${plain(model.model)}`,
    kind: "prompt_caching",
    affected_usd: model.affected_usd,
    low_usd: model.low_usd,
    high_usd: model.high_usd,
    assumption: assumption(model),
    effort: "low",
    risk: "None to the answers. A block that is written and not read again costs more than one that is not cached.",
    verify: `Put what repeats first in the prompt and watch this model's hit rate${model.hit_percent === null ? "" : `, now ${formatPercent(model.hit_percent)}`}.`,
    source: caching.id,
  }));
}

/** "Replayed from the records …": no assumption but the cache's own rules. */
function replayWords(replay: Replay): string {
  return `Replayed from the records, which tell what repeats: a cache of ${lifetimeWords(replay)} that writes every block would have read ${formatPercent(replay.read_percent)} of input and written ${formatPercent(replay.written_percent)}, ${formatPercent(replay.saved_percent)} of what input costs.`;
}

const lifetimeWords = ({ lifetime }: Replay): string =>
  lifetime === "one_hour" ? "one hour" : "five minutes";

/** What a cache would have done, a sentence for each model whose records tell what repeats. */
export function replaySentences({ caching }: Material): readonly string[] {
  return (caching?.result.models ?? []).flatMap(({ model, replay }) => {
    if (replay === null) return [];
    const verdict =
      replay.saved_usd > 0
        ? `saved **${formatPercent(replay.saved_percent)}** of what input costs (${formatUsd(replay.saved_usd)} a month)`
        : `cost **${formatPercent(-replay.saved_percent)} more** than input costs now: too little is read back for what is written`;
    return [
      `The records of ${code(model)} tell what repeats. A cache of ${lifetimeWords(replay)} that writes every block would have read ${formatPercent(replay.read_percent)} of input and ${verdict}.`,
    ];
  });
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

export function cacheTable({ caching }: Material): ReportTable | null {
  if (caching === null || caching.result.models.length === 0) return null;
  return {
    title: "Prompt caching by model",
    columns: [
      { key: "model", label: "Model", unit: "text" },
      { key: "hit", label: "Input from cache", unit: "percent" },
      { key: "paid_off", label: "Saved so far", unit: "usd" },
      { key: "low", label: "Could save a month, low", unit: "usd" },
      { key: "high", label: "High", unit: "usd" },
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
