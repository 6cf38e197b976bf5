/** docs/PROTOCOL.md section 7: spans sent by an exporter, as the OTLP/HTTP specification says. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { limits } from "../../src/domain/limits.ts";
import type { ImportResult, UsageSummary } from "../../src/domain/model.ts";
import { TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

const [FIRST, SECOND] = readFileSync(
  join(import.meta.dirname, "../fixtures/usage/otlp_spans.jsonl"),
  "utf8",
).split("\n") as [string, string];

async function send(
  user: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
) {
  const response = await server.fetch("/api/otlp/v1/traces", user, {
    method: "POST",
    body: body as BodyInit,
    headers: { "Content-Type": "application/json", ...headers },
  });
  return {
    status: response.status,
    type: response.headers.get("Content-Type"),
    body: (await response.json()) as Record<string, unknown>,
  };
}

const imports = async (user: string) =>
  (await server.get<{ items: ImportResult[] }>("/api/usage/imports", user))
    .items;

test("§7 the spans of a day are one import, and what is sent again adds nothing", async () => {
  // An export that failed in no part leaves partialSuccess unset.
  expect(await send("exporter", FIRST)).toMatchObject({
    status: 200,
    body: {},
  });
  const partly = await send("exporter", gzipSync(SECOND), {
    "Content-Encoding": "gzip",
  });
  expect(partly).toMatchObject({
    status: 200,
    type: expect.stringContaining("application/json") as string,
    body: {
      partialSuccess: {
        rejectedSpans: "2",
        errorMessage: expect.stringContaining(
          "cached tokens are more",
        ) as string,
      },
    },
  });
  expect(await send("exporter", FIRST)).toMatchObject({ body: {} });
  const [day, ...others] = await imports("exporter");
  expect(others).toEqual([]);
  expect(day).toMatchObject({
    format: "otlp_json",
    rows: { read: 11, kept: 5, skipped: 2, duplicate: 4 },
    period: {
      from: "2026-10-01T10:00:00.123Z",
      to: "2026-10-02T11:00:01.001Z",
    },
  });
  const summary = await server.get<UsageSummary>(
    "/api/usage/summary?from=2026-10-01&to=2026-10-03",
    "exporter",
  );
  expect(summary).toMatchObject({ requests: 5, cost: { computed: 6.32 } });
});

test("§7 exports at the same time lose no counts, and the day can be removed as one", async () => {
  await Promise.all(Array.from({ length: 8 }, () => send("crowd", FIRST)));
  const [day, ...others] = await imports("crowd");
  expect(others).toEqual([]);
  expect(day?.rows).toEqual({ read: 24, kept: 3, skipped: 0, duplicate: 21 });
  const removed = await server.fetch(
    `/api/usage/imports/${day?.import_id}`,
    "crowd",
    { method: "DELETE" },
  );
  expect(removed.status).toBe(204);
  await send("crowd", FIRST);
  expect((await imports("crowd"))[0]?.rows.kept).toBe(3);
});

test("§7 spans without requests begin no import", async () => {
  expect((await send("idle", '{"resourceSpans":[]}')).status).toBe(200);
  expect(await imports("idle")).toEqual([]);
});

test.each<[string, number, string | Buffer, Record<string, string>]>([
  [
    "protobuf",
    415,
    Buffer.from([10, 0]),
    { "Content-Type": "application/x-protobuf" },
  ],
  ["another compression", 415, FIRST, { "Content-Encoding": "zstd" }],
  ["what is not JSON", 400, "{", {}],
  ["another signal", 400, '{"resourceLogs":[]}', {}],
  ["gzip that is none", 400, FIRST, { "Content-Encoding": "gzip" }],
  ["too much", 413, Buffer.alloc(limits.spansBodyBytesMax + 1, "x"), {}],
  [
    "too much once unpacked",
    413,
    gzipSync(Buffer.alloc(limits.spansExpandedBytesMax + 1)),
    { "Content-Encoding": "gzip" },
  ],
  ["noise", 400, randomBytes(64), {}],
])(
  "§7 %s is refused with a Status body",
  async (_name, status, body, headers) => {
    const answer = await send("refused", body, headers);
    expect(answer.status).toBe(status);
    expect(answer.type).toContain("application/json");
    expect(answer.body).toEqual({
      code: 3,
      message: expect.stringMatching(/\S{2}/) as string,
    });
    expect(await imports("refused")).toEqual([]);
  },
);

test("§7 an exporter needs a token", async () => {
  const response = await fetch(`${server.url}/api/otlp/v1/traces`, {
    method: "POST",
    body: FIRST,
    headers: { "Content-Type": "application/json" },
  });
  expect(response.status).toBe(401);
});
