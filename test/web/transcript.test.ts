/** The transcript: what a person sees of a log, however the log and the messages arrive. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Event } from "../../src/domain/protocol.ts";
import {
  announcementOf,
  pendingAgents,
  phaseOf,
} from "../../src/web/state/phase.ts";
import {
  emptyTranscript,
  withChunk,
  withEvents,
  withMessages,
} from "../../src/web/state/transcript.ts";
import type { Transcript } from "../../src/web/state/transcript.ts";
import { isActive, rootOf } from "../../src/web/state/turn.ts";
import type { Turn } from "../../src/web/state/turn.ts";
import { logOf, message } from "./log.ts";

function only(transcript: Transcript): Turn {
  expect(transcript.turns).toHaveLength(1);
  return transcript.turns[0]!;
}

test("a finished run reads as question, agents with their tools, and answer", () => {
  const messages = [message("r1", "user", 0), message("r1", "assistant", 1)];
  const turn = only(
    withMessages(withEvents(emptyTranscript, logOf("r1")), messages),
  );
  expect(turn).toMatchObject({
    question: "question r1",
    status: "completed",
    answer: { content: "You spent $3.", report: { kind: "costs" } },
  });
  expect(turn.agents.map((it) => [it.name, it.status, it.duration_ms])).toEqual(
    [
      ["supervisor", "completed", 90],
      ["triage", "completed", 40],
      ["report", "completed", 10],
    ],
  );
  expect(turn.agents[1]?.items).toMatchObject([
    { kind: "thought", text: "Which days?" },
    {
      kind: "tool",
      tool: { status: "done", summary: "30 days", duration_ms: 12 },
    },
  ]);
  expect(phaseOf(turn)).toBe("2 agents, 1 tool call");
  expect(rootOf(turn)?.name).toBe("supervisor");
});

test("however events are batched, and whenever the messages come, the transcript is the same", () => {
  const log = logOf("r1", "r2");
  const messages = [
    message("r1", "user", 0),
    message("r1", "assistant", 1_200),
    message("r2", "user", 1_250),
    message("r2", "assistant", 2_400),
  ];
  const wanted = withMessages(withEvents(emptyTranscript, log), messages);
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 7 }), { maxLength: 30 }),
      fc.nat(30),
      (sizes, messagesAt) => {
        let transcript = emptyTranscript;
        let at = 0;
        for (const [i, size] of [...sizes, log.length].entries()) {
          if (i === messagesAt) transcript = withMessages(transcript, messages);
          transcript = withEvents(transcript, log.slice(at, at + size));
          at += size;
        }
        expect(withMessages(transcript, messages)).toEqual(wanted);
      },
    ),
  );
});

test("an event leaves the turns of other runs the same objects", () => {
  const log = logOf("r1", "r2");
  const before = withEvents(emptyTranscript, log.slice(0, -1));
  const after = withEvents(before, log.slice(-1));
  expect(after.turns[0]).toBe(before.turns[0]);
  expect(after.turns[1]).not.toBe(before.turns[1]);
});

test("at every point of a run it is active until its ending, and says what is going on", () => {
  const log = logOf("r1");
  for (let n = 1; n < log.length; n += 1) {
    const turn = only(withEvents(emptyTranscript, log.slice(0, n)));
    expect(isActive(turn)).toBe(true);
    expect(phaseOf(turn)).not.toBe("");
  }
  const atTool = only(withEvents(emptyTranscript, log.slice(0, 5)));
  expect(phaseOf(atTool)).toBe("Triage: Coverage");
  expect(announcementOf(atTool)).toBe("Triage is working.");
  expect(pendingAgents(atTool)).toEqual(["report"]);
  const end = only(withEvents(emptyTranscript, log));
  expect(isActive(end)).toBe(false);
  expect(pendingAgents(end)).toEqual([]);
  expect(announcementOf(end)).toBe("The answer is ready.");
});

describe("endings without an answer", () => {
  test.each(["failed", "cancelled", "timed_out"] as const)(
    "a run that ends %s keeps what was done",
    (status) => {
      const log = logOf("r1").slice(0, 5);
      const last = logOf("r1").at(-1) as Extract<
        Event,
        { type: "agent_completed" }
      >;
      const error = { code: status, message: "why" };
      const turn = only(
        withEvents(emptyTranscript, [
          ...log,
          { ...last, success: false, status, error },
        ]),
      );
      expect(turn).toMatchObject({ status, answer: null });
      expect(rootOf(turn)?.error).toEqual(error);
      expect(phaseOf(turn)).toContain("1 agent, 1 tool call");
    },
  );
});

test("an agent that starts again after a crash is a second entry, and later events are its own", () => {
  const log = logOf("r1");
  const crash = {
    ...log[6]!,
    success: false,
    status: "interrupted",
  } as Event;
  const again = log.slice(2, 4).map((event) => ({ ...event, attempt: 2 }));
  const turn = only(
    withEvents(emptyTranscript, [...log.slice(0, 5), crash, ...again]),
  );
  expect(
    turn.agents.slice(1).map((it) => [it.name, it.attempt, it.status]),
  ).toEqual([
    ["triage", 1, "interrupted"],
    ["triage", 2, "active"],
  ]);
  expect(turn.agents[2]?.items).toHaveLength(1);
});

test("model text grows by contiguous pieces, repeats change nothing, and the answer replaces it", () => {
  const piece = (offset: number, text: string) =>
    ({
      type: "stream_chunk",
      thread_id: "t1",
      run_id: "r1",
      message_id: "a1",
      offset,
      text,
    }) as const;
  const log = logOf("r1");
  const running = withEvents(emptyTranscript, log.slice(0, 9));
  const written = [piece(0, "You "), piece(4, "spent"), piece(4, "spent")];
  const growing = written.reduce(withChunk, running);
  expect(only(growing).draft).toBe("You spent");
  expect(only(withChunk(growing, piece(40, "gap"))).draft).toBe("You spent");
  expect(only(withEvents(growing, log.slice(9))).draft).toBe("");
});
