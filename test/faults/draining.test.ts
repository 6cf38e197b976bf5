/**
 * SIGTERM while runs are at work: of the program itself, of a node among three, of all in turn. Clients are told and closed with 1012, the exit
 * code is 0, and no finished step is repeated (R8).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { tokenOf } from "../support/child.ts";
import { Cluster } from "../support/cluster.ts";
import { TEST_SECRET } from "../support/config.ts";
import { TestSocket } from "../support/socket.ts";
import { Load } from "./load.ts";
import { amount, seeded } from "./seed.ts";

const CLEAN = { code: 0, signal: null };

/** What every open connection sees of a drain. */
async function expectTold(socket: TestSocket): Promise<void> {
  const { reconnect_after_ms } = await socket.next("server_draining");
  expect(reconnect_after_ms).toBeGreaterThan(0);
  expect((await socket.closed).code).toBe(1012);
  expect(socket.frames.some((it) => it.type === "connection_ready")).toBe(true);
}

test(
  seeded("§6 the program itself drains on SIGTERM and exits with 0"),
  async () => {
    const cluster = await Cluster.start({ nodes: 1 });
    const program = spawn(
      process.execPath,
      [join(import.meta.dirname, "../../src/app/cli.ts"), "serve"],
      {
        env: {
          ...process.env,
          PORT: "0",
          JWT_SECRET: TEST_SECRET,
          DATABASE_URL: cluster.postgres.url,
          REDIS_URL: cluster.redis.url,
        },
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    onTestFinished(() => void program.kill("SIGKILL"));
    const exited = once(program, "exit");
    const [greeting] = (await once(
      createInterface(program.stdout),
      "line",
    )) as [string];
    const url = /http:\S+/.exec(greeting)![0].replace("http", "ws");
    const socket = TestSocket.open(`${url}/ws`, {
      token: await tokenOf("leaving"),
    });
    await socket.next("connection_ready");
    socket.send({ type: "user_message", text: "Analyze my AI costs" });
    await socket.next("ack");
    program.kill("SIGTERM");
    await expectTold(socket);
    expect(await exited).toEqual([0, null]);
  },
  240_000,
);

test(
  seeded("R8 §6 SIGTERM of a node hands its runs over at a step boundary"),
  async () => {
    const cluster = await Cluster.start();
    const sockets = await Promise.all(
      ["a", "b", "c"].map((it) => cluster.node(0).connect(it)),
    );
    const load = Load.start(cluster);
    await load.goesOn(8);
    const told = Promise.all(sockets.map(expectTold));
    expect(await cluster.terminate(0)).toEqual(CLEAN);
    await told;
    await load.goesOn(12);
    const { events } = await load.finish();
    expect(JSON.stringify(events)).not.toContain('"interrupted"');
  },
  240_000,
);

const RESTARTS = amount(1, 4);

test(
  seeded("I1–I5 R8 a rolling restart of three nodes under load"),
  async () => {
    const cluster = await Cluster.start();
    const load = Load.start(cluster);
    for (let restart = 0; restart < RESTARTS; restart++)
      for (const place of [0, 1, 2]) {
        await load.goesOn(6);
        expect(await cluster.terminate(place)).toEqual(CLEAN);
        await cluster.startNode(place);
      }
    await load.goesOn(8);
    const { events, runs } = await load.finish();
    expect(JSON.stringify(events)).not.toContain('"interrupted"');
    expect(new Set(runs.map((it) => it.status))).not.toContain("failed");
  },
  240_000 + RESTARTS * 60_000,
);
