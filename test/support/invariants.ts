/**
 * What must hold after every fault, I1 to I5, judged from the database and from what clients saw, by nothing else. Owns no state. Promises:
 * each broken invariant is named with the thread, run or frame that broke it. (I6 is vitals.ts's.)
 */
import { isDeepStrictEqual } from "node:util";
import pg from "pg";
import type { Event, ServerFrame } from "../../src/domain/protocol.ts";
import { brokenRules } from "./rules.ts";

/** What one client saw, in the order it saw it, over all its connections if it resumes by itself. */
export interface Witness {
  readonly user: string;
  /** A string that stands in this user's messages and nowhere else. */
  readonly canary: string;
  readonly frames: readonly ServerFrame[];
  /** The texts it sent, by message_id. */
  readonly sent?: ReadonlyMap<string, string>;
  /** It followed its runs to their ends, so it must have seen every event of every run it was told of. */
  readonly followed?: boolean;
}

export interface StoredRun {
  readonly run_id: string;
  readonly user_id: string;
  readonly thread_id: string;
  readonly message_id: string;
  readonly status: string;
}

export interface StoredMessage {
  readonly user_id: string;
  readonly message_id: string;
  readonly thread_id: string;
  readonly run_id: string;
  readonly role: string;
  readonly content: string;
}

/** The database, as far as the invariants go; events in the order of thread and seq. */
export interface Stored {
  readonly threads: readonly {
    readonly thread_id: string;
    readonly user_id: string;
    readonly last_seq: number;
  }[];
  readonly runs: readonly StoredRun[];
  readonly messages: readonly StoredMessage[];
  readonly events: readonly Event[];
}

/** Reads all of it past row-level security, as the server's owner. */
export async function readStored(url: string): Promise<Stored> {
  const client = new pg.Client(url);
  await client.connect();
  const rows = async <T>(sql: string) =>
    (await client.query(sql)).rows as readonly T[];
  try {
    await client.query("begin isolation level repeatable read");
    return {
      threads: await rows(
        "select thread_id, user_id, last_seq::int from threads",
      ),
      runs: await rows(
        "select run_id, user_id, thread_id, message_id, status from runs",
      ),
      messages: await rows(
        "select user_id, message_id, thread_id, run_id, role, content from messages",
      ),
      events: (
        await rows<{ seq: number; event: object }>(
          "select seq::int, event from events order by thread_id, seq",
        )
      ).map(({ seq, event }) => ({ ...event, seq }) as Event),
    };
  } finally {
    await client.end();
  }
}

/** Every broken invariant; empty when all hold. Asked for when all runs are said to have ended. */
export function brokenInvariants(
  stored: Stored,
  witnesses: readonly Witness[],
): string[] {
  return [
    ...sequences(stored),
    ...witnesses.flatMap(sequencesSeen),
    ...oneRunPerMessage(stored, witnesses),
    ...oneEndingPerRun(stored),
    ...witnesses.flatMap((it) => acknowledged(stored, it)),
    ...witnesses.flatMap((it) => ownFramesOnly(stored, it, witnesses)),
  ];
}

const isEvent = (it: ServerFrame): it is Event => "event_id" in it;
const groupBy = <T>(items: readonly T[], key: (it: T) => string) =>
  Map.groupBy(items, key);

/** I1: in the log, each thread's events are numbered 1, 2, 3 … up to the thread's last_seq. */
function sequences({ threads, events }: Stored): string[] {
  const logs = groupBy(events, (it) => it.thread_id);
  return threads.flatMap(({ thread_id, last_seq }) => {
    const seqs = (logs.get(thread_id) ?? []).map((it) => it.seq);
    const broken = seqs.findIndex((seq, index) => seq !== index + 1);
    if (broken >= 0)
      return [`I1: ${thread_id} has ${seqs[broken]} at place ${broken + 1}`];
    if (seqs.length !== last_seq)
      return [`I1: ${thread_id} ends at ${seqs.length}, not ${last_seq}`];
    return [];
  });
}

/** I1: what a client saw of a thread has no gap and no double. */
function sequencesSeen({ user, frames }: Witness): string[] {
  const logs = groupBy(frames.filter(isEvent), (it) => it.thread_id);
  return [...logs].flatMap(([thread_id, events]) =>
    events.flatMap(({ seq }, index) => {
      const before = events[index - 1];
      return before !== undefined && seq !== before.seq + 1
        ? [`I1: ${user} saw ${seq} after ${before.seq} in ${thread_id}`]
        : [];
    }),
  );
}

