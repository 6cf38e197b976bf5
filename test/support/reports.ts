/** A report to export, as it is stored, with every kind of part; and one whose names are meant to do harm. */
import { toExported } from "../../src/domain/export/exported.ts";
import type { Exported } from "../../src/domain/export/exported.ts";
import type {
  JsonObject,
  MessageId,
  Report,
  RunId,
  ThreadId,
} from "../../src/domain/model.ts";

/** What a name can hold that some format would take for its own: markup, a formula, a quote, a line, a bar, a turn of direction. */
export const HOSTILE =
  "<script>alert(1)</script>\"'\n|`**x**`\u202Egnp.exe & [a](http://evil.example)";
export const FORMULA = "=cmd()|' /C calc'!A0";

/** A report about `name`; it shares its sources among its parts. */
export function reportAbout(name: string): Report {
  return {
    kind: "costs",
    question: name,
    intent: "overview",
    period: {
      from: "2026-10-01T00:00:00.000Z",
      to: "2026-10-04T00:00:00.000Z",
    },
    compared_with: null,
    time_zone: "UTC",
    currency: "USD",
    price_date: "2026-09-23",
    sample: true,
    figures: [
      {
        id: "spend",
        label: "Spend",
        value: 1234.5,
        unit: "usd",
        source: "call-1",
        note: name,
      },
      {
        id: "change",
        label: "Change",
        value: 12.3,
        unit: "percent",
        source: "call-2",
        note: null,
      },
    ],
    sections: [
      {
        id: "where",
        title: "Where it goes",
        paragraphs: ["Most goes to **one** place."],
        tables: [
          {
            title: "Spend by project",
            columns: [
              { key: "name", label: "Project", unit: "text" },
              { key: "cost", label: "Spend", unit: "usd" },
              { key: "change", label: "Change", unit: "percent" },
            ],
            rows: [
              { name, cost: 1000.123456, change: -4.5 },
              { name, cost: 0.000001, change: null },
            ],
            source: "call-2",
          },
        ],
        chart: {
          kind: "daily_spend",
          title: "Spend by day",
          series: [name, "other"],
          points: [
            {
              day: "2026-10-01",
              values: { [name]: 1.25, other: -0.5 },
              anomaly: false,
            },
            {
              day: "2026-10-02",
              values: { [name]: 9.75, other: 2 },
              anomaly: true,
            },
          ],
          source: "call-3",
        },
        savings: [
          {
            id: "swap",
            title: `Move ${name}`,
            kind: "model_swap",
            affected_usd: 300,
            low_usd: 10.5,
            high_usd: 42,
            assumption: "Price only.",
            effort: "medium",
            risk: "Answers may get worse.",
            verify: "Compare.",
            source: "call-1",
          },
        ],
      },
    ],
    suggestions: [],
  };
}

export function exportedOf(
  report: Report,
  more: { readonly content?: string; readonly question?: string } = {},
): Exported {
  const at = "2026-11-24T12:34:56.000Z";
  return toExported({
    run: {
      run_id: "01900000-0000-7000-8000-000000000001" as RunId,
      thread_id: "01900000-0000-7000-8000-000000000002" as ThreadId,
      message_id: "m" as MessageId,
      status: "completed",
      attempt: 1,
      queue_position: null,
      created_at: at,
      started_at: at,
      ended_at: at,
      error: null,
    },
    question: more.question ?? report.question,
    answer: {
      content: more.content ?? "The answer.",
      report: report as unknown as JsonObject,
    },
    calls: ["call-1", "call-2", "call-3", "call-4"].map((tool_call_id) => ({
      tool_call_id,
      tool_name: "query_usage",
      summary: `Found by ${tool_call_id}.`,
    })),
  })!;
}
