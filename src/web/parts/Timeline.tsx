/** What the agents did: a line per agent with its thoughts and tools, open while the run is at work, folded up once it has ended. */
import { memo, useState } from "react";
import { useClient, useNow } from "../hooks.ts";
import { formatDuration, formatName } from "../state/format.ts";
import { pendingAgents, phaseOf } from "../state/phase.ts";
import { isActive, rootOf } from "../state/turn.ts";
import type { AgentView, Turn } from "../state/turn.ts";
import { Icon } from "./icons.tsx";
import type { IconName } from "./icons.tsx";
import { ToolCard } from "./ToolCard.tsx";

const ELAPSED_EVERY_MS = 250;
type Status = AgentView["status"] | "pending";
const WORDS: Record<Status, string> = {
  pending: "pending",
  active: "working",
  completed: "done",
  partial: "partly done",
  failed: "failed",
  cancelled: "stopped",
  timed_out: "timed out",
  interrupted: "interrupted",
};

export function Timeline({ turn }: { readonly turn: Turn }) {
  const [choice, setChoice] = useState<boolean | null>(null);
  const root = rootOf(turn);
  if (root === undefined) return null;
  const open = choice ?? isActive(turn);
  return (
    <div className="timeline" role="group" aria-label="What the agents did">
      <button
        className="timeline-head"
        aria-expanded={open}
        onClick={() => setChoice(!open)}
      >
        <StatusIcon status={root.status} />
        <span className="timeline-phase">{phaseOf(turn)}</span>
        <Elapsed agent={root} />
        <Icon name="chevron" />
      </button>
      {open && (
        <ol className="agents">
          <Items agent={root} />
          {turn.agents
            .filter((agent) => agent !== root)
            .map((agent) => (
              <Agent key={agent.key} agent={agent} />
            ))}
          {pendingAgents(turn).map((name) => (
            <li key={name} className="agent" data-status="pending">
              <div className="agent-head">
                <StatusIcon status="pending" />
                <span className="agent-name">{formatName(name)}</span>
                <span className="agent-status">{WORDS.pending}</span>
              </div>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

const Agent = memo(function Agent({ agent }: { readonly agent: AgentView }) {
  return (
    <li className="agent" data-status={agent.status}>
      <div className="agent-head">
        <StatusIcon status={agent.status} />
        <span className="agent-name">{formatName(agent.name)}</span>
        {agent.attempt > 1 && (
          <span className="badge">attempt {agent.attempt}</span>
        )}
        <span className="agent-status">{WORDS[agent.status]}</span>
        <Elapsed agent={agent} />
      </div>
      <p className="agent-goal">{agent.goal}</p>
      <ol className="items">
        <Items agent={agent} />
      </ol>
      {agent.error !== null && <p className="problem">{agent.error.message}</p>}
    </li>
  );
});

function Items({ agent }: { readonly agent: AgentView }) {
  return agent.items.map((item) => (
    <li key={item.key} className="item">
      {item.kind === "thought" ? (
        <p className="thought">{item.text}</p>
      ) : (
        <ToolCard tool={item.tool} />
      )}
    </li>
  ));
}

const ICONS: Record<Exclude<Status, "pending" | "active">, IconName> = {
  completed: "check",
  partial: "check",
  failed: "alert",
  cancelled: "stop",
  timed_out: "clock",
  interrupted: "refresh",
};

/** Status by shape; the words beside it say the same. */
function StatusIcon({ status }: { readonly status: Status }) {
  return (
    <span className="status-icon" data-status={status} aria-hidden="true">
      {status !== "pending" && status !== "active" && (
        <Icon name={ICONS[status]} />
      )}
    </span>
  );
}

/** How long an agent took, or has been at it by the server's clock. */
function Elapsed({ agent }: { readonly agent: AgentView }) {
  const isRunning = agent.status === "active";
  const now = useNow(isRunning, ELAPSED_EVERY_MS);
  const offset = useClient((it) => it.session?.clock_offset_ms ?? 0);
  const elapsedMs = Math.max(0, now + offset - Date.parse(agent.started_at));
  return (
    <span className="elapsed">
      {formatDuration(agent.duration_ms ?? elapsedMs)}
    </span>
  );
}
