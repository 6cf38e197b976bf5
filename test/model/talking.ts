/**
 * Commands that ask: in new, own, foreign and unknown threads, and the same message again. Promises: each predicts its ack or error from
 * the model alone, and waits until what it caused has happened.
 */
import { expect } from "vitest";
import type { FrameOfType, TestSocket } from "../support/socket.ts";
import type { Command } from "./connecting.ts";
import { active, cancel, SLOTS } from "./world.ts";
import type { Model, ModelThread, Real, SlotName } from "./world.ts";

export type IfBusy = "enqueue" | "reject" | "interrupt";
export type Target = "new" | "own" | "foreign" | "unknown";

/** More would be refused with too_many_runs. */
const ACTIVE_MAX = 15;

/** Asks in a new thread, an own one, another user's, or one that nobody has. */
export class Send implements Command {
  readonly slot: SlotName;
  readonly target: Target;
  readonly pick: number;
  readonly ifBusy: IfBusy;

  constructor(slot: SlotName, target: Target, pick: number, ifBusy: IfBusy) {
    this.slot = slot;
    this.target = target;
    this.pick = pick;
    this.ifBusy = ifBusy;
  }

  check(model: Readonly<Model>): boolean {
    const user = SLOTS[this.slot];
    const open = model.runsOf(user).filter((it) => it.ended === null);
    return (
      model.connections.has(this.slot) &&
      open.length < ACTIVE_MAX &&
      (this.target === "new" ||
        this.target === "unknown" ||
        this.#candidates(model).length > 0)
    );
  }

  async run(model: Model, real: Real): Promise<void> {
    const socket = real.sockets.get(this.slot)!;
    const known = this.#thread(model);
    const refusal = this.#refusal(known);
    const thread = known ?? { key: -1, user: SLOTS[this.slot], runs: [] };
    const messageId = crypto.randomUUID();
    socket.send({
      type: "user_message",
      message_id: messageId,
      text: `alpha gate(${real.gate(model.runs.length)})!`,
      thread_id: this.#threadId(known, real),
      if_busy: this.ifBusy,
    });
    const answer = await answerTo(socket, messageId);
    if (refusal !== null) {
      expect(answer).toMatchObject({ type: "error", code: refusal });
      return;
    }
    const ahead = active(thread);
    expect(answer).toMatchObject({ type: "ack", status: "accepted" });
    const ack = answer as FrameOfType<"ack">;
    expect(ack.queue_position).toBe(ahead.length);
    await this.#accepted(model, real, known, ack);
  }

  async #accepted(
    model: Model,
    real: Real,
    known: ModelThread | null,
    ack: FrameOfType<"ack">,
  ): Promise<void> {
    const thread = known ?? model.addThread(SLOTS[this.slot]);
    const ahead = active(thread);
    const run = model.addRun(thread);
    real.runs.set(run.key, { messageId: ack.message_id, runId: ack.run_id });
    if (known === null) {
      real.threadIds.set(thread.key, ack.thread_id);
      real.watch(thread);
    }
    expect(ack.thread_id).toBe(real.threadIds.get(thread.key));
    if (this.ifBusy === "interrupt") await cancel(ahead, real);
  }

  #candidates(model: Readonly<Model>): ModelThread[] {
    const user = SLOTS[this.slot];
    return model.threads.filter(
      (it) => (it.user === user) === (this.target === "own"),
    );
  }

  #thread(model: Model): ModelThread | null {
    if (this.target === "new" || this.target === "unknown") return null;
    const candidates = this.#candidates(model);
    return candidates[this.pick % candidates.length]!;
  }

  #threadId(thread: ModelThread | null, real: Real): string | null {
    if (this.target === "unknown") return crypto.randomUUID();
    return thread === null ? null : real.threadIds.get(thread.key)!;
  }

  /** Nothing tells another user's thread from one that does not exist. */
  #refusal(thread: ModelThread | null): string | null {
    if (this.target === "unknown" || this.target === "foreign")
      return "thread_not_found";
    const busy = thread !== null && active(thread).length > 0;
    return busy && this.ifBusy === "reject" ? "busy" : null;
  }

  toString(): string {
    return `send to ${this.target} ${this.pick} on ${this.slot}, ${this.ifBusy}`;
  }
}

async function answerTo(
  socket: TestSocket,
  messageId: string,
): Promise<FrameOfType<"ack"> | FrameOfType<"error">> {
  const from = socket.frames.length;
  const isAnswer = (it: (typeof socket.frames)[number]) =>
    (it.type === "ack" || it.type === "error") && it.message_id === messageId;
  await socket.find((it) => isAnswer(it) && socket.frames.indexOf(it) >= from);
  return socket.frames.slice(from).find(isAnswer) as
    FrameOfType<"ack"> | FrameOfType<"error">;
}

/** Sends a message_id again: no second run, whatever the text, the thread and if_busy. */
export class SendAgain implements Command {
  readonly slot: SlotName;
  readonly pick: number;

  constructor(slot: SlotName, pick: number) {
    this.slot = slot;
    this.pick = pick;
  }

  check(model: Readonly<Model>): boolean {
    return (
      model.connections.has(this.slot) &&
      model.runsOf(SLOTS[this.slot]).length > 0
    );
  }

  async run(model: Model, real: Real): Promise<void> {
    const runs = model.runsOf(SLOTS[this.slot]);
    const run = runs[this.pick % runs.length]!;
    const { messageId, runId } = real.runs.get(run.key)!;
    const socket = real.sockets.get(this.slot)!;
    const from = socket.frames.length;
    socket.send({
      type: "user_message",
      message_id: messageId,
      text: "alpha hang",
      thread_id: crypto.randomUUID(),
      if_busy: "reject",
    });
    await socket.settle();
    const ahead = active(run.thread).indexOf(run);
    expect(socket.frames.slice(from)).toContainEqual({
      type: "ack",
      status: "duplicate",
      message_id: messageId,
      run_id: runId,
      thread_id: real.threadIds.get(run.thread.key),
      queue_position: Math.max(0, ahead),
    });
  }

  toString(): string {
    return `send ${this.pick} again on ${this.slot}`;
  }
}
