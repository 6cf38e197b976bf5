/** The checkers of I1 to I6 can fail: a sound history passes, and each single change to it is named by its invariant. */
import { expect, test } from "vitest";
import type { Event, ServerFrame } from "../../src/domain/protocol.ts";
import { brokenInvariants } from "./invariants.ts";
import type { Stored, Witness } from "./invariants.ts";
import { grown, takeVitals } from "./vitals.ts";

const THREAD = "thread-of-ann";
const RUN = "run-1";
const MESSAGE = "message-1";

function event(seq: number, body: object): Event {
  return {
    event_id: `0198c000-0000-7000-8000-00000000000${seq}`,
    seq,
    timestamp: "2026-01-01T00:00:00.000Z",
    user_id: "ann",
    thread_id: THREAD,
    run_id: RUN,
    agent_name: "supervisor",
    parent_agent: null,
    attempt: 1,
    ...body,
  } as Event;
}

const LOG = [
  event(1, { type: "agent_started", goal: "Answer." }),
  event(2, { type: "agent_thinking", thought: "Hm." }),
  event(3, {
    type: "agent_completed",
    success: false,
    status: "cancelled",
    duration_ms: 1,
    summary: "Stopped.",
    result: null,
    error: { code: "cancelled", message: "Stopped." },
  }),
];
const STORED: Stored = {
  threads: [
    { thread_id: THREAD, user_id: "ann", last_seq: 3 },
    { thread_id: "thread-of-bob", user_id: "bob", last_seq: 0 },
  ],
  runs: [
    {
      run_id: RUN,
      user_id: "ann",
      thread_id: THREAD,
      message_id: MESSAGE,
      status: "cancelled",
    },
  ],
  messages: [
    {
      user_id: "ann",
      message_id: MESSAGE,
      thread_id: THREAD,
      run_id: RUN,
      role: "user",
      content: "the words of ann",
    },
  ],
  events: LOG,
};
const ACK: ServerFrame = {
  type: "ack",
  message_id: MESSAGE,
  status: "accepted",
  thread_id: THREAD as never,
  run_id: RUN as never,
  queue_position: 0,
};
const ANN: Witness = {
  user: "ann",
  canary: "words of ann",
  frames: [ACK, ...LOG],
  sent: new Map([[MESSAGE, "the words of ann"]]),
  followed: true,
};
const BOB: Witness = { user: "bob", canary: "words of bob", frames: [] };

const judge = (stored: Partial<Stored>, ...witnesses: Witness[]) =>
  brokenInvariants(
    { ...STORED, ...stored },
    witnesses.length === 0 ? [ANN, BOB] : witnesses,
  );
const ids = (problems: readonly string[]) => [
  ...new Set(problems.map((it) => it.slice(0, 2))),
];

test("I1–I5 a sound history has nothing broken", () => {
  expect(judge({})).toEqual([]);
});

test("I1 a gap, a double and a wrong last_seq in the log are seen", () => {
  const [first, second, third] = LOG as [Event, Event, Event];
  const witness: Witness = { ...ANN, frames: [], followed: false };
  for (const events of [
    [first, third],
    [first, second, second, third],
    [first, second],
  ])
    expect(ids(judge({ events }, witness))).toContain("I1");
});

test("I1 a gap, a double and a step back in what a client saw are seen", () => {
  const [first, second, third] = LOG as [Event, Event, Event];
  for (const frames of [
    [first, third],
    [first, first, second],
    [second, first],
  ])
    expect(ids(judge({}, { ...ANN, frames }))).toEqual(["I1"]);
});

test("I2 a second run or message of a message_id is seen, and a second acknowledgement that names another run", () => {
  const [run] = STORED.runs;
  const [message] = STORED.messages;
  const runs = [run!, { ...run!, run_id: "run-2" }];
  expect(ids(judge({ runs }))).toContain("I2");
  const messages = [message!, { ...message!, content: "again" }];
  expect(ids(judge({ messages }))).toContain("I2");
  const again = { ...ACK, run_id: "run-2" } as ServerFrame;
  const frames = [...ANN.frames, again];
  expect(ids(judge({}, { ...ANN, frames }))).toContain("I2");
});

test("I3 a run without an ending, with two, with another than its row says, or against the rules is seen", () => {
  const silent: Witness = { ...ANN, frames: [] };
  const [first, second, third] = LOG as [Event, Event, Event];
  const threads = [{ ...STORED.threads[0]!, last_seq: 2 }];
  expect(ids(judge({ threads, events: [first, second] }, silent))).toEqual([
    "I3",
  ]);
  const twice = [first, third, { ...third, seq: 3, event_id: "other" }];
  expect(ids(judge({ events: twice }, silent))).toContain("I3");
  const runs = [{ ...STORED.runs[0]!, status: "completed" }];
  expect(ids(judge({ runs }))).toEqual(["I3"]);
  const wrong = { ...second, thought: "" } as Event;
  expect(ids(judge({ events: [first, wrong, third] }, silent))).toEqual(["I3"]);
});

test("I4 an acknowledged run, message or event that is not stored as it was told is seen", () => {
  expect(ids(judge({ runs: [] }))).toEqual(["I4"]);
  expect(ids(judge({ messages: [] }))).toEqual(["I4"]);
  const sent = new Map([[MESSAGE, "other words"]]);
  expect(ids(judge({}, { ...ANN, sent }))).toEqual(["I4"]);
  const changed = { ...LOG[1]!, thought: "Another." } as Event;
  const frames = [ACK, LOG[0]!, changed, LOG[2]!];
  expect(ids(judge({}, { ...ANN, frames }))).toEqual(["I4"]);
});

test("I4 a follower that missed the rest of its run is seen", () => {
  const frames = [ACK, LOG[0]!];
  expect(ids(judge({}, { ...ANN, frames }))).toEqual(["I4"]);
  expect(judge({}, { ...ANN, frames, followed: false })).toEqual([]);
});

test("I5 another user's frame, thread or words are seen", () => {
  const pong = (text: string): ServerFrame => ({
    type: "pong",
    id: text,
    server_time: "2026-01-01T00:00:00.000Z",
  });
  for (const frame of [LOG[0]!, ACK, pong("the words of ann")]) {
    const bob = { ...BOB, frames: [frame] };
    expect(ids(judge({}, ANN, bob)).at(-1)).toBe("I5");
  }
});

test("I6 a heap, a memory and handles that grew beyond the tolerance are seen", () => {
  const before = takeVitals();
  expect(grown(before, takeVitals())).toEqual([]);
  const after = {
    heapBytes: before.heapBytes * 2 + 100_000_000,
    rssBytes: before.rssBytes * 2 + 100_000_000,
    handles: { ...before.handles, TCPSocketWrap: 100 },
  };
  expect(grown(before, after)).toHaveLength(3);
});
