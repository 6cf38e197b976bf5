/**
 * What a prompt cache would have done for a trace of requests whose input is named block by block. Promises: a request reads no more
 * than its leading blocks that are still there; memory is bounded by limits.replayBlocksMax, and what that costs is hits, never made-up ones.
 */
import { limits } from "../limits.ts";
import type { Reusable } from "../model.ts";

const MINUTE_MS = 60_000;
const LIFETIMES_MS = {
  five_minutes: 5 * MINUTE_MS,
  one_hour: 60 * MINUTE_MS,
} as const satisfies Record<keyof Reusable, number>;
/** What is left of a full memory when room is made. */
const KEPT_SHARE = 0.9;

/** The name of a block: two requests with one name in one place share all input up to its end. */
export type BlockName = string | number;

/**
 * Replays a prompt cache that writes every whole block of every request. The rules are those of Anthropic's prompt caching
 * (platform.claude.com/docs/en/build-with-claude/prompt-caching): a hit needs an identical prefix, so that a block counts as read only if
 * all before it do; a block lives five minutes or one hour from its last use, since "the cache is refreshed for no additional cost each
 * time the cached content is used". The last, partial block of a request is neither written nor read: what follows it makes another
 * block of it.
 *
 * A request uses each of its blocks, by reading or by writing it. So one time of last use per block tells what either lifetime has kept.
 */
export class BlockCache {
  /** Block → instant of its last use, in the order of that use. */
  readonly #usedAt = new Map<BlockName, number>();
  readonly #blockTokens: number;
  readonly #blocksMax: number;
  #now = Number.NEGATIVE_INFINITY;
  #sweptAt = Number.NEGATIVE_INFINITY;

  constructor(blockTokens: number, blocksMax: number = limits.replayBlocksMax) {
    this.#blockTokens = blockTokens;
    this.#blocksMax = blocksMax;
  }

  /** How many blocks are remembered. */
  get size(): number {
    return this.#usedAt.size;
  }

  /** What the request reads and writes; null, and nothing changes, when it came before one that has been replayed. */
  use(
    atMs: number,
    blocks: readonly BlockName[],
    inputTokens: number,
  ): Reusable | null {
    if (atMs < this.#now) return null;
    this.#now = atMs;
    const whole = Math.min(
      blocks.length,
      Math.floor(inputTokens / this.#blockTokens),
    );
    const ages = blocks.slice(0, whole).map((block) => this.#age(block));
    const found = (lifetimeMs: number) => {
      const missing = ages.findIndex((age) => age > lifetimeMs);
      const read = missing < 0 ? whole : missing;
      return {
        read: read * this.#blockTokens,
        written: (whole - read) * this.#blockTokens,
      };
    };
    const outcome = {
      five_minutes: found(LIFETIMES_MS.five_minutes),
      one_hour: found(LIFETIMES_MS.one_hour),
    };
    this.#touch(blocks, whole);
    return outcome;
  }

  #age(block: BlockName): number {
    const used = this.#usedAt.get(block);
    return used === undefined ? Number.POSITIVE_INFINITY : this.#now - used;
  }

  /** Backwards, so that of one request's blocks the last go first: a prefix without its end is of use, an end without its prefix is not. */
  #touch(blocks: readonly BlockName[], whole: number): void {
    for (let index = whole - 1; index >= 0; index -= 1) {
      const block = blocks[index]!;
      this.#usedAt.delete(block);
      this.#usedAt.set(block, this.#now);
    }
    if (this.#usedAt.size > this.#blocksMax)
      this.#drop(Math.floor(this.#blocksMax * KEPT_SHARE));
    else if (this.#now - this.#sweptAt > MINUTE_MS) this.#drop(this.#blocksMax);
  }

  /** Drops what has expired, and the longest unused down to `keep`. Not done for every request: a Map that is deleted from is slow to start over. */
  #drop(keep: number): void {
    this.#sweptAt = this.#now;
    for (const [block, used] of this.#usedAt) {
      const expired = this.#now - used > LIFETIMES_MS.one_hour;
      if (!expired && this.#usedAt.size <= keep) break;
      this.#usedAt.delete(block);
    }
  }
}
