/**
 * Commands about what is going on: stopping a run, letting it go on, leaving and acknowledging a thread. Promises: each predicts its
 * answer from the model alone, and waits until what it caused has happened.
 */
import { expect } from "vitest";
import type { Command } from "./connecting.ts";
import { cancel, settle, SLOTS } from "./world.ts";
import type { Model, Real, SlotName } from "./world.ts";

/** Stops a run; another user's cannot be told from none, and an ended one stays as it ended. */
export class Stop implements Command {
  readonly slot: SlotName;
  readonly pick: number;

  constructor(slot: SlotName, pick: number) {
    this.slot = slot;
    this.pick = pick;
  }

  check(model: Readonly<Model>): boolean {
    return model.connections.has(this.slot) && model.runs.length > 0;
  }

  async run(model: Model, real: Real): Promise<void> {
    const run = model.runs[this.pick % model.runs.length]!;
    const socket = real.sockets.get(this.slot)!;
    const from = socket.frames.length;
    socket.send({ type: "stop_run", run_id: real.runs.get(run.key)!.runId });
    if (run.thread.user !== SLOTS[this.slot]) {
      const isRefusal = (it: object) =>
        "code" in it && it.code === "run_not_found";
      await socket.find(
        (it) => isRefusal(it) && socket.frames.indexOf(it) >= from,
      );
      return;
    }
    if (run.ended === null) await cancel([run], real);
    await real.ended(settle(run.thread));
  }

  toString(): string {
    return `stop ${this.pick} on ${this.slot}`;
  }
}

/** Lets a run go on to its end, and those behind it whose gates are open already. */
export class OpenGate implements Command {
  readonly pick: number;

  constructor(pick: number) {
    this.pick = pick;
  }

  check(model: Readonly<Model>): boolean {
    return model.runs.some((it) => it.ended === null);
  }

  async run(model: Model, real: Real): Promise<void> {
    const open = model.runs.filter((it) => it.ended === null);
    const run = open[this.pick % open.length]!;
    run.gateOpen = true;
    real.server.gates.open(real.gate(run.key));
    await real.ended(settle(run.thread));
  }

  toString(): string {
    return `open gate ${this.pick}`;
  }
}

/** Leaves a thread: nothing of it comes any more. Or acknowledges what it got: nothing is answered. */
export class LeaveOrAcknowledge implements Command {
  readonly slot: SlotName;
  readonly pick: number;
  readonly leave: boolean;

  constructor(slot: SlotName, pick: number, leave: boolean) {
    this.slot = slot;
    this.pick = pick;
    this.leave = leave;
  }

  check(model: Readonly<Model>): boolean {
    return model.connections.has(this.slot) && model.threads.length > 0;
  }

  async run(model: Model, real: Real): Promise<void> {
    const thread = model.threads[this.pick % model.threads.length]!;
    const thread_id = real.threadIds.get(thread.key)!;
    const socket = real.sockets.get(this.slot)!;
    const from = socket.frames.length;
    socket.send(
      this.leave
        ? { type: "leave_thread", thread_id }
        : { type: "ack_events", thread_id, seq: this.pick },
    );
    await socket.settle();
    const answers = socket.frames
      .slice(from)
      .filter((it) => it.type === "left" && it.thread_id === thread_id);
    expect(answers).toHaveLength(this.leave ? 1 : 0);
    expect(socket.frames.slice(from)).not.toContainEqual(
      expect.objectContaining({ type: "error" }),
    );
  }

  toString(): string {
    return `${this.leave ? "leave" : "acknowledge"} ${this.pick} on ${this.slot}`;
  }
}
