/**
 * What changed between two periods, and why: by group, and by cause. Promises: the groups' changes and the causes each add up to the
 * whole change exactly (up to floating point).
 */
import { sumOf } from "./money.ts";

/** One group in one period. `requests` is null where its source counts none. */
export type GroupSpend = {
  readonly key: string | null;
  readonly usd: number;
  readonly requests: number | null;
  readonly tokens: number;
};

export type GroupChange = {
  readonly key: string | null;
  readonly before_usd: number;
  readonly now_usd: number;
  readonly change_usd: number;
};

/** Why spend changed, in US dollars. */
export type Causes = {
  /** More or fewer requests, each at the old cost; tokens where requests are not counted everywhere. */
  readonly volume_usd: number;
  /** Longer or shorter requests, at the old cost of a token; null where requests are not counted everywhere. */
  readonly length_usd: number | null;
  /** Tokens moved to groups that are dearer or cheaper by the token. */
  readonly mix_usd: number;
  /** A token of the same group costs more or less: other prices, tiers, or shares of output and cached input. */
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
 * With R requests of τ tokens each, T = R·τ tokens in all, of which a group has the share mᵢ at pᵢ a token (mean ū):
 * ΔC = (R₁−R₀)·τ₀·ū₀ + R₁·(τ₁−τ₀)·ū₀ + T₁·Σ(m₁ᵢ−m₀ᵢ)·p₀ᵢ + T₁·Σ m₁ᵢ·(p₁ᵢ−p₀ᵢ), exactly: factors are exchanged one after another, volume first
 * (the price-volume-mix analysis of management accounting, base-weighted as in Laspeyres' index). A group without an old price keeps its new
 * one, so that it counts as mix. Null where a period has no tokens, or a group costs something without any.
 */
export function causesOfChange(
  before: readonly GroupSpend[],
  now: readonly GroupSpend[],
): Causes | null {
  const [old, current] = [wholeOf(before), wholeOf(now)];
  if (
    old.tokens <= 0 ||
    current.tokens <= 0 ||
    [...before, ...now].some(isCostWithoutTokens)
  )
    return null;
  const mean = old.usd / old.tokens;
  const counted =
    old.requests === null || current.requests === null || old.requests === 0
      ? null
      : current.requests * (old.tokens / old.requests);
  const volume_usd = ((counted ?? current.tokens) - old.tokens) * mean;
  const length_usd =
    counted === null ? null : (current.tokens - counted) * mean;
  const prices = new Map(before.map((group) => [group.key, tokenCost(group)]));
  const rate_usd = sumOf(now, (group) => {
    const price = prices.get(group.key) ?? null;
    return price === null ? 0 : group.usd - group.tokens * price;
  });
  const mix_usd =
    current.usd - old.usd - volume_usd - (length_usd ?? 0) - rate_usd;
  return { volume_usd, length_usd, mix_usd, rate_usd };
}

function wholeOf(groups: readonly GroupSpend[]) {
  return {
    usd: sumOf(groups, (group) => group.usd),
    tokens: sumOf(groups, (group) => group.tokens),
    requests: groups.some((group) => group.requests === null)
      ? null
      : sumOf(groups, (group) => group.requests ?? 0),
  };
}

function tokenCost(group: GroupSpend): number | null {
  return group.tokens <= 0 ? null : group.usd / group.tokens;
}

function isCostWithoutTokens(group: GroupSpend): boolean {
  return group.tokens <= 0 && group.usd > 0;
}
