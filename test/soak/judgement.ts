/**
 * What must hold of a user's life in a soak, I1 to I5 and the rules of its runs, judged by what its sockets got and what the server
 * answers when all is over. Promises: each problem is named by the invariant that it breaks.
 */
import { isDeepStrictEqual } from "node:util";
import { setTimeout } from "node:timers/promises";
import type { Event, ServerFrame } from "../../src/domain/protocol.ts";
import { brokenPromises } from "../support/promises.ts";
import { brokenRules } from "../support/rules.ts";
import type { FrameOfType } from "../support/socket.ts";
import { patiently } from "./user.ts";
import type { SoakUser } from "./user.ts";

const RUNS_END_MS_MAX = 120_000;
const LOOK_INTERVAL_MS = 100;

interface ThreadRow {
  readonly thread_id: string;
  readonly last_seq: number;
  readonly active_run: object | null;
}

interface MessageRow {
  readonly message_id: string;
  readonly run_id: string;
  readonly role: "user" | "assistant";
  readonly content: string;
}

export interface ThreadRecord {
  readonly thread_id: string;
  readonly last_seq: number;
  readonly log: readonly Event[];
  readonly messages: readonly MessageRow[];
}

/** Everything there is to judge a life by. */
export interface Testimony {
  readonly user: string;
  readonly sent: ReadonlyMap<string, string>;
  readonly acks: readonly FrameOfType<"ack">[];
  /** The frames of each socket. */
  readonly sockets: readonly (readonly ServerFrame[])[];
  readonly threads: readonly ThreadRecord[];
  /** Statuses by run_id. */
  readonly runs: ReadonlyMap<string, string>;
}

/**
 * Waits until all of a user's runs have ended, reads every thread over HTTP and by a last socket, from its start. What was sent on a line
 * that was cut may be handled meanwhile; then all is read again.
 */
export async function testimonyOf(user: SoakUser): Promise<Testimony> {
  await user.settle();
  for (;;) {
    const rows = await endedThreads(user);
    const testimony = await readTestimony(user, rows);
    if (isDeepStrictEqual(await endedThreads(user), rows)) return testimony;
  }
}

async function readTestimony(
  user: SoakUser,
  rows: readonly ThreadRow[],
): Promise<Testimony> {
  const observer = await user.connect();
  const threads: ThreadRecord[] = [];
  const runs = new Map<string, string>();
  for (const { thread_id, last_seq } of rows) {
    observer.send({ type: "join_thread", thread_id });
    const isLast = (it: ServerFrame) =>
      "seq" in it && it.thread_id === thread_id && it.seq === last_seq;
    await patiently(() => observer.find(isLast));
    const log = await readLog(user, thread_id);
    const { items } = await user.get<{ items: MessageRow[] }>(
      `/api/threads/${thread_id}/messages`,
    );
    threads.push({ thread_id, last_seq, log, messages: items });
  }
  const known = threads.flatMap((it) => it.log).map((it) => it.run_id);
  const told = user.acks().map((it) => it.run_id);
  for (const run_id of new Set([...known, ...told])) {
    const { status } = await user.get<{ status: string }>(
      `/api/runs/${run_id}`,
    );
    runs.set(run_id, status);
  }
  return {
    user: user.name,
    sent: user.sent,
    acks: user.acks(),
    sockets: user.sockets.map((it) => it.frames),
    threads,
    runs,
  };
}

async function endedThreads(user: SoakUser): Promise<readonly ThreadRow[]> {
  const deadlineMs = performance.now() + RUNS_END_MS_MAX;
  for (;;) {
    const { items } = await user.get<{ items: ThreadRow[] }>("/api/threads");
    if (items.every((it) => it.active_run === null)) return items;
    if (performance.now() > deadlineMs)
      throw new Error(
        `I3: after ${RUNS_END_MS_MAX} ms still at work: ${JSON.stringify(items.filter((it) => it.active_run !== null))}`,
      );
    await setTimeout(LOOK_INTERVAL_MS);
  }
}

async function readLog(user: SoakUser, thread_id: string): Promise<Event[]> {
  const log: Event[] = [];
  for (let next: number | null = 0; next !== null;) {
    const page: { items: Event[]; next: number | null } = await user.get(
      `/api/threads/${thread_id}/events?after_seq=${next}`,
    );
    log.push(...page.items);
    next = page.next;
  }
  return log;
}

