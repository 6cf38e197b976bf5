/** Kept results on a real server (§4, `cached`): a second question over unchanged data computes nothing anew and says so. */
import { readFileSync } from "node:fs";
import { describe, expect, inject, test } from "vitest";
import { costs } from "../../src/domain/agents/index.ts";
import type { ImportResult } from "../../src/domain/model.ts";
import type { EventOf } from "../../src/domain/protocol.ts";
import { brokenRules } from "../support/rules.ts";
import { serverForTest } from "../support/server.ts";
import type { TestServer } from "../support/server.ts";

const SERVER = inject("redisUrl");
const caches = [
  { name: "memory", env: {} },
  ...(SERVER === null ? [] : [{ name: "redis", env: { REDIS_URL: SERVER } }]),
];
const KEPT = [
  "batch_savings",
  "cache_savings",
  "combine_savings",
  "forecast_spend",
  "simulate_model_swap",
];
const QUESTION = "Analyze my AI costs";
const newUser = () => `saver-${crypto.randomUUID()}`;

async function load(server: TestServer, user: string, file: string) {
  const body = readFileSync(
    new URL(`../fixtures/usage/${file}`, import.meta.url),
  );
  const response = await server.fetch("/api/usage/imports", user, {
    method: "POST",
    body,
  });
  expect(response.status).toBe(201);
  return (await response.json()) as ImportResult;
}

/** One question on a connection of its own: the tools that were cached, all results by tool, the answer. */
async function ask(server: TestServer, user: string) {
  const socket = await server.connect(user);
  const { events } = await socket.ask(QUESTION);
  socket.close();
  expect(brokenRules(events)).toEqual([]);
  const completed = events.filter(
    (it): it is EventOf<"tool_completed"> => it.type === "tool_completed",
  );
  const final = events.at(-2) as EventOf<"final_response">;
  return {
    cached: completed
      .flatMap((it) => (it.cached === true ? [it.tool_name] : []))
      .toSorted(),
    results: completed.map((it) => [it.tool_name, it.results, it.summary]),
    content: final.content,
  };
}

describe.each(caches)(
  "results kept in $name",
  { timeout: 120_000 },
  ({ env }) => {
    const start = () => serverForTest({ application: costs, env });

    test("§4 the same question over the same data has the same figures, cached", async () => {
      const server = await start();
      const user = newUser();
      await load(server, user, "openai_usage.csv");
      const first = await ask(server, user);
      expect(first.cached).toEqual([]);
      const second = await ask(server, user);
      expect(second.cached).toEqual(KEPT);
      expect(second.results).toEqual(first.results);
      expect(second.content).toBe(first.content);
    });

    test("§4 new data, and data that goes, are computed anew; another user shares nothing", async () => {
      const server = await start();
      const [user, other] = [newUser(), newUser()];
      await load(server, user, "openai_usage.csv");
      await load(server, other, "openai_usage.csv");
      const before = await ask(server, user);
      expect((await ask(server, other)).cached).toEqual([]);
      const added = await load(server, user, "anthropic_usage.csv");
      const after = await ask(server, user);
      expect(after.cached).toEqual([]);
      expect(after.results).not.toEqual(before.results);
      const removed = await server.fetch(
        `/api/usage/imports/${added.import_id}`,
        user,
        { method: "DELETE" },
      );
      expect(removed.status).toBe(204);
      const again = await ask(server, user);
      expect(again.cached).toEqual([]);
      expect((await ask(server, user)).cached).toEqual(KEPT);
    });
  },
);
