/**
 * Commands about the connection itself: coming with good and bad tokens, going, pinging, and frames that are refused. Promises: each
 * predicts its answer from the model alone.
 */
import { expect } from "vitest";
import type { AsyncCommand } from "fast-check";
import type { ErrorCode } from "../../src/domain/protocol.ts";
import { SLOTS } from "./world.ts";
import type { Model, Real, SlotName } from "./world.ts";

export type Command = AsyncCommand<Model, Real>;

const STRIKES_MAX = 20;

/** Comes with a good token, and joins what it is told to have joined before, by its cursor. */
export class Connect implements Command {
  readonly slot: SlotName;
  readonly by: "header" | "subprotocol" | "alias";

  constructor(slot: SlotName, by: "header" | "subprotocol" | "alias") {
    this.slot = slot;
    this.by = by;
  }

  check(model: Readonly<Model>): boolean {
    return !model.connections.has(this.slot);
  }

  async run(model: Model, real: Real): Promise<void> {
    const user = SLOTS[this.slot];
    const token = await real.server.token(real.userId(user));
    const socket = await real.server.open({ token, by: this.by });
    real.history.push({ user, socket });
    const ready = await socket.next("connection_ready");
    const told = ready.threads.filter((it) => it.active_run !== null);
    const active = model
      .threadsOf(user)
      .filter((it) => it.runs.some((run) => run.ended === null))
      .map((it) => real.threadIds.get(it.key)!);
    expect(told.map((it) => it.thread_id).toSorted()).toEqual(
      active.toSorted(),
    );
    real.sockets.set(this.slot, socket);
    model.connections.set(this.slot, { strikes: 0 });
  }

  toString(): string {
    return `connect ${this.slot} by ${this.by}`;
  }
}

/** Takes up where another socket of the same user has stopped reading a thread. */
export class Resume implements Command {
  readonly slot: SlotName;
  readonly pick: number;

  constructor(slot: SlotName, pick: number) {
    this.slot = slot;
    this.pick = pick;
  }

  check(model: Readonly<Model>): boolean {
    const threads = model.threadsOf(SLOTS[this.slot]);
    return model.connections.has(this.slot) && threads.length > 0;
  }

  async run(model: Model, real: Real): Promise<void> {
    const user = SLOTS[this.slot];
    const threads = model.threadsOf(user);
    const thread = threads[this.pick % threads.length]!;
    const thread_id = real.threadIds.get(thread.key)!;
    const seen = real.history
      .filter((it) => it.user === user)
      .flatMap(({ socket }) => socket.events())
      .filter((it) => it.thread_id === thread_id)
      .map((it) => it.seq);
    const after_seq = Math.max(0, ...seen);
    const socket = real.sockets.get(this.slot)!;
    const from = socket.frames.length;
    socket.send({ type: "join_thread", thread_id, after_seq });
    await socket.settle();
    const answered = socket.frames.slice(from);
    expect(answered).toContainEqual(
      expect.objectContaining({ type: "joined", thread_id }),
    );
    const first = answered.find(
      (it, index) =>
        "seq" in it &&
        it.thread_id === thread_id &&
        index > answered.findIndex((one) => one.type === "joined"),
    );
    if (first !== undefined)
      expect(first).toMatchObject({ seq: after_seq + 1 });
  }

  toString(): string {
    return `resume thread ${this.pick} on ${this.slot}`;
  }
}

type Refused = "missing" | "invalid" | "expired";

/** Comes without a good token: told so, closed with 4401, and nothing else. */
export class ConnectRefused implements Command {
  readonly why: Refused;

  constructor(why: Refused) {
    this.why = why;
  }

  check(): boolean {
    return true;
  }

  async run(_: Model, real: Real): Promise<void> {
    const expired = await real.server.token(real.userId("ann"), -60);
    const token = { missing: null, invalid: "a.b.c", expired }[this.why];
    const socket = await real.server.open({ token });
    expect(await socket.closed).toEqual({
      code: 4401,
      reason: `token_${this.why}`,
    });
    expect(socket.frames).toEqual([
      expect.objectContaining({
        type: "error",
        code: "unauthorized",
        reason: `token_${this.why}`,
      }),
    ]);
  }

