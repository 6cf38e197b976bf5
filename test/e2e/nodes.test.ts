/**
 * Three nodes on one database: a message sent at one, its run executed at another, its events watched at the third (R5), whatever the bus
 * between them loses. With Redis, and with PostgreSQL alone.
 */
import { Effect } from "effect";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { RunId, ThreadId } from "../../src/domain/model.ts";
import type { Bus, BusMessage } from "../../src/domain/ports.ts";
import type { Event } from "../../src/domain/protocol.ts";
import { Runs } from "../../src/domain/runs.ts";
import { freshDatabase } from "../support/freshDatabase.ts";
import { brokenRules } from "../support/rules.ts";
import { TestServer } from "../support/server.ts";
import type { FrameOfType, TestSocket } from "../support/socket.ts";

const POSTGRES = inject("postgresUrl");
const REDIS = inject("redisUrl");
const WAYS = [
  { name: "Redis", env: REDIS === null ? null : { REDIS_URL: REDIS } },
  { name: "PostgreSQL alone", env: {} },
].filter((it) => it.env !== null && POSTGRES !== null);

/** What the nodes' buses lose at this moment. */
let isLost: (message: BusMessage) => boolean = () => false;
const losing = (bus: Bus["Service"]): Bus["Service"] => ({
  ...bus,
  publish: (topic, message) =>
    isLost(message) ? bus.tell(topic, message) : bus.publish(topic, message),
});

describe.each(WAYS)("three nodes, by $name", ({ env }) => {
  let drop: () => Promise<void>;
  /** Where clients send, where runs are executed, where clients watch. */
  let sending: TestServer;
  let working: TestServer;
  let watching: TestServer;

  beforeAll(async () => {
    const database = await freshDatabase(POSTGRES!);
    drop = database.drop;
    const start = () =>
      TestServer.start({
        env: { DATABASE_URL: database.url, ...env },
        throughBus: losing,
      });
    sending = await start();
    [working, watching] = await Promise.all([start(), start()]);
    for (const { node } of [sending, watching])
      await node.services.runPromise(
        Effect.flatMap(Runs, (it) => it.leaving.finish),
      );
  });
  afterAll(async () => {
    await Promise.all([sending, working, watching].map((it) => it.stop()));
    await drop();
  });

  const newUser = () => `user-${crypto.randomUUID()}`;
  async function submit(
    socket: TestSocket,
    text: string,
  ): Promise<FrameOfType<"ack">> {
    socket.send({ type: "user_message", text });
    return socket.next("ack");
  }
  async function watch(user: string, thread_id: string, after_seq = 0) {
    const socket = await watching.connect(user);
    socket.send({ type: "join_thread", thread_id, after_seq });
    await socket.next("joined");
    return socket;
  }
  const logOf = async (user: string, thread: string) =>
    (
      await sending.get<{ items: Event[] }>(
        `/api/threads/${thread}/events`,
        user,
      )
    ).items;
  /** While `lost` is true of them, messages reach nobody but their own node. */
  async function losingWhile(
    lost: (message: BusMessage) => boolean,
    work: () => Promise<void>,
  ): Promise<void> {
    isLost = lost;
    try {
      await work();
    } finally {
      isLost = () => false;
    }
  }

  test("R5 sent at one, executed at another, watched at the third: all see the log", async () => {
    const user = newUser();
    const sender = await sending.connect(user);
    const gate = crypto.randomUUID();
    const { run_id, thread_id } = await submit(
      sender,
      `alpha noop gate(${gate}) noop; beta echo(x) fail; gamma noop!`,
    );
    await working.gates.reached(gate);
    const watcher = await watch(user, thread_id);
    working.gates.open(gate);
    const seen = await watcher.run(run_id);
    expect(brokenRules(seen)).toEqual([]);
    expect(await sender.run(run_id)).toEqual(seen);
    expect(await logOf(user, thread_id)).toEqual(seen);
  });

  test("§4 R5 a client that moves to another node goes on after its cursor", async () => {
    const user = newUser();
    const gate = crypto.randomUUID();
    const before = await sending.connect(user);
    const { run_id, thread_id } = await submit(
      before,
      `alpha noop; beta gate(${gate}); gamma noop!`,
    );
    await before.find(
      (it) => it.type === "tool_executing" && it.tool_name === "gate",
    );
    const seen = before.events();
    before.terminate();
    const after = await watch(user, thread_id, seen.at(-1)!.seq);
    working.gates.open(gate);
    const all = [...seen, ...(await after.run(run_id))];
    expect(brokenRules(all)).toEqual([]);
    expect(await logOf(user, thread_id)).toEqual(all);
  });

  test("R5 the last events arrive although their message is lost", async () => {
    const user = newUser();
    const gate = crypto.randomUUID();
    const sender = await sending.connect(user);
    const { run_id, thread_id } = await submit(
      sender,
      `alpha gate(${gate}); beta noop!`,
    );
    const watcher = await watch(user, thread_id);
    await watcher.find((it) => it.type === "tool_executing");
    await losingWhile(
      (it) => it.kind === "events" || it.kind === "thread",
      async () => {
        working.gates.open(gate);
        const seen = await watcher.run(run_id);
        expect(brokenRules(seen)).toEqual([]);
        expect(await sender.run(run_id)).toEqual(seen);
      },
    );
  });

  test("§5 R10 a run is stopped although the message is lost and its tool writes nothing", async () => {
    const user = newUser();
    const sender = await sending.connect(user);
    const { run_id } = await submit(sender, "alpha noop; beta hang");
    await sender.find(
      (it) => it.type === "tool_executing" && it.tool_name === "hang",
    );
    await losingWhile(
      (it) => it.kind === "stop",
      async () => {
        sender.send({ type: "stop_run", run_id });
        const seen = await sender.run(run_id);
        expect(brokenRules(seen)).toEqual([]);
        expect(seen.at(-1)).toMatchObject({ status: "cancelled" });
      },
    );
  });

  test("§5 a deleted thread is left once everywhere, although the messages are lost, and its run stores nothing more", async () => {
    const user = newUser();
    const sender = await sending.connect(user);
    const ack = await submit(sender, "alpha noop; beta hang");
    const thread_id = ack.thread_id as ThreadId;
    await sender.find(
      (it) => it.type === "tool_executing" && it.tool_name === "hang",
    );
    const watcher = await watch(user, thread_id);
    await losingWhile(
      (it) => it.kind === "stop" || it.kind === "deleted",
      async () => {
        const path = `/api/threads/${thread_id}`;
        await sending.fetch(path, user, { method: "DELETE" });
        const left = { type: "left", thread_id, reason: "deleted" };
        expect(await watcher.next("left")).toEqual(left);
        await sender.next("left");
        await expect
          .poll(() => activeRuns(working), { timeout: 15_000 })
          .toBe(0);
      },
    );
    await watcher.settle();
    const lefts = watcher.frames.filter(
      (it) => it.type === "left" && it.thread_id === thread_id,
    );
    expect(lefts).toHaveLength(1);
    const gone = await sending.fetch(`/api/runs/${ack.run_id as RunId}`, user);
    expect(gone.status).toBe(404);
  });
});

const activeRuns = ({ node }: TestServer): Promise<number> =>
  node.services.runPromise(Effect.map(Runs, (it) => it.active()));
