/**
 * How often each of many numbers was met, in typed arrays: a Map of millions of them costs three times the memory, and the collector's time
 * to look through it. Promises: exact counts; no single addition takes long, however many numbers there are.
 */

/** So many tables that the growth of one, which copies it, is short even when all hold millions of numbers together. */
const TABLES = 256;
const FIRST_SLOTS = 16;
/** Fuller than this, a table is doubled: searches stay short. */
const FULL_SHARE = 0.75;

export class Counts {
  readonly #tables = Array.from({ length: TABLES }, () => new Table());

  /** How often the number was added before. Numbers are whole, of 0 to 2^52, and spread evenly, as hashes are. */
  add(number: number): number {
    return this.#tables[number & (TABLES - 1)]!.add(
      Math.floor(number / TABLES),
    );
  }
}

/** Open addressing: a number stands in the first free slot from the one that it names. */
class Table {
  /** The numbers, each plus 1; 0 in a free slot. */
  #numbers = new Float64Array(FIRST_SLOTS);
  #counts = new Uint32Array(FIRST_SLOTS);
  #held = 0;

  add(number: number): number {
    const slot = slotOf(this.#numbers, number + 1);
    if (this.#numbers[slot] === 0) {
      this.#numbers[slot] = number + 1;
      this.#held += 1;
    }
    const before = this.#counts[slot]!;
    this.#counts[slot] = before + 1;
    if (this.#held > this.#numbers.length * FULL_SHARE) this.#grow();
    return before;
  }

  #grow(): void {
    const numbers = new Float64Array(this.#numbers.length * 2);
    const counts = new Uint32Array(numbers.length);
    for (const [from, number] of this.#numbers.entries()) {
      if (number === 0) continue;
      const slot = slotOf(numbers, number);
      numbers[slot] = number;
      counts[slot] = this.#counts[from]!;
    }
    this.#numbers = numbers;
    this.#counts = counts;
  }
}

function slotOf(numbers: Float64Array, number: number): number {
  // The length is a power of 2: this is the remainder.
  const last = numbers.length - 1;
  let slot = number & last;
  while (numbers[slot] !== 0 && numbers[slot] !== number)
    slot = (slot + 1) & last;
  return slot;
}
