/**
 * A connection's sending end: writes frames, and says whether the reader keeps up. Owns what it knows of the socket's buffer. Promises:
 * `writable` is done as soon as the reader may be given more, or nobody will ever be again.
 */
import { Effect, Latch } from "effect";
import { limits } from "./limits.ts";
import type { Wire } from "./wire.ts";

export class Sender {
  readonly #wire: Wire;
  readonly #latch = Latch.makeUnsafe(true);
  /** Since when bytes wait without any being taken, monotonic; null while none wait. */
  #stalledSinceMs: number | null = null;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  readonly writable: Effect.Effect<void> = Effect.suspend(
    () => this.#latch.await,
  );

  isWritable(): boolean {
    return this.#wire.bufferedBytes() < limits.socketBufferedBytesMax;
  }

  write(text: string): void {
    this.#stalledSinceMs ??= performance.now();
    this.#wire.send(text);
    if (!this.isWritable()) this.#latch.closeUnsafe();
  }

  /** The socket has taken some of what was written. */
  noteSent(): void {
    this.#stalledSinceMs =
      this.#wire.bufferedBytes() === 0 ? null : performance.now();
    if (this.isWritable()) this.#latch.openUnsafe();
  }

  /** Nothing was taken for too long, or too much waits: news come whether or not the reader keeps up. */
  isStalled(nowMs: number): boolean {
    if (this.#wire.bufferedBytes() > limits.slowConsumerBytesMax) return true;
    const since = this.#stalledSinceMs;
    return since !== null && nowMs - since > limits.slowConsumerTimeoutMs;
  }

  /** The process stood still for so long: the reader is not to be blamed for it. */
  forgive(stoodStillMs: number): void {
    if (this.#stalledSinceMs !== null) this.#stalledSinceMs += stoodStillMs;
  }

  /** Nobody will take anything any more: whoever waits goes on. */
  close(): void {
    this.#latch.openUnsafe();
  }
}