  toString(): string {
    return `connect with a token that is ${this.why}`;
  }
}

/** Goes, with a close frame or by a cut line. */
export class Disconnect implements Command {
  readonly slot: SlotName;
  readonly cut: boolean;

  constructor(slot: SlotName, cut: boolean) {
    this.slot = slot;
    this.cut = cut;
  }

  check(model: Readonly<Model>): boolean {
    return model.connections.has(this.slot);
  }

  async run(model: Model, real: Real): Promise<void> {
    const socket = real.sockets.get(this.slot)!;
    if (this.cut) socket.terminate();
    else socket.close();
    await socket.closed;
    model.connections.delete(this.slot);
  }

  toString(): string {
    return `${this.cut ? "cut" : "close"} ${this.slot}`;
  }
}

export class Ping implements Command {
  readonly slot: SlotName;

  constructor(slot: SlotName) {
    this.slot = slot;
  }

  check(model: Readonly<Model>): boolean {
    return model.connections.has(this.slot);
  }

  async run(_: Model, real: Real): Promise<void> {
    const socket = real.sockets.get(this.slot)!;
    const id = crypto.randomUUID();
    socket.send({ type: "ping", id });
    await socket.find((it) => it.type === "pong" && it.id === id);
  }

  toString(): string {
    return `ping ${this.slot}`;
  }
}

/** Frames that are refused, with the code that each is answered by; all of them are strikes. */
export const ILLEGAL: Readonly<Record<string, ErrorCode>> = {
  "{": "invalid_json",
  "[]": "invalid_message",
  null: "invalid_message",
  '{"text":"no type"}': "invalid_message",
  '{"type":"make_coffee"}': "unknown_message_type",
  '{"type":"__proto__"}': "unknown_message_type",
  '{"type":"user_message"}': "invalid_message",
  '{"type":"user_message","text":""}': "invalid_message",
  '{"type":"user_message","text":"a\\u0000b"}': "invalid_message",
  '{"type":"user_message","text":"a","if_busy":"hurry"}': "invalid_message",
  '{"type":"user_message","text":"a","user_id":"eve"}': "user_mismatch",
  '{"type":"join_thread","thread_id":"t","after_seq":-1}': "invalid_message",
  '{"type":"stop_run","run_id":7}': "invalid_message",
  [`{"type":"ping","id":"${"x".repeat(8_192)}"}`]: "message_too_large",
};

/** Each is answered by its error and the connection stays, until the 20th strike closes it with 1008. */
export class SendIllegal implements Command {
  readonly slot: SlotName;
  readonly frames: readonly string[];

  constructor(slot: SlotName, frames: readonly string[]) {
    this.slot = slot;
    this.frames = frames;
  }

  check(model: Readonly<Model>): boolean {
    return model.connections.has(this.slot);
  }

  async run(model: Model, real: Real): Promise<void> {
    const connection = model.connections.get(this.slot)!;
    const socket = real.sockets.get(this.slot)!;
    const from = socket.frames.length;
    const left = STRIKES_MAX - connection.strikes;
    for (const frame of this.frames) socket.send(frame);
    connection.strikes += this.frames.length;
    if (this.frames.length < left) {
      await socket.settle();
    } else {
      expect(await socket.closed).toMatchObject({ code: 1008 });
      model.connections.delete(this.slot);
    }
    const codes = socket.frames
      .slice(from)
      .flatMap((it) => (it.type === "error" ? [it.code] : []));
    expect(codes).toEqual(this.frames.slice(0, left).map((it) => ILLEGAL[it]));
  }

  toString(): string {
    const shown = this.frames.map((it) => it.slice(0, 60)).join(" ");
    return `send ${shown} on ${this.slot}`;
  }
}
