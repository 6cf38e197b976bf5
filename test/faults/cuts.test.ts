/**
 * Clients that cut the line at random moments while their runs go on, and come back to another node with their cursor (§5, R5, I1): what they saw
 * over all their connections is the log, field for field, and the text is the stored message.
 */
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Event, ServerFrame } from "../../src/domain/protocol.ts";
import { Nodes } from "../support/nodes.ts";
import type { TestSocket } from "../support/socket.ts";
import { Bystanders } from "./bystanders.ts";
import { amount, draw, seeded } from "./seed.ts";
import { pause, together } from "./until.ts";

let nodes: Nodes;
beforeAll(async () => {
  nodes = await Nodes.start(3);
});
afterEach(() => nodes.hangUp());
afterAll(() => nodes.stop());

const CLIENTS = 4;
const CUTS = amount(10, 100);

const cut = fc.record({
  /** How long the connection lives. */
  afterMs: fc.integer({ min: 0, max: 250 }),
  place: fc.nat({ max: 2 }),
  how: fc.constantFrom("terminate", "close", "deaf"),
  /** What it does before the line is cut. */
  deed: fc.constantFrom("listen", "ask", "ask twice", "leave"),
  question: fc.constantFrom(
    "alpha noop!; beta noop!",
    "alpha sleep(80) echo(x); beta sleep(80)",
    "alpha noop; beta fail; gamma sleep(150)",
  ),
});
type Cut = typeof cut extends fc.Arbitrary<infer T> ? T : never;

function end(socket: TestSocket, how: Cut["how"]): void {
  if (how === "close") socket.close();
  else socket.terminate();
}

/** One person with one thread, over many connections. */
class Wanderer {
  readonly user: string;
  readonly canary = `canary-${crypto.randomUUID()}`;
  readonly thread: string;
  readonly frames: ServerFrame[] = [];
  readonly sent = new Map<string, string>();

  private constructor(user: string, thread: string) {
    this.user = user;
    this.thread = thread;
  }

  static async start(at: number): Promise<Wanderer> {
    const user = `wanderer-${at}-${crypto.randomUUID()}`;
    const socket = await nodes.at(at).connect(user);
    const { ack } = await socket.ask("alpha noop!");
    socket.terminate();
    return new Wanderer(user, ack.thread_id);
  }

  get events(): Event[] {
    return this.frames.filter((it): it is Event => "event_id" in it);
  }

  /** One connection's life. */
  async live({ afterMs, place, how, deed, question }: Cut): Promise<void> {
    const socket = await this.#join(place);
    if (how === "deaf") socket.ws.pause();
    const times = deed === "ask" ? 1 : deed === "ask twice" ? 2 : 0;
    for (let time = 0; time < times; time += 1) this.#ask(socket, question);
    if (deed === "leave") {
      socket.send({ type: "leave_thread", thread_id: this.thread });
      await pause(afterMs);
      end(socket, how);
      return this.#keep(socket, "left");
    }
    await pause(afterMs);
    end(socket, how);
    this.#keep(socket);
  }

  /** The last connection: everything that is still to come. */
  async finish(): Promise<void> {
    const socket = await this.#join(0);
    // Messages whose ack was cut off are sent again; each runs once.
    for (const [message_id, text] of this.sent) {
      const { thread: thread_id } = this;
      socket.send({ type: "user_message", message_id, text, thread_id });
      const ack = await socket.next(
        "ack",
        (it) => it.message_id === message_id,
      );
      if (!this.events.some((it) => endsRun(it, ack.run_id)))
        await socket.find((it) => "event_id" in it && endsRun(it, ack.run_id));
    }
    socket.terminate();
    this.#keep(socket);
  }

  async #join(place: number): Promise<TestSocket> {
    const socket = await nodes.at(place).connect(this.user);
    const after_seq = this.events.at(-1)?.seq ?? 0;
    socket.send({ type: "join_thread", thread_id: this.thread, after_seq });
    await socket.next("joined");
    return socket;
  }

  #ask(socket: TestSocket, question: string): void {
    const message_id = crypto.randomUUID();
    const text = `${question}; ${this.canary}`;
    this.sent.set(message_id, text);
    const thread_id = this.thread;
    socket.send({ type: "user_message", message_id, text, thread_id });
  }

  /** Takes what a connection had brought by now, up to a frame; what comes later came too late. */
  #keep(
    { frames }: TestSocket,
    until: ServerFrame["type"] | null = null,
  ): void {
    const last = frames.findIndex((it) => it.type === until);
    this.frames.push(...frames.slice(0, last < 0 ? frames.length : last));
  }
}

const endsRun = (it: Event, runId: string) =>
  it.type === "agent_completed" &&
  it.parent_agent === null &&
  it.run_id === runId;

test(
  seeded(
    `I1–I5 R5 ${CLIENTS * CUTS} lines are cut while runs go on, and each client goes on at another node from its cursor`,
  ),
  async () => {
    const bystanders = await Bystanders.start(nodes);
    const wanderers = await Promise.all(
      Array.from({ length: CLIENTS }, (_, at) => Wanderer.start(at)),
    );
    await together(
      wanderers.map(async (it, at) => {
        for (const each of draw(`wanderer ${at}`, cut, CUTS))
          await it.live(each);
        await it.finish();
      }),
    );
    const witnesses = wanderers.map(({ user, canary, frames, sent }) => {
      return { user, canary, frames, sent, followed: true };
    });
    const stored = await bystanders.finish(witnesses);
    for (const { user, thread, events, sent } of wanderers) {
      const log = stored.events.filter((it) => it.thread_id === thread);
      expect(events).toEqual(log);
      const runs = stored.runs.filter((it) => it.user_id === user);
      expect(runs).toHaveLength(sent.size + 1);
      const answers = stored.messages.filter(
        (it) => it.user_id === user && it.role === "assistant",
      );
      const told = events.filter((it) => it.type === "final_response");
      expect(new Set(told.map((it) => it.content))).toEqual(
        new Set(answers.map((it) => it.content)),
      );
    }
  },
  120_000,
);
