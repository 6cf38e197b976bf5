/** Spans of requests to language models: totals reckoned by hand, what is passed over, and that no prompt gets in. */
import { describe, expect, it } from "vitest";
import { fixture, refusal, sumTokens, sumUsd, take } from "./support.ts";

const SPANS = fixture("otlp_spans.jsonl");

interface Attribute {
  readonly key: string;
  readonly value: object;
}
const exportOf = (attributes: readonly Attribute[], more: object = {}) =>
  JSON.stringify({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              {
                traceId: "t",
                spanId: "s",
                startTimeUnixNano: "1790848800123456789",
                attributes,
                ...more,
              },
            ],
          },
        ],
      },
    ],
  });
const text = (key: string, stringValue: unknown) => ({
  key,
  value: { stringValue },
});
const CHAT = [
  text("gen_ai.operation.name", "chat"),
  text("gen_ai.request.model", "gpt-4o"),
];
const whole = (key: string, intValue: unknown) => ({
  key,
  value: { intValue },
});

describe("OTLP/JSON spans", () => {
  it("takes the requests, each once, with cached tokens out of the input", async () => {
    const { result, records } = await take(SPANS);
    expect(result).toMatchObject({
      format: "otlp_json",
      rows: { read: 8, kept: 5, skipped: 2, duplicate: 1 },
      skipped: [
        {
          line: 2,
          reason:
            "resourceSpans[0].scopeSpans[0].spans[1]: cached tokens are more than gen_ai.usage.input_tokens, which includes them",
        },
        {
          line: 2,
          reason:
            "resourceSpans[0].scopeSpans[0].spans[4]: gen_ai.usage.input_tokens is empty",
        },
      ],
      unpriced_models: [],
    });
    // 0.6M + 0.2M + 0 + 0.2M + 1M; the agent's 1.7M are the sum of others and not among them.
    expect(sumTokens(records)).toEqual({
      uncached_input: 2_000_000,
      cache_read: 900_000,
      cache_write_5m: 100_000,
      cache_write_1h: 0,
      output: 230_000,
    });
    // gpt-4.1: 0.6M × 2 + 0.4M × 0.5 + 0.2M × 8 = 3.00; gpt-4o at Azure: 0.2M × 2.5 + 0.01M × 10 = 0.60; Sonnet 4.5 with over
    // 200,000 tokens of input: 0.2M × 6 + 0.5M × 0.6 + 0.1M × 7.5 + 0.02M × 22.5 = 2.70; embeddings: 1M × 0.02 = 0.02.
    expect(
      records.map(({ computed_usd }) => Number(computed_usd?.toFixed(6))),
    ).toEqual([3, 0.6, 0, 2.7, 0.02]);
    expect(sumUsd(records)).toBeCloseTo(6.32, 10);
  });

  it("names project, feature, user, tier and what failed", async () => {
    const { records } = await take(SPANS);
    expect(records[0]).toMatchObject({
      at: "2026-10-01T10:00:00.123Z",
      model: "gpt-4.1-2025-04-14",
      provider: "openai",
      project: "helpdesk",
      feature: "triage",
      user: "ana",
      tier: "standard",
      requests: 1,
      failed_requests: 0,
      source_id: { kind: "request", id: "chatcmpl-1" },
    });
    expect(records[2]).toMatchObject({
      provider: "azure",
      project: null,
      feature: "conv-8",
      failed_requests: 1,
      source_id: {
        kind: "request",
        id: "5b8efff798038103d269b633813fc60c:0000000000000006",
      },
    });
    expect(records[4]?.user).toBe("ben");
  });

  it("keeps no prompt, no completion and no message of a failure", async () => {
    const { records, result } = await take(SPANS);
    expect(SPANS.toString()).toContain("SECRET");
    expect(JSON.stringify([records, result])).not.toContain("SECRET");
    const broken = await take(
      exportOf([...CHAT, text("gen_ai.usage.input_tokens", "SECRET")]),
    );
    expect(broken.result.rows.skipped).toBe(1);
    expect(JSON.stringify(broken.result)).not.toContain("SECRET");
  });

  it("reads one document, a list and JSON Lines alike, and adds nothing the second time", async () => {
    const lines = SPANS.toString().trim().split("\n");
    const expected = await take(SPANS);
    const list = await take(`[${lines.join(",\n")}]`);
    expect(list.records).toEqual(expected.records);
    const again = await take(SPANS, {}, expected.shelf);
    expect(again.result.rows).toMatchObject({ kept: 0, duplicate: 6 });
  });

  it("takes numbers as JSON and protobuf write them", async () => {
    const { records } = await take(
      exportOf(
        [
          ...CHAT,
          whole("gen_ai.usage.input_tokens", 7),
          { key: "gen_ai.usage.output_tokens", value: { doubleValue: 3 } },
          whole("batch", "what the program calls so"),
        ],
        { startTimeUnixNano: 1_790_848_800_000_000_000 },
      ),
    );
    expect(records[0]).toMatchObject({
      at: "2026-10-01T10:00:00.000Z",
      tokens: { uncached_input: 7, output: 3 },
      tier: "standard",
    });
  });

  it.each([
    ["no list of spans", '{"resourceSpans": [{"scopeSpans": 5}]}'],
    ["a resource that is none", '{"resourceSpans": [null]}'],
    [
      "no time",
      exportOf([...CHAT, whole("gen_ai.usage.input_tokens", 1)], {
        startTimeUnixNano: "0",
      }),
    ],
    ["no model", exportOf([CHAT[0]!, whole("gen_ai.usage.input_tokens", 1)])],
  ])("says where there is %s", async (_name, content) => {
    const { result } = await take(content);
    expect(result.rows).toMatchObject({ read: 1, skipped: 1 });
    expect(result.skipped[0]?.reason).toMatch(/^resourceSpans/);
  });

  it("passes over spans that are no requests, and refuses other signals", async () => {
    const { result } = await take(exportOf([text("http.route", "/")]));
    expect(result.rows.read).toBe(0);
    await refusal('{"resourceLogs": []}');
  });
});
