/** New ids: UUIDs of version 7, which sort by time. Promises: random bits from the system's own source, drawn for many ids at once. */
import { v7 } from "uuid";
import { limits } from "./limits.ts";

const BYTES = 16;
const drawn = new Uint8Array(BYTES * limits.idsPerDraw);
let used = drawn.length;

export function newId(): string {
  if (used === drawn.length) {
    crypto.getRandomValues(drawn);
    used = 0;
  }
  used += BYTES;
  return v7({ random: drawn.subarray(used - BYTES, used) });
}