/** I2: a message_id of a user has one message and one run, whatever acknowledgements say the same. */
function oneRunPerMessage(
  { runs, messages }: Stored,
  witnesses: readonly Witness[],
): string[] {
  const problems: string[] = [];
  const key = (it: { user_id: string; message_id: string }) =>
    `${it.user_id} ${it.message_id}`;
  const counted = (items: readonly StoredRun[] | readonly StoredMessage[]) =>
    [...groupBy<{ user_id: string; message_id: string }>(items, key)].filter(
      ([, same]) => same.length > 1,
    );
  for (const [id, same] of counted(runs))
    problems.push(`I2: ${same.length} runs of ${id}`);
  for (const [id, same] of counted(messages))
    problems.push(`I2: ${same.length} messages ${id}`);
  const told = new Map<string, string>();
  for (const { user, frames } of witnesses)
    for (const frame of frames) {
      if (frame.type !== "ack") continue;
      const id = `${user} ${frame.message_id}`;
      const run = told.get(id) ?? frame.run_id;
      told.set(id, run);
      if (run !== frame.run_id)
        problems.push(`I2: ${id} was acknowledged as two runs`);
    }
  return problems;
}

/** I3 and the rules of a run: exactly one ending, which is what the run's row says. */
function oneEndingPerRun({ runs, events }: Stored): string[] {
  const logs = groupBy(events, (it) => it.run_id);
  return runs.flatMap(({ run_id, status }) => {
    const log = logs.get(run_id) ?? [];
    const endings = log.filter(
      (it) => it.type === "agent_completed" && it.parent_agent === null,
    );
    if (endings.length !== 1)
      return [`I3: ${run_id} (${status}) has ${endings.length} endings`];
    const [ending] = endings;
    const said = ending?.type === "agent_completed" ? ending.status : null;
    return [
      ...(said === status ? [] : [`I3: ${run_id} is ${status}, said ${said}`]),
      ...brokenRules(log).map((it) => `I3: ${run_id}: ${it}`),
    ];
  });
}

/** I4: what a client was told exists: run and message of each ack with the text it sent, each event field for field. */
function acknowledged(stored: Stored, witness: Witness): string[] {
  const { user, frames, sent } = witness;
  const runs = new Map(stored.runs.map((it) => [it.run_id, it]));
  const texts = new Map(
    stored.messages.map((it) => [`${it.user_id} ${it.message_id}`, it]),
  );
  const log = new Map(stored.events.map((it) => [it.event_id, it]));
  const logs = groupBy(stored.events, (it) => it.run_id);
  const seen = new Set(frames.filter(isEvent).map((it) => it.event_id));
  const problems: string[] = [];
  for (const frame of frames) {
    if (isEvent(frame) && !isDeepStrictEqual(log.get(frame.event_id), frame))
      problems.push(`I4: ${user} saw ${frame.event_id}, the log has another`);
    if (frame.type !== "ack") continue;
    const { run_id, thread_id, message_id } = frame;
    if (runs.get(run_id)?.thread_id !== thread_id)
      problems.push(`I4: no run ${run_id} in ${thread_id}`);
    const message = texts.get(`${user} ${message_id}`);
    const text = sent?.get(message_id) ?? message?.content;
    if (message?.run_id !== run_id || message.content !== text)
      problems.push(`I4: ${user}'s message ${message_id} is not as sent`);
    if (witness.followed !== true) continue;
    const missed = (logs.get(run_id) ?? []).filter(
      (it) => !seen.has(it.event_id),
    );
    if (missed.length > 0)
      problems.push(`I4: ${user} missed ${missed.length} events of ${run_id}`);
  }
  return problems;
}

/** I5: no frame names another user or another user's thread, nor carries another's words. */
function ownFramesOnly(
  { threads }: Stored,
  { user, frames }: Witness,
  witnesses: readonly Witness[],
): string[] {
  const owners = new Map(threads.map((it) => [it.thread_id, it.user_id]));
  const others = witnesses.filter((it) => it.user !== user);
  return frames.flatMap((frame) => {
    const text = JSON.stringify(frame);
    const named = "user_id" in frame ? frame.user_id : user;
    const strange = [...text.matchAll(/"thread_id":"([^"]+)"/g)]
      .map(([, thread]) => owners.get(thread!) ?? user)
      .find((owner) => owner !== user);
    const leaked = others.find((it) => text.includes(it.canary));
    return [
      ...(named === user ? [] : [`I5: ${user} got a frame of ${named}`]),
      ...(strange ? [`I5: ${user} got a thread of ${strange}`] : []),
      ...(leaked ? [`I5: ${user} got the words of ${leaked.user}`] : []),
    ];
  });
}