/** Every broken invariant; empty when all hold. */
export function brokenBy(it: Testimony): string[] {
  return [
    ...it.threads.flatMap(sequence),
    ...it.sockets.flatMap((frames) => delivery(frames, it)),
    ...oneRunPerMessage(it),
    ...endings(it),
    ...acknowledged(it),
    ...it.sockets.flat().flatMap((frame) => foreign(frame, it.user)),
    ...it.sockets.flat().flatMap(defects),
  ];
}

/** I1: the log is 1, 2, 3 … last_seq. */
function sequence({ thread_id, last_seq, log }: ThreadRecord): string[] {
  const gap = log.findIndex((it, index) => it.seq !== index + 1);
  if (gap >= 0) return [`I1: ${thread_id} has #${log[gap]!.seq} at ${gap + 1}`];
  return log.length === last_seq
    ? []
    : [`I1: ${thread_id} has ${log.length} events, last_seq ${last_seq}`];
}

/** I1, R5: on each socket as in the log, field for field, without gap or double. */
function delivery(
  frames: readonly ServerFrame[],
  { user, threads }: Testimony,
): string[] {
  const log = new Map(
    threads.flatMap((it) => it.log).map((it) => [it.event_id, it]),
  );
  const strange = frames.filter(
    (it) => "event_id" in it && !isDeepStrictEqual(log.get(it.event_id), it),
  );
  return [
    ...strange.map(
      (it) => `R5: not in the log like this: ${JSON.stringify(it)}`,
    ),
    ...brokenPromises(frames, user).map((it) => `I1: on a socket: ${it}`),
  ];
}

/** I2: one message and one run for a message_id, whoever was told what. */
function oneRunPerMessage({ threads, acks }: Testimony): string[] {
  const asked = threads
    .flatMap((it) => it.messages)
    .filter((it) => it.role === "user");
  const runs = new Map<string, Set<string>>();
  for (const { message_id, run_id } of [...asked, ...acks])
    runs.set(message_id, (runs.get(message_id) ?? new Set()).add(run_id));
  return [
    ...[...runs]
      .filter(([, ids]) => ids.size > 1)
      .map(([id, ids]) => `I2: ${id} has the runs ${[...ids].join(", ")}`),
    ...doubles(asked.map((it) => it.message_id)).map(
      (it) => `I2: ${it} is stored twice`,
    ),
    ...doubles(asked.map((it) => it.run_id)).map(
      (it) => `I2: ${it} answers two messages`,
    ),
  ];
}

function doubles(ids: readonly string[]): string[] {
  return ids.filter((it, index) => ids.indexOf(it) !== index);
}

/** I3 and the rules of a run. A run stopped while queued writes between those of the run before it, so its own seq may have gaps. */
function endings({ threads, runs }: Testimony): string[] {
  const log = Map.groupBy(
    threads.flatMap((it) => it.log),
    (it) => it.run_id,
  );
  return [...runs].flatMap(([run_id, status]) => {
    const events = log.get(run_id) ?? [];
    const last = events.at(-1);
    const said = last?.type === "agent_completed" ? last.status : "nothing";
    return [
      ...brokenRules(events)
        .filter((it) => !it.startsWith("R5"))
        .map((it) => `${it} (run ${run_id})`),
      ...(said === status
        ? []
        : [`I3: ${run_id} is ${status}, its ending says ${said}`]),
    ];
  });
}

/** I4: what was acknowledged is there, as it was sent. */
function acknowledged({ acks, threads, sent }: Testimony): string[] {
  const stored = new Map(
    threads.flatMap(({ thread_id, messages }) =>
      messages.map((it) => [`${thread_id} ${it.message_id}`, it]),
    ),
  );
  return acks.flatMap(({ message_id, thread_id, run_id }) => {
    const message = stored.get(`${thread_id} ${message_id}`);
    const holds =
      message?.run_id === run_id && message.content === sent.get(message_id);
    return holds ? [] : [`I4: ${message_id} is not stored as acknowledged`];
  });
}

/** I5: users are named in their texts, so another's words would show. */
function foreign(frame: ServerFrame, user: string): string[] {
  const named = JSON.stringify(frame).match(/user-[0-9a-f-]{36}/g) ?? [];
  return named
    .filter((it) => it !== user)
    .map((it) => `I5: a frame for ${user} names ${it}: ${frame.type}`);
}

/** Nothing in a soak is away, so nothing may be refused for it. */
function defects(frame: ServerFrame): string[] {
  const defect =
    frame.type === "error" &&
    (frame.code === "internal" || frame.code === "service_unavailable");
  return defect ? [`a defect of the server: ${JSON.stringify(frame)}`] : [];
}
