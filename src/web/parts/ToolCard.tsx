/** One use of a tool: a line with what for, the outcome and the time; opened, its parameters and result as they were logged. */
import { memo } from "react";
import type { Json } from "../../domain/model.ts";
import { formatDuration } from "../state/format.ts";
import type { ToolView } from "../state/turn.ts";
import { CopyButton } from "./CopyButton.tsx";
import { Icon } from "./icons.tsx";

const WORDS = { running: "running", done: "done", failed: "failed" } as const;

export const ToolCard = memo(function ToolCard({
  tool,
}: {
  readonly tool: ToolView;
}) {
  return (
    <details className="tool" data-status={tool.status}>
      <summary>
        <Icon name="tool" />
        <code className="tool-name">{tool.name}</code>
        <span className="tool-summary">
          {tool.error?.message ?? tool.summary ?? tool.purpose}
        </span>
        <span className="tool-status">
          {tool.cached ? "cached" : WORDS[tool.status]}
        </span>
        {tool.duration_ms !== null && (
          <span className="elapsed">{formatDuration(tool.duration_ms)}</span>
        )}
        <Icon name="chevron" />
      </summary>
      <p className="tool-purpose">{tool.purpose}</p>
      <JsonBlock label="Parameters" value={tool.parameters} />
      {tool.status === "done" && (
        <JsonBlock label="Result" value={tool.results} />
      )}
    </details>
  );
});

/** A JSON value, readable and copyable, in a region that scrolls by keyboard too. */
export function JsonBlock(props: {
  readonly label: string;
  readonly value: Json;
}) {
  const text = JSON.stringify(props.value, null, 2);
  return (
    <div className="json">
      <div className="json-head">
        <span>{props.label}</span>
        <CopyButton text={text} what={props.label.toLowerCase()} />
      </div>
      <pre role="region" aria-label={props.label} tabIndex={0}>
        {text}
      </pre>
    </div>
  );
}
