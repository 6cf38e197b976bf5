/**
 * A calendar that can be set off, as a machine's clock is that was set wrong: every way to ask for the time of day is shifted, the
 * monotonic clock is not. Imported before everything else; does nothing unless CLOCK_SHIFT_MS is set.
 */
const shiftFromStart = process.env["CLOCK_SHIFT_MS"];
const RealDate = globalThis.Date;
let shiftMs = Number(shiftFromStart ?? 0);

class ShiftedDate extends RealDate {
  constructor(...given: unknown[]) {
    super(...((given.length === 0 ? [ShiftedDate.now()] : given) as [number]));
  }

  static override now(): number {
    return RealDate.now() + shiftMs;
  }
}

if (shiftFromStart !== undefined) {
  globalThis.Date = ShiftedDate as DateConstructor;
}

/** Sets the calendar off by so much from now on. */
export function shiftClock(ms: number): void {
  if (globalThis.Date === RealDate)
    throw new Error("start the node with CLOCK_SHIFT_MS to shift its clock");
  shiftMs = ms;
}
