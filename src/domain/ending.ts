/**
 * How a run ends, from why it left its plan, what its agents finished and what can be answered with it (R6, R10). Pure, but for the
 * answer's fresh id. Promises: completed and partial have an answer, other endings have none.
 */
import type { Leaving } from "../../machines/run.ts";
import { newId } from "./ids.ts";
import { limits } from "./limits.ts";
import type { Answer, Failure, FinalStatus, MessageId, Step } from "./model.ts";
import type { Ending } from "./ports.ts";
import type { EventBody } from "./protocol.ts";

/** Makes the answer from the finished steps; null where there is nothing to answer with. May throw. */
type MakeAnswer = (timedOut: boolean) => Answer | null;

/** The ending of a run that left its plan for `leaving`, or finished it. */
export function endingOf(
  leaving: Leaving | null,
  steps: readonly Step[],
  makeAnswer: MakeAnswer,
): Ending {
  if (leaving === "stopped") return withoutAnswer("cancelled", CANCELLED);
  if (leaving === "exhausted") return withoutAnswer("failed", EXHAUSTED);
  const timedOut = leaving === "timedOut";
  const given = answerFrom(steps, () => makeAnswer(timedOut));
  if (given === null) {
    return timedOut
      ? withoutAnswer("timed_out", TIMED_OUT)
      : withoutAnswer("failed", NO_ANSWER);
  }
  const whole =
    !timedOut &&
    !given.partial &&
    steps.every((it) => it.status === "completed");
  return {
    status: whole ? "completed" : "partial",
    error: timedOut ? TIMED_OUT : null,
    answer: { ...given, partial: !whole, message_id: newId() as MessageId },
  };
}

/** The supervisor's last words (R1, R6). */
export function lastWords(
  ending: Ending,
  duration_ms: number,
): readonly EventBody[] {
  const { answer, status, error } = ending;
  const completed: EventBody = {
    type: "agent_completed",
    success: answer !== null,
    status,
    duration_ms,
    summary: error?.message ?? "Answered.",
    result: null,
    error,
  };
  if (answer === null) return [completed];
  return [{ type: "final_response", ...answer }, completed];
}

/** Nothing finished is nothing to answer with; an answer that cannot be made is a failed run, not a lost one. */
function answerFrom(
  steps: readonly Step[],
  make: () => Answer | null,
): Answer | null {
  const isFinished = (it: Step) =>
    it.status === "completed" || it.status === "partial";
  if (!steps.some(isFinished)) return null;
  try {
    return make();
  } catch {
    return null;
  }
}

function withoutAnswer(status: FinalStatus, error: Failure): Ending {
  return { status, error, answer: null };
}

const CANCELLED: Failure = {
  code: "cancelled",
  message: "Stopped. What was computed so far is kept.",
};
const TIMED_OUT: Failure = {
  code: "timed_out",
  message: "Out of time. What was computed so far is kept.",
};
const EXHAUSTED: Failure = {
  code: "attempts_exhausted",
  message: `Gave up after ${limits.attemptsMax} interrupted attempts. Ask again; if it happens again, tell the operator.`,
};
const NO_ANSWER: Failure = {
  code: "no_answer",
  message:
    "No agent could finish its part. Ask again, or ask for less at once.",
};
