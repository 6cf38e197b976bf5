/**
 * Whether a connection still has a living peer and a good token, as far as the clock tells. Owns what it has seen; acts on nothing.
 * Promises: silence is judged by the monotonic clock, a token's end by the calendar's.
 */
import { limits } from "./limits.ts";

/** Pings and what came back. Instants are monotonic, in milliseconds. */
export class Heartbeat {
  readonly #intervalMs: number;
  #heardMs = performance.now();
  #pingedMs = performance.now();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** Anything came in: a pong or a frame. */
  heard(): void {
    this.#heardMs = performance.now();
  }

  pinged(): void {
    this.#pingedMs = performance.now();
  }

  /** `ping` when the next one is due; `missed` when it is due and nothing came in since the last. */
  look(nowMs: number): "wait" | "ping" | "missed" {
    if (nowMs - this.#pingedMs < this.#intervalMs) return "wait";
    return this.#heardMs < this.#pingedMs ? "missed" : "ping";
  }

  /** The process stood still for so long: that time counts for nobody. */
  forgive(stoodStillMs: number): void {
    this.#heardMs += stoodStillMs;
    this.#pingedMs += stoodStillMs;
  }
}

/** The end of a token, told once before it comes. Instants are the calendar's, in milliseconds. */
export class TokenWatch {
  #noticedMs = 0;

  look(expiresAtMs: number, nowMs: number): "good" | "expiring" | "expired" {
    if (nowMs >= expiresAtMs + limits.tokenExpiryGraceMs) return "expired";
    const isNear = nowMs >= expiresAtMs - limits.tokenExpiryNoticeMs;
    if (!isNear || this.#noticedMs === expiresAtMs) return "good";
    this.#noticedMs = expiresAtMs;
    return "expiring";
  }
}
