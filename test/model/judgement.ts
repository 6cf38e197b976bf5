/**
 * What must hold of every socket and every run when a model-based test is over. Promises: it judges by what clients saw, and names what
 * was broken.
 */
import { expect } from "vitest";
import type { ServerFrame } from "../../src/domain/protocol.ts";
import { brokenPromises } from "../support/promises.ts";
import { brokenRules } from "../support/rules.ts";
import type { TestSocket } from "../support/socket.ts";
import { SLOTS } from "./world.ts";
import type { Model, ModelThread, Real } from "./world.ts";

/** Opens every gate that is closed, waits until all runs have ended, and judges. */
export async function judge(model: Model, real: Real): Promise<void> {
  for (const run of model.runs) {
    real.server.gates.open(real.gate(run.key));
    if (run.ended === null) run.ended = "completed";
  }
  await real.ended(model.runs);
  for (const thread of model.threads) judgeThread(thread, real);
  await catchUp(model, real);
  for (const { user, socket } of real.history)
    expect(brokenPromises(socket.frames, real.userId(user))).toEqual([]);
}

/**
 * The log of a thread: without a gap (R5), each run with its one ending, under the rules. A run that is stopped while it is queued writes
 * its three events between those of the run before it, so a run alone may have gaps.
 */
function judgeThread(thread: ModelThread, real: Real): void {
  const thread_id = real.threadIds.get(thread.key);
  const log = real
    .watcher(thread.user)
    .events()
    .filter((it) => it.thread_id === thread_id);
  expect(log.map((it) => it.seq)).toEqual(log.map((_, index) => index + 1));
  for (const run of thread.runs) {
    const { runId } = real.runs.get(run.key)!;
    const events = log.filter((it) => it.run_id === runId);
    const broken = brokenRules(events);
    expect(broken.filter((it) => !it.startsWith("R5"))).toEqual([]);
    expect(events.at(-1)).toMatchObject({ status: run.ended });
  }
}

/** Sockets that are open and still follow a thread get it to its end. */
async function catchUp(model: Model, real: Real): Promise<void> {
  for (const slot of model.connections.keys()) {
    const socket = real.sockets.get(slot)!;
    await socket.settle();
    for (const [thread_id, seq] of followed(socket)) {
      const last = real
        .watcher(SLOTS[slot])
        .events()
        .findLast((it) => it.thread_id === thread_id);
      if (last !== undefined && last.seq > seq)
        await socket.find((it) => isEvent(it, thread_id, last.seq));
    }
  }
}

function isEvent(frame: ServerFrame, thread: string, seq: number): boolean {
  return "seq" in frame && frame.thread_id === thread && frame.seq === seq;
}

/** The threads a socket has joined and not left, with the last seq it got. */
function followed(socket: TestSocket): Map<string, number> {
  const threads = new Map<string, number>();
  for (const frame of socket.frames) {
    if (frame.type === "joined") threads.set(frame.thread_id, frame.last_seq);
    if (frame.type === "left") threads.delete(frame.thread_id);
    if ("seq" in frame) threads.set(frame.thread_id, frame.seq);
  }
  return threads;
}
