/** Where a number comes from: the tool call, with its full parameters and result as they are stored. */
import { useEffect, useState } from "react";
import type { ToolCall } from "../../domain/model.ts";
import { useServices } from "../hooks.ts";
import { wordsOf } from "../state/api.ts";
import { Dialog } from "./Dialog.tsx";
import { JsonBlock } from "./ToolCard.tsx";

export interface Source {
  readonly runId: string;
  readonly callId: string;
  /** The number's own label. */
  readonly label: string;
}

export function SourceDialog(props: {
  readonly source: Source;
  readonly onClose: () => void;
}) {
  const { runId, callId, label } = props.source;
  const { api } = useServices();
  const [call, setCall] = useState<ToolCall | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    let isShown = true;
    api.toolCall(runId, callId).then(
      (found) => isShown && setCall(found),
      (error: unknown) => isShown && setProblem(wordsOf(error)),
    );
    return () => {
      isShown = false;
    };
  }, [api, runId, callId]);
  return (
    <Dialog
      kind="dialog"
      title={`Source of “${label}”`}
      onClose={props.onClose}
    >
      {problem !== null && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {problem === null && call === null && <p aria-busy="true">Loading…</p>}
      {call !== null && (
        <>
          <p>
            <code>{call.tool_name}</code> {call.summary}
          </p>
          <JsonBlock label="Parameters" value={call.parameters} />
          <JsonBlock label="Full result" value={call.result} />
        </>
      )}
    </Dialog>
  );
}
