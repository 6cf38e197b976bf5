/**
 * Two people on two nodes who try each other's ids, of threads, runs, messages and connections, over every surface while both have runs at work
 * (I5): all that they get is what an unknown id gets, no word of the other, and nothing of the other's is changed.
 */
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { ServerFrame } from "../../src/domain/protocol.ts";
import { Nodes } from "../support/nodes.ts";
import type { NodeProcess } from "../support/nodes.ts";
import type { TestSocket } from "../support/socket.ts";
import { Bystanders } from "./bystanders.ts";
import { amount, draw, seeded } from "./seed.ts";

let nodes: Nodes;
beforeAll(async () => {
  nodes = await Nodes.start(2);
});
afterEach(() => nodes.hangUp());
afterAll(() => nodes.stop());

const ATTEMPTS = amount(100, 2_000);

interface Person {
  readonly user: string;
  readonly canary: string;
  readonly node: NodeProcess;
  readonly socket: TestSocket;
  readonly sent: Map<string, string>;
  /** What of this person's has an id. */
  readonly ids: {
    readonly thread: string;
    readonly run: string;
    readonly message: string;
    readonly connection: string;
  };
}

async function arrive(place: number): Promise<Person> {
  const user = `person-${place}-${crypto.randomUUID()}`;
  const canary = `canary-${crypto.randomUUID()}`;
  const node = nodes.at(place);
  const socket = node.open({ token: await node.token(user) });
  const { connection_id: connection } = await socket.next("connection_ready");
  const message = crypto.randomUUID();
  const text = `alpha noop!; beta sleep(4000); gamma noop!; ${canary}`;
  socket.send({ type: "user_message", message_id: message, text });
  const { thread_id: thread, run_id: run } = await socket.next("ack");
  const sent = new Map([[message, text]]);
  const ids = { thread, run, message, connection };
  return { user, canary, node, socket, sent, ids };
}

type Kind = keyof Person["ids"];
const KINDS: Kind[] = ["thread", "run", "message", "connection"];

/** Frames that name an id; each has one answer. */
const FRAMES: ((id: string) => object)[] = [
  (id) => ({ type: "join_thread", thread_id: id }),
  (id) => ({ type: "join_thread", thread_id: id, after_seq: 3 }),
  (id) => ({ type: "user_message", text: "alpha noop!", thread_id: id }),
  (id) => ({
    type: "user_message",
    text: "alpha noop!",
    thread_id: id,
    if_busy: "interrupt",
  }),
  (id) => ({ type: "stop_run", run_id: id }),
  (id) => ({ type: "leave_thread", thread_id: id }),
];

const REQUESTS: ((id: string) => readonly [string, string, object?])[] = [
  (id) => ["GET", `/api/threads/${id}`],
  (id) => ["PATCH", `/api/threads/${id}`, { title: "taken over" }],
  (id) => ["DELETE", `/api/threads/${id}`],
  (id) => ["GET", `/api/threads/${id}/messages`],
  (id) => ["GET", `/api/threads/${id}/events?after_seq=0`],
  (id) => ["GET", `/api/runs/${id}`],
  (id) => ["POST", `/api/runs/${id}/stop`],
  (id) => ["DELETE", `/api/connections/${id}`],
  (id) => ["DELETE", `/api/usage/imports/${id}`],
];

/** What a socket answers to one frame, the id taken out. */
async function tell(
  socket: TestSocket,
  frame: (id: string) => object,
  id: string,
) {
  const before = new Set(socket.frames);
  socket.send(frame(id));
  // Of its own runs it goes on hearing meanwhile.
  const isAnswer = (it: ServerFrame) =>
    !before.has(it) && !("seq" in it) && it.type !== "thread_updated";
  await socket.find(isAnswer);
  const answers = socket.frames.filter(isAnswer);
  return JSON.stringify(answers).replaceAll(id, "the id");
}

