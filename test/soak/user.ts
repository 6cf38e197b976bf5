/**
 * One user of a soak: acts without waiting for anybody, on two devices, and comes back to any node. Owns its sockets. Promises: every
 * socket and every text it sent is kept for the judgement, and a line that the server closed is named.
 */
import { issueToken } from "../../src/app/secret.ts";
import type { UserId } from "../../src/domain/model.ts";
import { configOf, TEST_SECRET } from "../support/config.ts";
import { TestSocket } from "../support/socket.ts";
import type { FrameOfType } from "../support/socket.ts";
import type { Action, Ask, Steer } from "./script.ts";

const TOKEN_SECONDS = 3_600;
const config = await configOf({ JWT_SECRET: TEST_SECRET });
const secret = new TextEncoder().encode(TEST_SECRET);

/** A socket of the tests waits 15 s; a machine that does much else at once may need longer, which is no fault of the server's. */
const WAITS_MAX = 8;

/**
 * Waits again, as long as nothing else is wrong.
 * @throws what the last wait threw.
 */
export async function patiently<T>(wait: () => Promise<T>): Promise<T> {
  for (let waits = 1; waits < WAITS_MAX; waits++) {
    try {
      return await wait();
    } catch {
      // Looked for again.
    }
  }
  return wait();
}

export class SoakUser {
  readonly name = `user-${crypto.randomUUID()}`;
  readonly sockets: TestSocket[] = [];
  /** Texts by message_id. */
  readonly sent = new Map<string, string>();
  readonly problems: string[] = [];
  readonly #urls: readonly string[];
  readonly #devices = new Map<number, TestSocket>();
  /** Sockets it has let go of itself. */
  readonly #dropped = new Set<TestSocket>();
  #visits = 0;

  constructor(urls: readonly string[]) {
    this.#urls = urls;
  }

  async token(): Promise<string> {
    const user = this.name as UserId;
    return (await issueToken(secret, config, user, TOKEN_SECONDS)).token;
  }

  /** GET as JSON, from any node. */
  async get<T>(path: string): Promise<T> {
    const headers = { Authorization: `Bearer ${await this.token()}` };
    const response = await fetch(`${this.#anyUrl()}${path}`, { headers });
    if (!response.ok)
      throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  acks(): FrameOfType<"ack">[] {
    return this.sockets
      .flatMap((it) => it.frames)
      .filter((it) => it.type === "ack");
  }

  async act(action: Action): Promise<void> {
    if (action.do === "cut" || action.do === "close")
      return this.#drop(action.device, action.do === "cut");
    if (action.do === "comeBack") return this.#comeBack(action.device);
    const socket = await this.#device(action.device);
    switch (action.do) {
      case "ask":
        return this.#ask(socket, action);
      case "ping":
        return socket.send({ type: "ping", id: "soak" });
      case "askAgain":
        return this.#askAgain(socket, action.pick);
      case "sendRubbish":
        for (const it of action.frames) socket.send(it);
        return;
      case "refresh":
        return socket.send({
          type: "token_refresh",
          token: await this.token(),
        });
      case "await":
        return patiently(() => socket.settle());
      default:
        return this.#steer(socket, action);
    }
  }

  /** What was sent on lines that are open has been handled. */
  async settle(): Promise<void> {
    for (const socket of this.#devices.values())
      await patiently(() => socket.settle());
  }

  /** A connection that is greeted, on any node. */
  async connect(): Promise<TestSocket> {
    const url = `${this.#anyUrl().replace("http", "ws")}/ws`;
    const socket = TestSocket.open(url, { token: await this.token() });
    this.sockets.push(socket);
    void socket.closed.then(({ code, reason }) => {
      if (!this.#dropped.has(socket))
        this.problems.push(`the server closed a line: ${code} ${reason}`);
    });
    await patiently(() => socket.next("connection_ready"));
    return socket;
  }

  /** Goes for good. */
  leave(): void {
    for (const socket of this.sockets) this.#let(socket, true);
  }

  /** One node after the other. */
  #anyUrl(): string {
    this.#visits += 1;
    return this.#urls[this.#visits % this.#urls.length]!;
  }

  async #device(device: number): Promise<TestSocket> {
    const known = this.#devices.get(device);
    if (known !== undefined) return known;
    const socket = await this.connect();
    this.#devices.set(device, socket);
    return socket;
  }

  #drop(device: number, cut: boolean): void {
    const socket = this.#devices.get(device);
    this.#devices.delete(device);
    if (socket !== undefined) this.#let(socket, cut);
  }

  #let(socket: TestSocket, cut: boolean): void {
    this.#dropped.add(socket);
    if (cut) socket.terminate();
    else socket.close();
  }

  /** On a new line, with a cursor for each thread. */
  async #comeBack(device: number): Promise<void> {
    this.#drop(device, true);
    const socket = await this.#device(device);
    for (const thread_id of this.#threads())
      socket.send({
        type: "join_thread",
        thread_id,
        after_seq: this.#seen(thread_id),
      });
  }

  #threads(): string[] {
    return [...new Set(this.acks().map((it) => it.thread_id))];
  }

  #seen(thread_id: string): number {
    const events = this.sockets.flatMap((it) => it.events());
    return events.reduce(
      (seen, it) =>
        it.thread_id === thread_id ? Math.max(seen, it.seq) : seen,
      0,
    );
  }

  #ask(socket: TestSocket, { thread, pick, ifBusy, work }: Ask): void {
    const threads = this.#threads();
    const message_id = crypto.randomUUID();
    const own = thread === "own" && threads.length > 0;
    const text = `${work}; for ${this.name}`;
    this.sent.set(message_id, text);
    socket.send({
      type: "user_message",
      message_id,
      text,
      thread_id: own ? threads[pick % threads.length] : null,
      if_busy: ifBusy,
    });
  }

  #askAgain(socket: TestSocket, pick: number): void {
    const message_id = [...this.sent.keys()][pick % this.sent.size];
    if (message_id === undefined) return;
    const text = this.sent.get(message_id);
    socket.send({ type: "user_message", message_id, text });
  }

  #steer(socket: TestSocket, { do: what, pick }: Steer): void {
    const acks = this.acks();
    const ack = acks[pick % acks.length];
    if (ack === undefined) return;
    const { thread_id, run_id } = ack;
    if (what === "stop") socket.send({ type: "stop_run", run_id });
    if (what === "leave") socket.send({ type: "leave_thread", thread_id });
    if (what === "join") socket.send({ type: "join_thread", thread_id });
    if (what === "acknowledge")
      socket.send({ type: "ack_events", thread_id, seq: pick });
  }
}
