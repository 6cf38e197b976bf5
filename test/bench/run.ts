/**
 * `npm run bench`: what a node carries, as one table and as JSON. Servers run in processes of their own; the load comes from this one,
 * over real sockets. Promises: prints medians, ratios to the aims of the project, and whether the service levels hold.
 */
import type { UserId } from "../../src/domain/model.ts";
import { issueToken } from "../../src/app/secret.ts";
import { configOf, TEST_SECRET } from "../support/config.ts";
import { BenchUser } from "./client.ts";
import type { Timing } from "./client.ts";
import { threeModels } from "./data.ts";
import { onServers, startNodes } from "./nodes.ts";
import type { Nodes } from "./nodes.ts";

const ZERO_WORK = "alpha noop!; beta noop!; gamma noop!; delta noop!";
const QUESTION = "Analyze my AI costs";
const USERS = [1, 8, 32];
const RUNS = Number(process.env["BENCH_RUNS"] ?? 320);
const WARM_UP_RUNS = Math.ceil(RUNS / 3);
const IDLE_CONNECTIONS = Number(process.env["BENCH_CONNECTIONS"] ?? 10_000);
const HANDSHAKES_AT_ONCE = 64;

/** What the project aims at on two cores: zero-work runs a second, embedded or on PostgreSQL and Redis; for the rest embedded. */
const [ONE, EIGHT, MANY] = onServers ? [60, 150, 200] : [40, 80, 100];
const AIMS: Record<string, number | undefined> = {
  "zero work, 1 users: runs/s": ONE,
  "zero work, 8 users: runs/s": EIGHT,
  "zero work, 32 users: runs/s": MANY,
  "zero work, 1 users: first event p50 ms": 15,
  "costs, 1 users: total p50 ms": 150,
  "RSS per idle connection KiB": 16,
};
const SERVICE_LEVELS = {
  connectedMs: 2_000,
  firstEventMs: 5_000,
  answerMs: 60_000,
};

type Figures = Record<string, number>;

const config = await configOf({ JWT_SECRET: TEST_SECRET });
const secret = new TextEncoder().encode(TEST_SECRET);
const tokenOf = async (user: string) =>
  (await issueToken(secret, config, user as UserId, 3_600)).token;

// --- throughput and latency ----------------------------------------------------------------------------------------------------

async function measure(
  nodes: Nodes,
  name: string,
  users: number,
  question: string,
): Promise<Figures> {
  const connected = await Promise.all(
    Array.from({ length: users }, async (_, index) =>
      BenchUser.connect(nodes.urlFor(index), await tokenOf(`user-${index}`)),
    ),
  );
  const each = Math.max(4, Math.ceil(RUNS / USERS.length / users));
  // All of them, so that every connection to the database has seen every statement: a node is measured at work, not at its start.
  await Promise.all(
    connected.map(async (user) => {
      for (let run = 0; run < Math.ceil(WARM_UP_RUNS / users); run++)
        await user.ask(question);
    }),
  );
  const timings: Timing[] = [];
  const cpuMsBefore = await nodes.cpuMs();
  const began = performance.now();
  await Promise.all(
    connected.map(async (user) => {
      for (let run = 0; run < each; run++)
        timings.push(await user.ask(question));
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  const cpuMs = (await nodes.cpuMs()) - cpuMsBefore;
  for (const user of connected) user.close();
  const first = timings.map((it) => it.firstMs);
  const total = timings.map((it) => it.totalMs);
  const label = `${name}, ${users} users`;
  return {
    [`${label}: runs/s`]: timings.length / seconds,
    [`${label}: CPU ms of the nodes a run`]: cpuMs / timings.length,
    [`${label}: first event p50 ms`]: quantile(first, 0.5),
    [`${label}: first event p99 ms`]: quantile(first, 0.99),
    [`${label}: total p50 ms`]: quantile(total, 0.5),
    [`${label}: total p99 ms`]: quantile(total, 0.99),
  };
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[
    Math.min(sorted.length - 1, Math.floor(sorted.length * share))
  ]!;
}

// --- connections ---------------------------------------------------------------------------------------------------------------

async function measureConnections(nodes: Nodes): Promise<Figures> {
  const token = await tokenOf("idle");
  const warm = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      BenchUser.connect(nodes.urlFor(index), token),
    ),
  );
  const before = await nodes.rssKiB();
  const open: BenchUser[] = [];
  const times: number[] = [];
  const began = performance.now();
  const opener = async () => {
    while (open.length + times.length - open.length < IDLE_CONNECTIONS) {
      const sent = performance.now();
      times.push(0);
      open.push(await BenchUser.connect(nodes.urlFor(times.length), token));
      times[open.length - 1] = performance.now() - sent;
    }
  };
  await Promise.all(Array.from({ length: HANDSHAKES_AT_ONCE }, opener));
  const seconds = (performance.now() - began) / 1_000;
  const after = await nodes.rssKiB();
  for (const user of [...warm, ...open]) user.close();
  return {
    "handshakes/s": open.length / seconds,
    "connected p99 ms": quantile(times, 0.99),
    "idle connections": open.length,
    "RSS MiB with idle connections": after / 1_024,
    "RSS per idle connection KiB": (after - before) / open.length,
  };
}

// --- all of it -----------------------------------------------------------------------------------------------------------------

async function importData(nodes: Nodes, users: number): Promise<void> {
  for (let index = 0; index < users; index++) {
    const response = await fetch(`${nodes.urlFor(index)}/api/usage/imports`, {
      method: "POST",
      headers: { Authorization: `Bearer ${await tokenOf(`user-${index}`)}` },
      body: threeModels(index),
    });
    if (!response.ok) throw new Error(await response.text());
  }
}

async function bench(): Promise<Figures> {
  const figures: Figures = {};
  const zero = await startNodes("zero");
  for (const users of USERS)
    Object.assign(figures, await measure(zero, "zero work", users, ZERO_WORK));
  figures["RSS MiB after the runs"] = (await zero.rssKiB()) / 1_024;
  Object.assign(figures, await measureConnections(zero));
  await zero.stop();
  const real = await startNodes("costs");
  await importData(real, Math.max(...USERS));
  for (const users of USERS)
    Object.assign(figures, await measure(real, "costs", users, QUESTION));
  await real.stop();
  return figures;
}

/** For times and sizes less is better, for rates more: a ratio of 1 or more meets the aim either way. */
function ratioTo(name: string, value: number): string {
  const aim = AIMS[name];
  if (aim === undefined) return "";
  return (name.endsWith("/s") ? value / aim : aim / value).toFixed(2);
}

function holds(figures: Figures): Record<string, boolean> {
  const worst = (part: string) =>
    Math.max(
      ...Object.entries(figures).flatMap(([name, it]) =>
        name.includes(part) ? [it] : [],
      ),
    );
  return {
    "connected in 2 s": worst("connected p99") <= SERVICE_LEVELS.connectedMs,
    "first event in 5 s":
      worst("first event p99") <= SERVICE_LEVELS.firstEventMs,
    "answer in 60 s": worst("total p99") <= SERVICE_LEVELS.answerMs,
  };
}

const figures = await bench();
const rows = Object.entries(figures).map(([figure, value]) => ({
  figure,
  value: Number(value.toFixed(1)),
  aim: AIMS[figure] ?? "",
  "ratio to aim": ratioTo(figure, value),
}));
console.table(rows);
console.table(holds(figures));
process.stdout.write(
  `${JSON.stringify({ figures, serviceLevels: holds(figures) })}\n`,
);
