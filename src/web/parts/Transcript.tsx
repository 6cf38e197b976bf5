/** The open thread: its turns, messages that wait to be sent, and the scroll that sticks to the end until the person scrolls up. */
import { useEffect, useRef } from "react";
import { useStickToBottom } from "use-stick-to-bottom";
import type { OutboxItem } from "../../client/index.ts";
import {
  useClient,
  useConversation,
  useIsOnline,
  useServices,
} from "../hooks.ts";
import { announcementOf } from "../state/phase.ts";
import { EmptyState } from "./EmptyState.tsx";
import { Icon } from "./icons.tsx";
import { TurnView } from "./TurnView.tsx";

export function Transcript() {
  const { threadId, phase, problem, transcript } = useConversation();
  const outbox = useClient((it) => it.outbox);
  const waiting = outbox.filter((item) => item.thread_id === threadId);
  const last = transcript.turns.at(-1);
  const { scrollRef, contentRef, isAtBottom, scrollToBottom } =
    useReadingPosition(
      waiting.at(-1)?.message_id ?? null,
      last?.answer == null ? null : last.run_id,
    );
  const isEmpty =
    threadId === null && transcript.turns.length + waiting.length === 0;
  return (
    <div className="transcript-frame">
      <div
        className="transcript"
        ref={scrollRef}
        role="region"
        aria-label="Conversation"
        tabIndex={0}
      >
        <div className="transcript-content" ref={contentRef}>
          {isEmpty ? (
            <EmptyState />
          ) : (
            <h1 className="visually-hidden">Conversation</h1>
          )}
          {phase === "loading" && transcript.turns.length === 0 && (
            <p className="muted" aria-busy="true">
              Loading this thread…
            </p>
          )}
          {phase === "missing" && (
            <p className="notice">
              This thread is not there any more.{" "}
              <a href="#/">Start a new one</a>
            </p>
          )}
          {phase === "failed" && <LoadFailed problem={problem} />}
          {transcript.turns.map((turn) => (
            <TurnView key={turn.run_id} turn={turn} />
          ))}
          {waiting.map((item) => (
            <WaitingMessage key={item.message_id} item={item} />
          ))}
        </div>
      </div>
      {!isAtBottom && !isEmpty && (
        <button className="jump" onClick={() => void scrollToBottom()}>
          <Icon name="arrowDown" /> Jump to latest
        </button>
      )}
      <p className="visually-hidden" role="status">
        {last === undefined ? "" : announcementOf(last)}
      </p>
    </div>
  );
}

/**
 * Where the transcript stands: at its end while work goes on and after sending, and at the beginning of an answer once it is there, since
 * an answer is read from its headline on. Whoever has scrolled away is left alone.
 */
function useReadingPosition(newest: string | null, answered: string | null) {
  const stick = useStickToBottom({ initial: "instant", resize: "instant" });
  const { scrollRef, isAtBottom, scrollToBottom, stopScroll } = stick;
  const followed = useRef(true);
  useEffect(() => {
    if (newest !== null) void scrollToBottom("instant");
  }, [newest, scrollToBottom]);
  useEffect(() => {
    if (answered === null || !followed.current) return;
    stopScroll();
    scrollRef.current
      ?.querySelector(`[data-run="${answered}"] .answer`)
      ?.scrollIntoView({ block: "start" });
  }, [answered, scrollRef, stopScroll]);
  useEffect(() => {
    followed.current = isAtBottom;
  }, [isAtBottom]);
  return stick;
}

function LoadFailed({ problem }: { readonly problem: string | null }) {
  const { conversation } = useServices();
  return (
    <div className="ending" role="alert">
      <p>
        <Icon name="alert" /> The messages could not be loaded. {problem}
      </p>
      <button onClick={() => conversation.reload()}>
        <Icon name="refresh" /> Try again
      </button>
    </div>
  );
}

/** A message that the server has not taken yet, or would not take. */
function WaitingMessage({ item }: { readonly item: OutboxItem }) {
  const { client } = useServices();
  const isOnline = useIsOnline();
  return (
    <article className="turn">
      <p className="question" data-waiting="true">
        {item.text}
      </p>
      {item.refusal === null ? (
        <p className="muted phase">
          <Icon name="clock" />{" "}
          {isOnline
            ? "Sending…"
            : "Kept here; goes out with the next connection"}
        </p>
      ) : (
        <div className="ending" role="alert">
          <p>
            <Icon name="alert" /> Not sent. {item.refusal.message}
          </p>
          <button onClick={() => client.retry(item.message_id)}>
            <Icon name="refresh" /> Send again
          </button>
          <button
            className="quiet"
            onClick={() => client.discard(item.message_id)}
          >
            Discard
          </button>
        </div>
      )}
    </article>
  );
}