/** What HTTP answers to one request, the id taken out. */
async function request(
  { node, user }: Person,
  make: (typeof REQUESTS)[number],
  id: string,
) {
  const [method, path, body] = make(id);
  const json = { "Content-Type": "application/json" };
  const init =
    body === undefined ? {} : { body: JSON.stringify(body), headers: json };
  const response = await node.fetch(path, user, { method, ...init });
  const text = (await response.text()).replaceAll(id, "the id");
  return `${response.status} ${text}`;
}

const attempt = fc.record({
  attacker: fc.nat({ max: 1 }),
  kind: fc.constantFrom(...KINDS),
  frame: fc.constantFrom(...FRAMES),
  request: fc.constantFrom(...REQUESTS),
  over: fc.constantFrom("frame", "request", "url"),
});
type Attempt = typeof attempt extends fc.Arbitrary<infer T> ? T : never;

/** What joining a thread by the URL gets. */
async function joinByUrl({ node, user }: Person, id: string): Promise<string> {
  const token = await node.token(user);
  const socket = node.open({ token, query: `?thread_id=${id}` });
  const error = await socket.next("error");
  await socket.settle();
  const events = socket.events().length;
  socket.terminate();
  return `${JSON.stringify(error)} ${events}`;
}

function tryOut(
  by: Person,
  { over, frame, request: make }: Attempt,
  id: string,
) {
  if (over === "url") return joinByUrl(by, id);
  return over === "frame" ? tell(by.socket, frame, id) : request(by, make, id);
}

test(
  seeded(
    `I5 ${ATTEMPTS} attempts at another's ids get what an unknown id gets`,
  ),
  async () => {
    const bystanders = await Bystanders.start(nodes);
    const people = [await arrive(0), await arrive(1)] as const;
    for (const it of draw("attempts", attempt, ATTEMPTS)) {
      const by = people[it.attacker]!;
      const victim = people[1 - it.attacker]!;
      const got = await tryOut(by, it, victim.ids[it.kind]);
      const unknown = await tryOut(by, it, crypto.randomUUID());
      expect(got).toEqual(unknown);
      for (const { canary, user, ids } of people) {
        if (user === by.user) continue;
        expect(got).not.toContain(canary);
        for (const id of [user, ...Object.values(ids)])
          expect(got).not.toContain(id);
      }
    }
    for (const { socket, ids, node, user, canary } of people) {
      const events = await socket.run(ids.run);
      expect(events.at(-1)).toMatchObject({ status: "completed" });
      const thread = await node.get<object>(`/api/threads/${ids.thread}`, user);
      expect(thread).toMatchObject({ title: expect.stringContaining("alpha") });
      expect(JSON.stringify(events)).toContain(canary);
      expect(socket.ws.readyState).toBe(socket.ws.OPEN);
    }
    const witnesses = people.map(({ user, canary, socket, sent }) => {
      // `left` says the id again that it was asked for, whosever it is.
      const frames = socket.frames.filter((it) => it.type !== "left");
      return { user, canary, sent, frames, followed: true };
    });
    await bystanders.finish(witnesses);
    for (const { socket } of people) socket.terminate();
  },
  120_000 + ATTEMPTS * 200,
);

test("I2 I5 a message_id is each user's own: another's is free to use, on another node, at the same moment", async () => {
  const message_id = crypto.randomUUID();
  const people = await Promise.all(
    [0, 1].map((at) => nodes.at(at).connect(`same-${at}`)),
  );
  for (const [at, socket] of people.entries())
    socket.send({ type: "user_message", message_id, text: `alpha ${at}` });
  const acks = await Promise.all(people.map((it) => it.next("ack")));
  expect(acks.map((it) => it.status)).toEqual(["accepted", "accepted"]);
  expect(new Set(acks.map((it) => it.run_id)).size).toBe(2);
  for (const [at, socket] of people.entries()) {
    const events = await socket.run(acks[at]!.run_id);
    expect(new Set(events.map((it) => it.user_id))).toEqual(
      new Set([`same-${at}`]),
    );
    socket.terminate();
  }
});
