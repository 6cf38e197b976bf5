/**
 * A WebSocket client for tests: keeps every frame it got, in order, and waits for those a test asks for. Promises: nothing received is
 * lost, a frame that is not the contract's fails the run, and waiting ends with the frames seen so far instead of hanging.
 */
import { WebSocket } from "ws";
import type { RawData } from "ws";
import { endsRun, isEvent } from "../../src/client/frames.ts";
import type { JsonObject } from "../../src/domain/model.ts";
import type {
  ConnectionFrameOf,
  ConnectionFrameType,
  Event,
  EventOf,
  EventType,
  ServerFrame,
} from "../../src/domain/protocol.ts";
import { frameProblem } from "./wireSchema.ts";

export interface ConnectOptions {
  readonly token?: string | null;
  /** Where the token goes. */
  readonly by?: "header" | "subprotocol" | "alias";
  readonly query?: string;
  readonly headers?: Record<string, string>;
  readonly protocols?: readonly string[];
}

export type FrameOfType<T extends string> = T extends ConnectionFrameType
  ? ConnectionFrameOf<T>
  : T extends EventType
    ? EventOf<T>
    : never;

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

const WAIT_MS = 15_000;

export class TestSocket {
  readonly ws: WebSocket;
  readonly frames: ServerFrame[] = [];
  readonly closed: Promise<Closed>;
  /** The HTTP status when the upgrade was refused. */
  readonly refused: Promise<number>;
  #taken = 0;
  readonly #eventsOfRuns = new Map<string, Event[]>();
  /** Wakes everybody who waits. */
  readonly #waiting = new Set<() => void>();

  private constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on("message", (data: RawData) => {
      const frame = JSON.parse(String(data)) as ServerFrame;
      this.#take(frame);
      const problem = frameProblem(frame as unknown as JsonObject);
      if (problem !== null) throw new Error(`off the contract: ${problem}`);
    });
    ws.on("error", () => undefined);
    this.closed = new Promise((resolve) => {
      ws.on("close", (code, reason) =>
        resolve({ code, reason: String(reason) }),
      );
    });
    this.refused = new Promise((resolve) => {
      ws.on("unexpected-response", (_, response) => {
        resolve(response.statusCode ?? 0);
        ws.terminate();
      });
    });
  }

  static open(
    url: string,
    {
      token = null,
      by = "header",
      query = "",
      headers = {},
      protocols,
    }: ConnectOptions,
  ): TestSocket {
    const carried =
      token === null ? [] : [`jwt.${Buffer.from(token).toString("base64url")}`];
    const offered =
      protocols ??
      {
        header: [],
        subprotocol: ["goldenpath.v1", ...carried],
        alias: ["jwt-auth", ...carried],
      }[by];
    const auth =
      token !== null && by === "header"
        ? { Authorization: `Bearer ${token}` }
        : {};
    return new TestSocket(
      new WebSocket(`${url}${query}`, [...offered], {
        headers: { ...auth, ...headers },
      }),
    );
  }

  send(frame: object | string): void {
    this.ws.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  }

  /** The next frame of a type that has not been taken by `next` before; frames before it are passed over. */
  next<T extends ConnectionFrameType | EventType>(
    type: T,
    matches: (frame: FrameOfType<T>) => boolean = () => true,
  ): Promise<FrameOfType<T>> {
    const fits = (it: ServerFrame) =>
      it.type === type && matches(it as FrameOfType<T>);
    return this.#waitFor(() => {
      for (; this.#taken < this.frames.length;) {
        const frame = this.frames[this.#taken++]!;
        if (fits(frame)) return frame as FrameOfType<T>;
      }
      return null;
    }, `a frame of type ${type}`);
  }

  /** The first frame of all that fits, taken or not. */
  find<F extends ServerFrame>(
    matches: (frame: ServerFrame) => frame is F,
  ): Promise<F>;
  find(matches: (frame: ServerFrame) => boolean): Promise<ServerFrame>;
  find(matches: (frame: ServerFrame) => boolean): Promise<ServerFrame> {
    return this.#findFrom(0, matches);
  }

  /** All events of a run, once its supervisor has completed. */
  async run(runId: string): Promise<Event[]> {
    return this.#waitFor(() => {
      const events = this.#eventsOfRuns.get(runId) ?? [];
      return events.findLast(endsRun) === undefined ? null : [...events];
    }, `the end of run ${runId}`);
  }

  /** Sends a question and waits for its run. */
  async ask(
    text: string,
    more: object = {},
  ): Promise<{ ack: FrameOfType<"ack">; events: Event[] }> {
    const message_id = crypto.randomUUID();
    const from = this.frames.length;
    this.send({ type: "user_message", message_id, text, ...more });
    const ack = (await this.#findFrom(
      from,
      (it) => it.type === "ack" && it.message_id === message_id,
    )) as FrameOfType<"ack">;
    return { ack, events: await this.run(ack.run_id) };
  }

  events(): Event[] {
    return this.frames.filter(isEvent);
  }

  /** Everything sent before has been handled when this is answered in its turn. */
  async settle(): Promise<void> {
    const thread_id = crypto.randomUUID();
    const from = this.frames.length;
    this.send({ type: "leave_thread", thread_id });
    await this.#findFrom(
      from,
      (it) => it.type === "left" && it.thread_id === thread_id,
    );
  }

  close(): void {
    this.ws.close();
  }

  terminate(): void {
    this.ws.terminate();
  }

  #take(frame: ServerFrame): void {
    this.frames.push(frame);
    if (isEvent(frame)) {
      const events = this.#eventsOfRuns.get(frame.run_id);
      if (events === undefined) this.#eventsOfRuns.set(frame.run_id, [frame]);
      else events.push(frame);
    }
    for (const wake of this.#waiting) wake();
  }

  /** Looks at each frame from a place on once. */
  #findFrom(
    place: number,
    matches: (frame: ServerFrame) => boolean,
  ): Promise<ServerFrame> {
    let at = place;
    return this.#waitFor(() => {
      for (; at < this.frames.length;) {
        const frame = this.frames[at++]!;
        if (matches(frame)) return frame;
      }
      return null;
    }, "a frame that fits");
  }

  async #waitFor<T>(look: () => T | null, what: string): Promise<T> {
    const deadline = Date.now() + WAIT_MS;
    for (;;) {
      const found = look();
      if (found !== null) return found;
      const left = deadline - Date.now();
      if (left <= 0)
        throw new Error(
          `waited ${WAIT_MS} ms for ${what}; got ${this.#seen()}`,
        );
      await this.#arrival(left);
    }
  }

  /** Done when the next frame has come, or that time has passed. */
  #arrival(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, withinMs);
      this.#waiting.add(wake);
    });
  }

  #seen(): string {
    return this.frames
      .map((it) => ("seq" in it ? `${it.type}#${it.seq}` : it.type))
      .join(" ");
  }
}
