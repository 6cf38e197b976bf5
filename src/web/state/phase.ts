/** A run in a few words: what is happening, what will follow for certain, how it ended. Pure. */
import { formatName } from "./format.ts";
import { isActive, rootOf } from "./turn.ts";
import type { AgentView, ToolView, Turn } from "./turn.ts";

/**
 * Agents of which the protocol already says that they will follow in a run under way: a run that opened with triage always closes
 * with the report.
 */
export function pendingAgents(turn: Turn): readonly string[] {
  const names = turn.agents.map((agent) => agent.name);
  const isOpen = rootOf(turn)?.status === "active";
  return isOpen && names.includes("triage") && !names.includes("report")
    ? ["report"]
    : [];
}

/** What is happening now, or what was done and how it ended. */
export function phaseOf(turn: Turn): string {
  if (isActive(turn)) return activePhase(turn);
  const agents = turn.agents.filter((agent) => agent.parent !== null).length;
  const tools = turn.agents.flatMap(toolsOf).length;
  const done = `${count(agents, "agent")}, ${count(tools, "tool call")}`;
  return turn.status === "completed"
    ? done
    : `${ENDINGS[turn.status]} · ${done}`;
}

/** The words for those who hear the page: the start, each change of agent, the end. */
export function announcementOf(turn: Turn): string {
  if (!isActive(turn))
    return turn.status === "completed"
      ? "The answer is ready."
      : `The answer ended: ${ENDINGS[turn.status]}.`;
  const agent = turn.agents.findLast((it) => it.status === "active");
  return agent === undefined
    ? "The question waits for its turn."
    : `${formatName(agent.name)} is working.`;
}

const ENDINGS: Record<Turn["status"], string> = {
  queued: "waiting",
  running: "working",
  completed: "done",
  partial: "partly answered",
  failed: "failed",
  cancelled: "stopped",
  timed_out: "timed out",
};

function activePhase(turn: Turn): string {
  const agent = turn.agents.findLast((it) => it.status === "active");
  if (agent === undefined) return "Waiting for its turn";
  const tool = toolsOf(agent).findLast((it) => it.status === "running");
  const item = agent.items.at(-1);
  const doing =
    tool?.purpose ?? (item?.kind === "thought" ? item.text : agent.goal);
  return `${formatName(agent.name)}: ${doing}`;
}

function toolsOf(agent: AgentView): ToolView[] {
  return agent.items.flatMap((it) => (it.kind === "tool" ? [it.tool] : []));
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
