/** The same message_id from many sockets of a user at once, on several nodes, with whatever texts (I2, §5): one run, and the first text stands. */
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { ServerFrame } from "../../src/domain/protocol.ts";
import { Nodes } from "../support/nodes.ts";
import type { FrameOfType, TestSocket } from "../support/socket.ts";
import { Bystanders } from "./bystanders.ts";
import { amount, SEED, seeded } from "./seed.ts";

let nodes: Nodes;
beforeAll(async () => {
  nodes = await Nodes.start(3, { ACTIVE_RUNS_PER_USER: "20" });
});
afterEach(() => nodes.hangUp());
afterAll(() => nodes.stop());

const SOCKETS = 9;
const ROUNDS = amount(12, 100);

/** One frame of a round: which socket sends it, how often, and with what. */
const submission = fc.record({
  socket: fc.nat({ max: SOCKETS - 1 }),
  times: fc.integer({ min: 1, max: 3 }),
  text: fc.constantFrom("alpha noop!", "beta noop!", "gamma echo(x)", "nobody"),
  thread: fc.constantFrom("new", "shared", "strange"),
  if_busy: fc.constantFrom("enqueue", "reject", "interrupt"),
});
type Submission = typeof submission extends fc.Arbitrary<infer T> ? T : never;
const rounds = fc.array(submission, { minLength: 2, maxLength: 24 });

/** Acks, and refusals that name the message. */
function answersTo(socket: TestSocket, message_id: string) {
  type Answer = FrameOfType<"ack"> | FrameOfType<"error">;
  const isAnswer = (it: ServerFrame): it is Answer =>
    (it.type === "ack" || it.type === "error") && it.message_id === message_id;
  return socket.frames.filter(isAnswer);
}

test(
  seeded("I2 §5 one message_id, many sockets, three nodes: one run"),
  async () => {
    const bystanders = await Bystanders.start(nodes);
    const users: TestSocket[] = [];
    const user = `doubler-${crypto.randomUUID()}`;
    for (let at = 0; at < SOCKETS; at += 1)
      users.push(await nodes.at(at).connect(user));
    const shared = (await users[0]!.ask("alpha noop!")).ack.thread_id;
    const threads = { new: null, shared, strange: crypto.randomUUID() };

    const round = async (submissions: readonly Submission[]) => {
      const message_id = crypto.randomUUID();
      for (const { socket, times, text, thread, if_busy } of submissions)
        for (let time = 0; time < times; time += 1)
          users[socket]!.send({
            type: "user_message",
            message_id,
            text: `${text}; by ${socket}`,
            thread_id: threads[thread],
            if_busy,
          });
      const sent = submissions.reduce((sum, it) => sum + it.times, 0);
      await Promise.all(users.map((it) => it.settle()));
      const answers = users.flatMap((it) => answersTo(it, message_id));
      expect(answers).toHaveLength(sent);
      const acks = answers.filter((it) => it.type === "ack");
      const accepted = acks.filter((it) => it.status === "accepted");
      const runs = await nodes.query<{ run_id: string; thread_id: string }>(
        "select run_id, thread_id from runs where user_id = $1 and message_id = $2",
        [user, message_id],
      );
      expect(accepted).toHaveLength(runs.length);
      expect(runs.length).toBeLessThanOrEqual(1);
      // Only what cannot be accepted may leave a message without a run.
      if (submissions.some((it) => it.thread === "new"))
        expect(runs).toHaveLength(1);
      for (const { run_id, thread_id } of acks)
        expect({ run_id, thread_id }).toEqual(runs[0]);
      for (const answer of answers)
        if (answer.type === "error")
          expect(["thread_not_found", "busy", "too_many_runs"]).toContain(
            answer.code,
          );
      const first = users.find((it) =>
        answersTo(it, message_id).some(
          (answer) => answer.type === "ack" && answer.status === "accepted",
        ),
      );
      const [message] = await nodes.query<{ content: string }>(
        "select content from messages where user_id = $1 and message_id = $2",
        [user, message_id],
      );
      if (first !== undefined)
        expect(message?.content).toMatch(
          new RegExp(`by ${users.indexOf(first)}$`),
        );
    };
    await fc.assert(fc.asyncProperty(rounds, round), {
      seed: SEED,
      numRuns: ROUNDS,
      endOnFailure: true,
    });
    const witnesses = users.map(({ frames }) => ({
      user,
      canary: "by nobody",
      frames: frames.filter((it) => it.type === "ack"),
    }));
    await bystanders.finish(witnesses);
    for (const socket of users) socket.terminate();
  },
  120_000,
);
