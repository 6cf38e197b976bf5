/**
 * The bus's link over PostgreSQL, by LISTEN and NOTIFY on one channel: what nodes have when there is no Redis. Owns one connection that
 * listens, and what waits to be sent. Promises: messages go in order, several in one statement; one that is too long goes without its
 * events, which the log has; a connection that breaks is made anew; while the database is known to be away what is sent is refused at once.
 */
import { Deferred, Effect, Latch, Queue, Schedule } from "effect";
import type { Scope } from "effect";
import pg from "pg";
import { limits } from "../domain/limits.ts";
import { textOf } from "./bus.ts";
import type { Link, LinkEars, OpenLink, Parcel } from "./bus.ts";
import { through } from "./outage.ts";
import type { Breaker } from "./outage.ts";

const CHANNEL = "goldenpath";

/** A notification need not outlive a crash of the server, so its commit does not wait for the disk. */
const NOTIFY = `
  with hasty as (select set_config('synchronous_commit', 'off', true))
  select pg_notify('${CHANNEL}', text) from hasty, unnest($1::text[]) text`;

export interface NotifyOptions {
  readonly connectionString: string;
  /** Where messages are sent from. */
  readonly pool: pg.Pool;
  readonly breaker: Breaker;
}

export const notifyLink =
  ({ connectionString, pool, breaker }: NotifyOptions): OpenLink =>
  (ears) =>
    Effect.gen(function* () {
      yield* listen(connectionString, ears);
      const send = yield* openOutbox((query) =>
        through(breaker, () => pool.query(query)),
      );
      return {
        send,
        // All topics go through the one channel.
        hear: () => Promise.resolve(),
        ignore: () => undefined,
      };
    });

// --- listening

/** Listens until the scope closes; done when the first attempt has succeeded or failed. */
function listen(
  connectionString: string,
  ears: LinkEars,
): Effect.Effect<void, never, Scope.Scope> {
  return Effect.gen(function* () {
    const attempted = yield* Deferred.make<void>();
    const noteAttempt = Deferred.succeed(attempted, undefined);
    const listenOnce = Effect.gen(function* () {
      const client = yield* openListener(connectionString, ears).pipe(
        Effect.tapError(() => noteAttempt),
        Effect.retry(connectRetries),
      );
      ears.restored();
      yield* noteAttempt;
      yield* Effect.raceFirst(untilBroken(client), keepAsking(client));
    });
    yield* listenOnce.pipe(
      Effect.scoped,
      Effect.ignore,
      Effect.repeat(Schedule.spaced(limits.listenRetryIntervalMsMin)),
      Effect.forkScoped,
    );
    yield* Deferred.await(attempted);
  });
}

const connectRetries = Schedule.min([
  Schedule.exponential(limits.listenRetryIntervalMsMin),
  Schedule.spaced(limits.listenRetryIntervalMsMax),
]).pipe(Schedule.jittered);

function openListener(connectionString: string, ears: LinkEars) {
  return Effect.acquireRelease(
    attempt(() => startListening(connectionString, ears)),
    close,
  );
}

async function startListening(
  connectionString: string,
  ears: LinkEars,
): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: limits.busOpenTimeoutMs,
    query_timeout: limits.busSendTimeoutMs,
    keepAlive: true,
    application_name: "goldenpath bus",
  });
  client.on("error", () => undefined);
  client.on("notification", ({ payload }) => ears.received(payload ?? ""));
  try {
    await client.connect();
    await client.query(`listen ${CHANNEL}`);
    return client;
  } catch (error) {
    Effect.runSync(close(client));
    throw error;
  }
}

/** Not waited for: the other end may be gone without having said so. */
const close = (client: pg.Client) =>
  Effect.sync(() => void client.end().catch(() => undefined));

function untilBroken(client: pg.Client): Effect.Effect<void> {
  return Effect.callback<void>((resume) => {
    const done = () => resume(Effect.void);
    client.once("error", done).once("end", done);
  });
}

/** Fails when the server does not answer any more. */
function keepAsking(client: pg.Client) {
  return attempt(() => client.query("select 1")).pipe(
    Effect.repeat(Schedule.spaced(limits.busProbeIntervalMs)),
  );
}

// --- sending

/** What waits goes together, in order, from one fiber; what is still waiting at the end is sent before the link closes. */
function openOutbox(
  perform: (query: pg.QueryConfig) => Promise<unknown>,
): Effect.Effect<Link["send"], never, Scope.Scope> {
  return Effect.gen(function* () {
    const waiting: { readonly text: string; readonly refused: () => void }[] =
      [];
    const wake = yield* Queue.dropping<void>(1);
    const empty = Latch.makeUnsafe(true);
    const sendSome = Effect.gen(function* () {
      const batch = waiting.splice(0, limits.notifyBatchMessagesMax);
      const texts = batch.map((it) => it.text);
      const query = { name: "notify", text: NOTIFY, values: [texts] };
      yield* attempt(() => perform(query)).pipe(
        Effect.timeout(limits.busSendTimeoutMs),
        Effect.catch(() =>
          Effect.sync(() => batch.forEach((it) => it.refused())),
        ),
      );
    });
    const sendAll = Effect.whileLoop({
      while: () => waiting.length > 0,
      body: () => sendSome,
      step: () => undefined,
    });
    yield* Queue.take(wake).pipe(
      Effect.andThen(sendAll),
      Effect.andThen(Effect.sync(() => void empty.openUnsafe())),
      Effect.forever,
      Effect.forkScoped,
    );
    yield* Effect.addFinalizer(() =>
      Effect.timeoutOption(empty.await, limits.busCloseTimeoutMs),
    );
    return (parcel, refused) => {
      if (waiting.length >= limits.busQueuedMessagesMax) return refused();
      waiting.push({ text: payloadOf(parcel), refused });
      empty.closeUnsafe();
      Queue.offerUnsafe(wake, undefined);
    };
  });
}

/** Only events can be too long: all else that nodes tell each other is bounded far below (test/contracts/bus.test.ts). */
export function payloadOf(parcel: Parcel): string {
  const text = textOf(parcel);
  const { message } = parcel;
  if (message.kind !== "events") return text;
  if (Buffer.byteLength(text) <= limits.notifyPayloadBytesMax) return text;
  return textOf({ ...parcel, message: { ...message, events: [] } });
}

function attempt<A>(run: () => Promise<A>): Effect.Effect<A, unknown> {
  return Effect.tryPromise({ try: run, catch: (cause) => cause });
}
