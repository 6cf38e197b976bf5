/** One turn: the question, the agents at work, the answer. Renders again only when its own turn changes. */
import { memo, useCallback, useState } from "react";
import { useServices } from "../hooks.ts";
import { formatDuration } from "../state/format.ts";
import { asReport, hasStructure } from "../state/report.ts";
import { isActive, rootOf } from "../state/turn.ts";
import type { AnswerView, Turn } from "../state/turn.ts";
import { CopyButton } from "./CopyButton.tsx";
import { ExportMenu } from "./ExportMenu.tsx";
import { Icon } from "./icons.tsx";
import { GrowingMarkdown, Markdown } from "./Markdown.tsx";
import { ReportView } from "./Report.tsx";
import { SourceDialog } from "./SourceDialog.tsx";
import type { Source } from "./SourceDialog.tsx";
import { Timeline } from "./Timeline.tsx";

export const TurnView = memo(function TurnView(props: { readonly turn: Turn }) {
  const { turn } = props;
  return (
    <article className="turn" aria-busy={isActive(turn)} data-run={turn.run_id}>
      {turn.question !== null && <p className="question">{turn.question}</p>}
      {turn.status === "queued" && (
        <p className="muted phase">
          <Icon name="clock" /> Waiting for its turn
        </p>
      )}
      <Timeline turn={turn} />
      {turn.draft !== "" && <GrowingMarkdown text={turn.draft} />}
      {turn.answer !== null && <Answer answer={turn.answer} turn={turn} />}
      {!isActive(turn) && turn.answer === null && <Ending turn={turn} />}
    </article>
  );
});

function Answer(props: { readonly answer: AnswerView; readonly turn: Turn }) {
  const { answer, turn } = props;
  const [source, setSource] = useState<Source | null>(null);
  const [asText, setAsText] = useState(false);
  const showSource = useCallback(
    (callId: string, label: string) =>
      setSource({ runId: turn.run_id, callId, label }),
    [turn.run_id],
  );
  const report = asReport(answer.report);
  const isStructured = report !== null && hasStructure(report);
  return (
    <div className="answer">
      {answer.partial && (
        <p className="notice">
          This answer is partial: not every step could be finished.
        </p>
      )}
      {isStructured && !asText ? (
        <ReportView report={report} onSource={showSource} />
      ) : (
        <Markdown text={answer.content} />
      )}
      <footer className="answer-foot">
        <Took turn={turn} />
        <CopyButton text={answer.content} what="answer as Markdown" />
        {isStructured && (
          <button
            className="quiet small"
            aria-pressed={asText}
            onClick={() => setAsText(!asText)}
          >
            {asText ? "as report" : "as text"}
          </button>
        )}
        {report !== null && <ExportMenu runId={turn.run_id} />}
      </footer>
      {report !== null && <Suggestions texts={report.suggestions} />}
      {source !== null && (
        <SourceDialog source={source} onClose={() => setSource(null)} />
      )}
    </div>
  );
}

function Took({ turn }: { readonly turn: Turn }) {
  const ms = rootOf(turn)?.duration_ms ?? null;
  return ms === null ? null : (
    <span className="muted">answered in {formatDuration(ms)}</span>
  );
}

function Suggestions({ texts }: { readonly texts: readonly string[] }) {
  const { conversation } = useServices();
  return (
    <ul className="chips" aria-label="You may want to ask">
      {texts.map((text) => (
        <li key={text}>
          <button className="chip" onClick={() => conversation.send(text)}>
            {text}
          </button>
        </li>
      ))}
    </ul>
  );
}

const ENDINGS: Partial<Record<Turn["status"], string>> = {
  cancelled: "Stopped. What was computed until then is kept above.",
  timed_out: "This took too long and was ended. What was computed is kept.",
  failed: "This did not work out. Your question is kept.",
};

/** How a run ended that has no answer, and the way to try again. */
function Ending({ turn }: { readonly turn: Turn }) {
  const { conversation } = useServices();
  const { question } = turn;
  const words = ENDINGS[turn.status];
  if (words === undefined) return null;
  const isFailure = turn.status !== "cancelled";
  return (
    <div className="ending" role={isFailure ? "alert" : undefined}>
      <p>
        <Icon name={isFailure ? "alert" : "stop"} /> {words}{" "}
        {isFailure && rootOf(turn)?.error?.message}
      </p>
      {question !== null && (
        <button onClick={() => conversation.send(question)}>
          <Icon name="refresh" /> Ask again
        </button>
      )}
    </div>
  );
}
