/**
 * The rules of a run, R1 to R10 of docs/PROTOCOL.md, as one checker over a run's events. Promises: it judges from what a client saw
 * alone, and names the rule that was broken.
 */
import { Result, Schema } from "effect";
import { events as eventSchemas } from "../../src/domain/protocol.ts";
import type { Event, EventOf } from "../../src/domain/protocol.ts";

const SUPERVISOR = "supervisor";

/** Every broken rule of one run's events, in the order of the log; empty when all hold. */
export function brokenRules(events: readonly Event[]): string[] {
  return [
    ...schemaProblems(events),
    ...beginAndEnd(events),
    ...brackets(events),
    ...toolPairs(events),
    ...thoughts(events),
    ...sequence(events),
    ...finalResponse(events),
    ...attempts(events),
  ];
}

function schemaProblems(events: readonly Event[]): string[] {
  return events.flatMap((event) => {
    const schema: Schema.Codec<unknown> = eventSchemas[event.type];
    const decoded = Schema.decodeUnknownResult(schema)(event);
    return Result.isFailure(decoded)
      ? [`schema: ${event.type}#${event.seq}: ${decoded.failure.message}`]
      : [];
  });
}

const isStart = (it: Event): it is EventOf<"agent_started"> =>
  it.type === "agent_started";
const isEnd = (it: Event): it is EventOf<"agent_completed"> =>
  it.type === "agent_completed";
const bySupervisor = (it: Event) => it.agent_name === SUPERVISOR;

/** R1: first the supervisor's start, last its completion, one of each. */
function beginAndEnd(events: readonly Event[]): string[] {
  const problems: string[] = [];
  const first = events[0];
  const last = events.at(-1);
  if (first === undefined || !isStart(first) || !bySupervisor(first))
    problems.push("R1: does not begin with the supervisor's start");
  if (last === undefined || !isEnd(last) || !bySupervisor(last))
    problems.push("R1: does not end with the supervisor's completion");
  if (events.filter((it) => isStart(it) && bySupervisor(it)).length !== 1)
    problems.push("R1: not exactly one start of the supervisor");
  if (events.filter((it) => isEnd(it) && bySupervisor(it)).length !== 1)
    problems.push("R1: not exactly one ending");
  return problems;
}

/** R2: an agent's events lie between its own start and completion, inside its parent's. */
function brackets(events: readonly Event[]): string[] {
  const open = new Set<string>();
  return events.flatMap((event) => {
    const { agent_name, parent_agent } = event;
    const at = `${event.type}#${event.seq} of ${agent_name}`;
    if (parent_agent !== null && !open.has(parent_agent))
      return [`R2: ${at} outside its parent`];
    if (isStart(event)) {
      if (open.has(agent_name)) return [`R2: ${at} while it is open`];
      open.add(agent_name);
      return [];
    }
    if (!open.has(agent_name)) return [`R2: ${at} outside its own bracket`];
    if (isEnd(event)) open.delete(agent_name);
    return [];
  });
}

/** R3: every tool call has one completion, before its agent's. */
function toolPairs(events: readonly Event[]): string[] {
  const open = new Map<string, string>();
  const problems: string[] = [];
  for (const event of events) {
    if (event.type === "tool_executing")
      open.set(event.tool_call_id, event.agent_name);
    if (event.type === "tool_completed" && !open.delete(event.tool_call_id))
      problems.push(`R3: a completion without a call, #${event.seq}`);
    if (isEnd(event) && [...open.values()].includes(event.agent_name))
      problems.push(`R3: ${event.agent_name} completes with an open call`);
  }
  for (const id of open.keys()) problems.push(`R3: ${id} has no completion`);
  return problems;
}

const FROM_OUTSIDE = new Set(["cancelled", "timed_out", "interrupted"]);

/** R4: a thought before the first tool and before completion, unless it was ended from outside before its first thought. */
function thoughts(events: readonly Event[]): string[] {
  const thinking = new Set<string>();
  return events.flatMap((event) => {
    const { agent_name } = event;
    if (isStart(event)) thinking.delete(agent_name);
    if (event.type === "agent_thinking") thinking.add(agent_name);
    if (event.type === "tool_executing" && !thinking.has(agent_name))
      return [`R4: ${agent_name} used a tool before it thought`];
    const exempt = isEnd(event) && FROM_OUTSIDE.has(event.status);
    if (isEnd(event) && !thinking.has(agent_name) && !exempt)
      return [`R4: ${agent_name} completed without a thought`];
    return [];
  });
}

/** R5: seq grows by one from event to event, as long as the thread has one run at a time. */
function sequence(events: readonly Event[]): string[] {
  return events.flatMap((event, index) => {
    const before = events[index - 1];
    return before !== undefined && event.seq !== before.seq + 1
      ? [`R5: ${event.seq} follows ${before.seq}`]
      : [];
  });
}

/** R6: completed and partial have one final_response, last but one; other endings have none. */
function finalResponse(events: readonly Event[]): string[] {
  const last = events.at(-1);
  if (last === undefined || !isEnd(last)) return [];
  const responses = events.filter((it) => it.type === "final_response");
  const answered = last.status === "completed" || last.status === "partial";
  if (!answered)
    return responses.length === 0
      ? []
      : [`R6: ${last.status} has a final_response`];
  const problems: string[] = [];
  if (responses.length !== 1)
    problems.push(`R6: ${last.status} has ${responses.length} final_responses`);
  const before = events.at(-2);
  if (before?.type !== "final_response")
    problems.push("R6: final_response is not the last event but one");
  else if (before.partial !== (last.status === "partial"))
    problems.push("R6: partial does not fit the status");
  return problems;
}

/** R8: attempts never go back, and what completed under one does not start again under the next. */
function attempts(events: readonly Event[]): string[] {
  const problems: string[] = [];
  const done = new Set<string>();
  let attempt = 1;
  for (const event of events) {
    if (event.attempt < attempt)
      problems.push(`R8: attempt ${event.attempt} after ${attempt}`);
    if (isStart(event) && event.attempt > attempt && done.has(event.agent_name))
      problems.push(`R8: ${event.agent_name} ran again`);
    attempt = Math.max(attempt, event.attempt);
    if (isEnd(event) && event.status !== "interrupted")
      done.add(event.agent_name);
  }
  return problems;
}
