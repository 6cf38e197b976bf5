/**
 * A thread as a person reads it: one turn per run, from stored events and messages. Pure, with structural sharing: a turn that an
 * input does not concern stays the same object. Promises: events and messages may come in any order between each other.
 */
import type { Message, Timestamp } from "../../domain/model.ts";
import type { ConnectionFrameOf, Event } from "../../domain/protocol.ts";
import { foldEvent, foldMessage, newTurn } from "./turn.ts";
import type { Turn } from "./turn.ts";

export interface Transcript {
  readonly turns: readonly Turn[];
}

export const emptyTranscript: Transcript = { turns: [] };

/** The transcript after further events, in the order of their seq. */
export function withEvents(
  before: Transcript,
  events: readonly Event[],
): Transcript {
  return events.reduce(
    (transcript, event) =>
      change(transcript, event.run_id, event.timestamp, (turn) =>
        foldEvent(turn, event),
      ),
    before,
  );
}

/** The transcript with what stored messages add: the questions, and answers whose events were not read. */
export function withMessages(
  before: Transcript,
  messages: readonly Message[],
): Transcript {
  const after = messages.reduce(
    (transcript, message) =>
      change(transcript, message.run_id, message.created_at, (turn) =>
        foldMessage(turn, message),
      ),
    before,
  );
  return { turns: after.turns.toSorted(byTime) };
}

/** The transcript after a piece of model text. A piece after a gap is left out: the answer itself is the truth. */
export function withChunk(
  before: Transcript,
  chunk: ConnectionFrameOf<"stream_chunk">,
): Transcript {
  const turns = before.turns.map((turn) => {
    if (turn.run_id !== chunk.run_id || turn.answer !== null) return turn;
    if (chunk.offset > turn.draft.length) return turn;
    return { ...turn, draft: turn.draft.slice(0, chunk.offset) + chunk.text };
  });
  return { turns };
}

function byTime(a: Turn, b: Turn): number {
  return a.asked_at < b.asked_at ? -1 : a.asked_at > b.asked_at ? 1 : 0;
}

/** Replaces one run's turn, made first where it is missing. */
function change(
  before: Transcript,
  runId: string,
  at: Timestamp,
  fold: (turn: Turn) => Turn,
): Transcript {
  const index = before.turns.findLastIndex((turn) => turn.run_id === runId);
  const known = before.turns[index];
  if (known === undefined)
    return { turns: [...before.turns, fold(newTurn(runId, at))] };
  const turn = fold(known);
  return turn === known ? before : { turns: before.turns.with(index, turn) };
}
