/** Waiting for something that other processes do: looked at again and again, up to a bound, never by a fixed sleep. */
import { setTimeout } from "node:timers/promises";

const LOOK_INTERVAL_MS = 50;

/**
 * Waits until `holds` answers something true and gives it back.
 * @throws naming what was waited for, and what `otherwise` knows of it.
 */
export async function until<T>(
  what: string,
  withinMs: number,
  holds: () => T | Promise<T>,
  otherwise: () => string | Promise<string> = () => "",
): Promise<NonNullable<T>> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const found = await holds();
    if (found) return found;
    if (performance.now() > deadlineMs)
      throw new Error(
        `not within ${withinMs} ms: ${what}\n${await otherwise()}`,
      );
    await setTimeout(LOOK_INTERVAL_MS);
  }
}

/**
 * Waits for all of them, whatever becomes of any: when a test fails by one, none of the others goes on behind it.
 * @throws what the first of them threw, in their order.
 */
export async function together<T>(
  all: readonly Promise<T>[],
): Promise<readonly T[]> {
  await Promise.allSettled(all);
  return Promise.all(all);
}

export const pause = (ms: number): Promise<void> => setTimeout(ms);
