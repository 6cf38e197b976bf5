/**
 * What a failed statement says about the database, and the breaker before every call. Promises: while the database is known to be away no
 * call reaches it; a slow query, a full server or a deadlock is no outage; what may be one is decided by a probe.
 */
import { Effect } from "effect";
import { ServiceUnavailable } from "../domain/errors.ts";
import { limits } from "../domain/limits.ts";

/** How a call learns that its service is away, and says that it may be. */
export interface Breaker {
  /** True while only probes may call. */
  readonly isDown: () => boolean;
  /** A call was refused: the service is away. */
  readonly failed: () => void;
  /** A call was cut off, or has no answer yet: let a probe look. */
  readonly doubted: () => void;
}

/** For commands and tests, which fail by themselves. */
export const UNBROKEN: Breaker = {
  isDown: () => false,
  failed: () => undefined,
  doubted: () => undefined,
};

class KnownToBeAway extends Error {
  constructor() {
    super("known to be away");
  }
}

/**
 * Runs a call through the breaker.
 * @throws what the call throws, or that the database is known to be away.
 */
export async function through<A>(
  breaker: Breaker,
  run: () => Promise<A>,
): Promise<A> {
  if (breaker.isDown()) throw new KnownToBeAway();
  const timer = setTimeout(breaker.doubted, limits.databaseDoubtMs);
  try {
    return await run();
  } catch (cause) {
    const verdict = verdictOn(cause);
    if (verdict === "away") breaker.failed();
    if (verdict === "doubtful") breaker.doubted();
    throw cause;
  } finally {
    clearTimeout(timer);
  }
}

/** Nobody answers there, or a server that says that it starts or crashed. */
const AWAY =
  /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|57P02|57P03)/;
/** A connection is gone: perhaps with the server, perhaps alone. */
const CUT = /^(08|57P|ECONN|EPIPE|ETIMEDOUT)/;
const CUT_MESSAGE =
  /Connection terminated|Query read timeout|timeout expired|not queryable|connection error/i;
/** Too much at once, or too slow: another try may do. */
const BUSY = /^(53|40001|40P01|55P03|57014|25P03)/;
const BUSY_MESSAGE =
  /timeout exceeded when trying to connect|after calling end/i;

type Verdict = "away" | "doubtful" | "busy" | "defect";

function verdictOn(cause: unknown): Verdict {
  if (!(cause instanceof Error)) return "defect";
  if (cause instanceof KnownToBeAway) return "busy";
  const code = "code" in cause ? String(cause.code) : "";
  if (AWAY.test(code)) return "away";
  if (CUT.test(code) || CUT_MESSAGE.test(cause.message)) return "doubtful";
  if (BUSY.test(code) || BUSY_MESSAGE.test(cause.message)) return "busy";
  return "defect";
}

/** True when another try may succeed, false for a defect. */
export const isPassing = (cause: unknown): boolean =>
  verdictOn(cause) !== "defect";

/** True when the server has answered, even if only that it is full. */
export const isAnswered = (cause: unknown): boolean =>
  verdictOn(cause) === "busy" || verdictOn(cause) === "defect";

/** What fails for want of a database is ServiceUnavailable, anything else a defect of ours. */
export function attempt<A>(
  run: () => Promise<A>,
): Effect.Effect<A, ServiceUnavailable> {
  return Effect.tryPromise({ try: run, catch: (cause) => cause }).pipe(
    Effect.catch((cause) =>
      isPassing(cause)
        ? Effect.fail(new ServiceUnavailable({ service: "database", cause }))
        : Effect.die(cause),
    ),
  );
}
