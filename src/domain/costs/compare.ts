/**
 * What changed between two periods, and why: by group, and by cause. Promises: the groups' changes and the causes each add up to the
 * whole change exactly (up to floating point).
 */
import { sumOf } from "./money.ts";

/** One group in one period. `volume` is its requests, or its tokens where requests are not known. */
export type GroupSpend = {
  readonly key: string | null;
  readonly usd: number;
  readonly volume: number;
};

export type GroupChange = {
  readonly key: string | null;
  readonly before_usd: number;
  readonly now_usd: number;
  readonly change_usd: number;
};

/** Why spend changed, in US dollars. */
export type Causes = {
  /** More or less work at the old cost of a unit. */
  readonly volume_usd: number;
  /** Work moved to groups that are dearer or cheaper by the unit. */
  readonly mix_usd: number;
  /** A unit of the same group costs more or less: longer requests or other prices. */
  readonly rate_usd: number;
};

/** Every group of either period with its change, largest change first. */
export function changesByGroup(
  before: readonly GroupSpend[],
  now: readonly GroupSpend[],
): readonly GroupChange[] {
  const old = new Map(before.map((group) => [group.key, group.usd]));
  const current = new Map(now.map((group) => [group.key, group.usd]));
  return [...new Set([...current.keys(), ...old.keys()])]
    .map((key) => {
      const [before_usd, now_usd] = [old.get(key) ?? 0, current.get(key) ?? 0];
      return { key, before_usd, now_usd, change_usd: now_usd - before_usd };
    })
    .toSorted((a, b) => Math.abs(b.change_usd) - Math.abs(a.change_usd));
}

/**
 * Price-volume-mix decomposition: with V units in all, shares sᵢ and unit costs uᵢ, ΔC = (V₁−V₀)·ū₀ + V₁·Σ(s₁ᵢ−s₀ᵢ)·u₀ᵢ + V₁·Σ s₁ᵢ·(u₁ᵢ−u₀ᵢ),
 * the standard three-way split of management accounting (base-weighted, Laspeyres). A group without an old unit cost keeps its new
 * one, so that it counts as mix. Null where either period has no volume.
 */
export function causesOfChange(
  before: readonly GroupSpend[],
  now: readonly GroupSpend[],
): Causes | null {
  const volumeBefore = sumOf(before, (group) => group.volume);
  const volumeNow = sumOf(now, (group) => group.volume);
  if (
    volumeBefore <= 0 ||
    volumeNow <= 0 ||
    [...before, ...now].some(isCostWithoutVolume)
  )
    return null;
  const old = new Map(before.map((group) => [group.key, group]));
  const rates = now.map((group) => {
    const unitNow = unitCost(group) ?? 0;
    const unitBefore = unitCost(old.get(group.key)) ?? unitNow;
    return { usd: group.volume * (unitNow - unitBefore) };
  });
  const spendBefore = sumOf(before, (group) => group.usd);
  const volume_usd = (volumeNow - volumeBefore) * (spendBefore / volumeBefore);
  const rate_usd = sumOf(rates, (rate) => rate.usd);
  const mix_usd =
    sumOf(now, (group) => group.usd) - spendBefore - volume_usd - rate_usd;
  return { volume_usd, mix_usd, rate_usd };
}

function unitCost(group: GroupSpend | undefined): number | null {
  return group === undefined || group.volume <= 0
    ? null
    : group.usd / group.volume;
}

function isCostWithoutVolume(group: GroupSpend): boolean {
  return group.volume <= 0 && group.usd > 0;
}
