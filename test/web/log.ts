/** A small, valid log and its messages, for tests of what the page makes of them. */
import type { Message } from "../../src/domain/model.ts";
import type { Event, EventBody } from "../../src/domain/protocol.ts";

/** A log of runs, each of supervisor, triage with one tool, and report. */
export function logOf(...runs: string[]): Event[] {
  const log: Event[] = [];
  const emit = (run: string, agent: string, body: EventBody) => {
    const seq = log.length + 1;
    log.push({
      ...body,
      event_id: `0198c0de-0000-7000-8000-${String(seq).padStart(12, "0")}`,
      seq,
      timestamp: new Date(Date.UTC(2026, 10, 22) + seq * 100).toISOString(),
      user_id: "alice",
      thread_id: "t1",
      run_id: run,
      agent_name: agent,
      parent_agent: agent === "supervisor" ? null : "supervisor",
      attempt: 1,
    });
  };
  for (const run of runs)
    for (const [agent, body] of SCRIPT) emit(run, agent, body);
  return log;
}

const tool = { tool_call_id: "c1", tool_name: "query_usage" } as const;
const ended = (duration_ms: number, summary: string) =>
  ({
    type: "agent_completed",
    success: true,
    status: "completed",
    duration_ms,
    summary,
    result: null,
    error: null,
  }) as const;
const SCRIPT: readonly (readonly [string, EventBody])[] = [
  ["supervisor", { type: "agent_started", goal: "Answer" }],
  ["supervisor", { type: "agent_thinking", thought: "First triage." }],
  ["triage", { type: "agent_started", goal: "Look at the data" }],
  ["triage", { type: "agent_thinking", thought: "Which days?" }],
  [
    "triage",
    {
      type: "tool_executing",
      ...tool,
      parameters: { days: 30 },
      purpose: "Coverage",
    },
  ],
  [
    "triage",
    {
      type: "tool_completed",
      ...tool,
      success: true,
      duration_ms: 12,
      summary: "30 days",
      results: { days: 30 },
      error: null,
    },
  ],
  ["triage", ended(40, "Sufficient")],
  ["report", { type: "agent_started", goal: "Write" }],
  ["report", { type: "agent_thinking", thought: "Writing." }],
  ["report", ended(10, "Written")],
  [
    "supervisor",
    {
      type: "final_response",
      message_id: "a1",
      content: "You spent $3.",
      report: { kind: "costs" },
      partial: false,
    },
  ],
  ["supervisor", ended(90, "Answered")],
];

/** A stored message of a run, some milliseconds after the log's beginning. */
export function message(
  run: string,
  role: "user" | "assistant",
  atMs: number,
): Message {
  return {
    message_id: `${role}-${run}`,
    thread_id: "t1",
    run_id: run,
    role,
    content: role === "user" ? `question ${run}` : "You spent $3.",
    report: null,
    created_at: new Date(Date.UTC(2026, 10, 22) + atMs).toISOString(),
  } as Message;
}
