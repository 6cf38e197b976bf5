/** A user with a row in every table, made through the ports, and what it takes to append to one of the user's runs. */
import { Effect } from "effect";
import { pendingEvent } from "../../src/domain/runLog.ts";
import type { MessageId, RunId, UserId } from "../../src/domain/model.ts";
import { SessionStore, Store, UsageStore } from "../../src/domain/ports.ts";
import type {
  Append,
  Claim,
  IdentifiedRecord,
  PendingEvent,
  Submission,
  Submitted,
} from "../../src/domain/ports.ts";
import type { Event } from "../../src/domain/protocol.ts";
import type { Backend } from "./backends.ts";
import { usage } from "./usageData.ts";

export const thought = (text: string): PendingEvent =>
  pendingEvent("supervisor", null, { type: "agent_thinking", thought: text });

export function submission(more: Partial<Submission> = {}): Submission {
  return {
    message_id: crypto.randomUUID() as MessageId,
    text: "a question",
    thread_id: null,
    if_busy: "enqueue",
    traceparent: null,
    ...more,
  };
}

export const submit = (
  { run }: Backend,
  user: string,
  more: Partial<Submission> = {},
): Promise<Submitted> =>
  run(Store.use((it) => it.submit(user as UserId, submission(more))));

export const claim = (
  { run }: Backend,
  user: string,
  id: RunId,
): Promise<Claim | null> =>
  run(Store.use((it) => it.claim(user as UserId, id)));

/** An append to a claimed run. */
export function appendTo(claimed: Claim, more: Partial<Append> = {}): Append {
  const { user_id, thread_id, run_id, attempt } = claimed;
  return {
    user_id,
    thread_id,
    run_id,
    attempt,
    events: [thought("one")],
    steps: [],
    calls: [],
    ...more,
  };
}

/** All events of a claim's thread, page by page. */
export async function readLog(
  { run }: Backend,
  { user_id, thread_id }: Pick<Claim, "user_id" | "thread_id">,
): Promise<readonly Event[]> {
  const all: Event[] = [];
  for (;;) {
    const after = all.at(-1)?.seq ?? 0;
    const page = await run(
      Store.use((it) => it.readEvents(user_id, thread_id, after, 1_000)),
    );
    all.push(...page.events);
    if (!page.more) return all;
  }
}

/** A run of the user that works, and an append to it. */
export async function appendOf(
  backend: Backend,
  user: string,
): Promise<Append> {
  const { run_id } = await submit(backend, user);
  return appendTo((await claim(backend, user, run_id))!);
}

export function record(
  identity: string,
  more: Partial<IdentifiedRecord> = {},
): IdentifiedRecord {
  return {
    ...usage("2026-10-05"),
    identity,
    computed_usd: 1,
    priced_as: "gpt-4o",
    ...more,
  };
}

export async function fillEveryTable(
  backend: Backend,
  user: string,
): Promise<void> {
  const user_id = user as UserId;
  const append = await appendOf(backend, user);
  const call = {
    tool_call_id: `call-${user}`,
    tool_name: "noop",
    parameters: {},
    success: true,
    summary: "Done.",
    result: {},
    error: null,
  };
  const step = {
    agent_name: "alpha",
    status: "completed" as const,
    summary: "Done.",
    result: {},
    error: null,
    calls: [call],
  };
  const fill = Effect.gen(function* () {
    const store = yield* Store;
    const usageStore = yield* UsageStore;
    yield* store.append([
      { ...append, steps: [{ position: 0, step }], calls: [call] },
    ]);
    yield* store.savePreferences(user_id, {
      time_zone: "UTC",
      week_start: "monday",
      budgets: [],
    });
    const source = { format: "test", sample: false, file_name: null };
    const id = yield* usageStore.beginImport(user_id, source);
    yield* usageStore.saveRecords(user_id, id, [record("one")]);
    // The same record with other content: the first one's is kept aside.
    const later = yield* usageStore.beginImport(user_id, source);
    yield* usageStore.saveRecords(user_id, later, [
      record("one", { requests: 11 }),
    ]);
    const { thread_id } = append;
    yield* (yield* SessionStore).saveSessions([
      { user_id, threads: [{ thread_id, seq: 1 }] },
    ]);
  });
  await backend.run(fill);
}
