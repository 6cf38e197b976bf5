/** Forty users at once with marked texts: nobody sees another's mark, in any frame or HTTP answer, and another's ids lead nowhere. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Application } from "../../src/domain/agents/definition.ts";
import type { Message, Thread } from "../../src/domain/model.ts";
import { brokenRules } from "../support/rules.ts";
import { scripted } from "../support/scripted.ts";
import { TestServer } from "../support/server.ts";
import type { TestSocket } from "../support/socket.ts";

const USERS = 40;

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

interface Marked {
  readonly user: string;
  readonly mark: string;
  readonly sockets: readonly TestSocket[];
  readonly threads: string[];
  readonly runs: string[];
}

const users: Marked[] = Array.from({ length: USERS }, (_, index) => ({
  user: `user-${index}-${crypto.randomUUID()}`,
  mark: `mark${crypto.randomUUID().replaceAll("-", "")}`,
  sockets: [],
  threads: [],
  runs: [],
}));

async function work(it: Marked): Promise<Marked> {
  const sockets = [
    await server.connect(it.user),
    await server.connect(it.user),
  ];
  const [first, second] = sockets;
  const question = `alpha echo(${it.mark}) sleep(2); beta secret echo(${it.mark})`;
  const one = await first!.ask(question);
  second!.send({ type: "join_thread", thread_id: one.ack.thread_id });
  const two = await second!.ask(`gamma fail; ${question}`, {
    thread_id: one.ack.thread_id,
  });
  const three = await first!.ask(question);
  for (const { ack, events } of [one, two, three]) {
    expect(brokenRules(events)).toEqual([]);
    it.threads.push(ack.thread_id);
    it.runs.push(ack.run_id);
  }
  return { ...it, sockets };
}

/** Everything this user can get over HTTP, as text. */
async function everythingOf({ user, threads, runs }: Marked): Promise<string> {
  const paths = [
    "/api/threads",
    "/api/connections",
    "/api/preferences",
    "/api/usage/summary",
    "/api/usage/imports",
    "/api/recommendations",
    ...threads.flatMap((id) => [
      `/api/threads/${id}`,
      `/api/threads/${id}/messages`,
      `/api/threads/${id}/events`,
    ]),
    ...runs.map((id) => `/api/runs/${id}`),
  ];
  const texts = [];
  for (const path of paths) {
    const response = await server.fetch(path, user);
    expect(response.status, path).toBe(200);
    texts.push(await response.text());
  }
  return texts.join("\n");
}

test("forty users at once see their own marks and nobody else's", async () => {
  const done = await Promise.all(users.map(work));
  for (const it of done) {
    const frames = it.sockets.flatMap((socket) => socket.frames);
    const seen = JSON.stringify(frames) + (await everythingOf(it));
    expect(seen).toContain(it.mark);
    for (const other of done) {
      if (other === it) continue;
      expect(seen.includes(other.mark)).toBe(false);
      expect(seen.includes(other.user)).toBe(false);
      for (const id of [...other.threads, ...other.runs])
        expect(seen.includes(id)).toBe(false);
    }
  }
}, 60_000);

test("another user's ids answer like ids that never were, on every path", async () => {
  const [mine, theirs] = [users[0]!, users[1]!];
  const never = crypto.randomUUID();
  const requests = (thread: string, run: string) =>
    [
      ["GET", `/api/threads/${thread}`],
      ["PATCH", `/api/threads/${thread}`],
      ["DELETE", `/api/threads/${thread}`],
      ["GET", `/api/threads/${thread}/messages`],
      ["GET", `/api/threads/${thread}/events`],
      ["GET", `/api/runs/${run}`],
      ["POST", `/api/runs/${run}/stop`],
      ["GET", `/api/runs/${run}/calls/x`],
      ["DELETE", `/api/usage/imports/${run}`],
    ] as const;
  const answers = async (thread: string, run: string) => {
    const found = [];
    for (const [method, path] of requests(thread, run)) {
      const body = method === "PATCH" ? { body: '{"title":"taken"}' } : {};
      const response = await server.fetch(path, mine.user, { method, ...body });
      found.push([response.status, await response.text()]);
    }
    return found;
  };
  const others = await answers(theirs.threads[0]!, theirs.runs[0]!);
  expect(others).toEqual(await answers(never, never));
  expect(others.map(([status]) => status)).toEqual(others.map(() => 404));
  const kept = await server.get<Thread>(
    `/api/threads/${theirs.threads[0]}`,
    theirs.user,
  );
  expect(kept.title).not.toBe("taken");
});

test("another user's thread can neither be joined, left with effect, nor written to", async () => {
  const [mine, theirs] = [users[2]!, users[3]!];
  const thread_id = theirs.threads[0]!;
  const socket = await server.connect(mine.user);
  const watcher = await server.connect(theirs.user);
  watcher.send({ type: "join_thread", thread_id });
  await watcher.next("joined");
  for (const frame of [
    { type: "join_thread", thread_id },
    { type: "user_message", text: "alpha", thread_id },
    { type: "user_message", text: "alpha", thread_id, if_busy: "interrupt" },
  ]) {
    socket.send(frame);
    expect(await socket.next("error")).toMatchObject({
      code: "thread_not_found",
    });
  }
  socket.send({ type: "leave_thread", thread_id });
  socket.send({ type: "ack_events", thread_id, seq: 1 });
  await socket.settle();
  const { ack } = await watcher.ask(`alpha echo(${theirs.mark})`, {
    thread_id,
  });
  await watcher.run(ack.run_id);
  await socket.settle();
  expect(socket.events()).toEqual([]);
  expect(JSON.stringify(socket.frames)).not.toContain(theirs.mark);
});

test("questions of a thread reach only its own user's agents", async () => {
  const seen = new Map<string, string[]>();
  const application: Application = {
    ...scripted(),
    answer: ({ question, earlier }) => {
      seen.set(question, [...earlier]);
      return { content: question, report: {}, partial: false };
    },
  };
  const own = await TestServer.start({ application });
  try {
    const asked = Array.from({ length: 8 }, async (_, index) => {
      const socket = await own.connect(`u${index}`);
      const first = await socket.ask(`alpha echo(u${index}-1)`);
      await socket.ask(`alpha echo(u${index}-2)`, {
        thread_id: first.ack.thread_id,
      });
    });
    await Promise.all(asked);
    for (let index = 0; index < 8; index += 1)
      expect(seen.get(`alpha echo(u${index}-2)`)).toEqual([
        `alpha echo(u${index}-1)`,
      ]);
    const { items } = await own.get<{ items: Thread[] }>("/api/threads", "u0");
    const messages = await own.get<{ items: Message[] }>(
      `/api/threads/${items[0]?.thread_id}/messages`,
      "u0",
    );
    expect(messages.items).toHaveLength(4);
  } finally {
    await own.stop();
  }
});
