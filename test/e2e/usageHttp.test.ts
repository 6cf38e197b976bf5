/** docs/PROTOCOL.md section 7: imports, the summary and recommendations over HTTP. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ImportResult, UsageSummary } from "../../src/domain/model.ts";
import { TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

const CSV = readFileSync(
  join(import.meta.dirname, "../fixtures/usage/plain.csv"),
);

async function importBody(user: string, body: string | Buffer, query = "") {
  const response = await server.fetch(`/api/usage/imports${query}`, user, {
    method: "POST",
    body: body as BodyInit,
  });
  return {
    status: response.status,
    body: (await response.json()) as ImportResult & { detail: string },
  };
}

const imports = (user: string) =>
  server.get<{ items: ImportResult[]; next: null }>("/api/usage/imports", user);

describe("imports", () => {
  test("§7 a result tells rows, period, models and what has no price; the same file again adds nothing", async () => {
    const { status, body } = await importBody("importer", CSV);
    expect(status).toBe(201);
    expect(Object.keys(body).sort()).toEqual([
      "budgets",
      "format",
      "import_id",
      "models",
      "period",
      "rows",
      "sample",
      "skipped",
      "unpriced_models",
    ]);
    expect(body.sample).toBe(false);
    expect(body.rows.read).toBe(
      body.rows.kept + body.rows.skipped + body.rows.duplicate,
    );
    expect(body.rows.kept).toBeGreaterThan(0);
    const again = await importBody("importer", CSV);
    expect(again.body.rows).toMatchObject({
      kept: 0,
      duplicate: body.rows.kept,
    });
    const packed = await importBody("importer", gzipSync(CSV));
    expect(packed.body.rows).toMatchObject({
      kept: 0,
      duplicate: body.rows.kept,
    });
  });

  test("§7 a body is recognised by its content, whatever Content-Type says", async () => {
    const response = await server.fetch("/api/usage/imports", "hinted", {
      method: "POST",
      body: CSV as BodyInit,
      headers: { "Content-Type": "application/json" },
    });
    expect(response.status).toBe(201);
  });

  test.each<[string, string | Buffer]>([
    ["prose", "Dear server,\nplease find attached my costs.\n"],
    ["nothing", ""],
    ["other columns", "a,b,c\n1,2,3\n"],
    ["JSON of another kind", '{"hello":"world"}'],
    ["binary", Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3])],
    ["a gzip that breaks off", gzipSync(CSV).subarray(0, 40)],
  ])(
    "§7 %s is refused whole with 422 and what was expected; nothing of it is kept",
    async (_, body) => {
      const answer = await importBody("refused", body);
      expect([400, 422]).toContain(answer.status);
      if (body.length > 0) expect(answer.status).toBe(422);
      expect(answer.body.detail).toMatch(/Expected:|has no body/);
      expect((await imports("refused")).items).toEqual([]);
    },
  );

  test.each(["?format=word", "?map=model", "?map=model:"])(
    "§7 the query %s is 400",
    async (query) => {
      expect((await importBody("query", CSV, query)).status).toBe(400);
    },
  );

  test("§7 columns of other names are mapped", async () => {
    const text = "Wann,Modell,Ein,Aus\n2026-10-01T10:00:00Z,gpt-4o,1000,100\n";
    const map =
      "?map=timestamp:Wann,model:Modell,input_tokens:Ein,output_tokens:Aus";
    const { status, body } = await importBody("mapper", text, map);
    expect(status).toBe(201);
    expect(body).toMatchObject({ rows: { kept: 1 }, models: ["gpt-4o"] });
  });

  test("§7 imports are listed and removed by their user only", async () => {
    const { body } = await importBody("holder", CSV);
    expect(await imports("holder")).toMatchObject({
      items: [{ import_id: body.import_id }],
      next: null,
    });
    expect((await imports("other")).items).toEqual([]);
    const path = `/api/usage/imports/${body.import_id}`;
    expect(
      (await server.fetch(path, "other", { method: "DELETE" })).status,
    ).toBe(404);
    expect(
      (
        await server.fetch("/api/usage/imports/no-uuid", "other", {
          method: "DELETE",
        })
      ).status,
    ).toBe(404);
    expect(
      (await server.fetch(path, "holder", { method: "DELETE" })).status,
    ).toBe(204);
    expect((await imports("holder")).items).toEqual([]);
    expect(
      (await server.fetch(path, "holder", { method: "DELETE" })).status,
    ).toBe(404);
  });

  test("§7 the sample is marked as sample", async () => {
    const { status, body } = await importBody("sampler", "", "?sample=true");
    expect(status).toBe(201);
    expect(body.sample).toBe(true);
    const summary = await server.get<UsageSummary>(
      "/api/usage/summary",
      "sampler",
    );
    expect(summary.sample).toBe(true);
  });
});

describe("summary", () => {
  test("§7 its shape, from inclusive to exclusive, and groups that add up", async () => {
    const rows = [
      "timestamp,model,input_tokens,output_tokens,project",
      "2026-10-01T00:00:00Z,gpt-4o,1000,10,a",
      "2026-10-02T00:00:00Z,gpt-4o,2000,20,b",
      "2026-10-03T00:00:00Z,no-such-model,4000,40,b",
    ];
    await importBody("sums", rows.join("\n"));
    const get = (query: string) =>
      server.get<UsageSummary>(`/api/usage/summary?${query}`, "sums");
    const all = await get("from=2026-10-01&to=2026-10-04&group_by=project");
    expect(all).toMatchObject({
      period: {
        from: "2026-10-01T00:00:00.000Z",
        to: "2026-10-04T00:00:00.000Z",
      },
      currency: "USD",
      price_date: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      requests: 3,
      tokens: {
        uncached_input: 7_000,
        cache_read: 0,
        cache_write_5m: 0,
        cache_write_1h: 0,
        output: 70,
      },
      unpriced: [{ model: "no-such-model", tokens: 4_040 }],
      sample: false,
    });
    expect(all.groups.map((it) => [it.key, it.requests]).sort()).toEqual([
      ["a", 1],
      ["b", 2],
    ]);
    expect(all.cost.billed).toBeNull();
    const sum = all.groups.reduce((total, it) => total + it.cost.computed, 0);
    expect(all.cost.computed).toBeCloseTo(sum, 6);
    expect(all.cost.computed).toBe(Number(all.cost.computed.toFixed(6)));
    const half = await get(
      "from=2026-10-02T00:00:00Z&to=2026-10-03T00:00:00Z&group_by=day",
    );
    expect(half).toMatchObject({
      requests: 1,
      groups: [{ key: "2026-10-02" }],
    });
  });

  test.each(["group_by=colour", "from=yesterday", "to=x"])(
    "§7 summary?%s is 400",
    async (query) => {
      expect(
        (await server.fetch(`/api/usage/summary?${query}`, "sums")).status,
      ).toBe(400);
    },
  );

  test("§7 without data there are zeros and nothing invented", async () => {
    const empty = await server.get<UsageSummary>(
      "/api/usage/summary",
      "nobody",
    );
    expect(empty).toMatchObject({
      requests: 0,
      cost: { computed: 0, billed: null },
      groups: [],
      sample: false,
    });
    expect(await server.get("/api/recommendations", "nobody")).toMatchObject({
      items: [],
    });
  });
});
