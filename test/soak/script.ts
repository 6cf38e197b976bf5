/** What a user does in a soak, as data: the same seed makes the same life. Promises: what there is a lot of in use stands there often. */
import fc from "fast-check";

interface OnDevice<Do extends string> {
  readonly do: Do;
  readonly device: number;
}

export interface Ask extends OnDevice<"ask"> {
  readonly thread: "new" | "own";
  readonly pick: number;
  readonly ifBusy: "enqueue" | "reject" | "interrupt";
  readonly work: string;
}

/** Of something the user knows of: which it is, `pick` decides. */
export interface Steer extends OnDevice<
  "askAgain" | "stop" | "join" | "leave" | "acknowledge"
> {
  readonly pick: number;
}

export type Action =
  | Ask
  | Steer
  | OnDevice<"cut">
  | OnDevice<"close">
  | OnDevice<"comeBack">
  | OnDevice<"ping">
  | OnDevice<"refresh">
  | OnDevice<"await">
  | (OnDevice<"sendRubbish"> & { readonly frames: readonly string[] });

/** Together below the 20 strikes a minute that close a connection. */
const RUBBISH_ACTIONS_MAX = 3;
const STRIKES_MAX = 6;
const RUBBISH = [
  "{",
  "[]",
  "null",
  '{"type":"make_coffee"}',
  '{"type":"__proto__","__proto__":{"admin":true}}',
  '{"type":"user_message","text":""}',
  '{"type":"user_message","text":"a","user_id":"eve"}',
  '{"type":"stop_run","run_id":7}',
];
/** Most is soon done; some fails, breaks, or hangs until it is stopped or out of time. */
const WORK = [
  "alpha noop!",
  "alpha noop!; beta noop!; gamma noop!; delta noop!",
  "alpha noop echo(hello) secret; beta sleep(20)!",
  "alpha sleep(100) noop; beta noop!",
  "alpha fail; beta noop!",
  "alpha die; beta throw",
  "alpha noop; beta hang; gamma noop!",
];

const device = fc.nat(1);
const pick = fc.nat(30);
const ask: fc.Arbitrary<Action> = fc.record({
  do: fc.constant("ask"),
  device,
  thread: fc.constantFrom("new", "own", "own"),
  pick,
  ifBusy: fc.constantFrom("enqueue", "enqueue", "reject", "interrupt"),
  work: fc.constantFrom(...WORK),
});
const steer: fc.Arbitrary<Action> = fc.record({
  do: fc.constantFrom("askAgain", "stop", "join", "leave", "acknowledge"),
  device,
  pick,
});
const onDevice: fc.Arbitrary<Action> = fc
  .tuple(
    fc.constantFrom(
      "cut" as const,
      "close" as const,
      "comeBack" as const,
      "ping" as const,
      "refresh" as const,
      "await" as const,
      "await" as const,
    ),
    device,
  )
  .map(([what, it]) => ({ do: what, device: it }));
const sendRubbish: fc.Arbitrary<Action> = fc.record({
  do: fc.constant("sendRubbish"),
  device,
  frames: fc.array(fc.constantFrom(...RUBBISH), {
    minLength: 1,
    maxLength: STRIKES_MAX,
  }),
});
const action = fc.oneof(
  { weight: 6, arbitrary: ask },
  { weight: 6, arbitrary: steer },
  { weight: 8, arbitrary: onDevice },
  sendRubbish,
);
const life = fc
  .array(action, { minLength: 10, maxLength: 30, size: "max" })
  .filter(
    (it) =>
      it.filter((one) => one.do === "sendRubbish").length <=
      RUBBISH_ACTIONS_MAX,
  );

/** The life that a seed stands for. */
export function lifeOf(seed: number): readonly Action[] {
  return fc.sample(life, { seed, numRuns: 1 })[0]!;
}
