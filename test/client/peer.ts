/** The far end of a real socket, for tests of the client alone: a ws server on a free port that a test drives frame by frame. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import type {
  ClientFrame,
  Event,
  ServerFrame,
} from "../../src/domain/protocol.ts";

const NOW = "2026-11-22T09:00:00.000Z";

/** One accepted connection: what came in, in order, and a way to answer. */
export class Line {
  readonly protocols: readonly string[];
  readonly #socket: WebSocket;
  readonly #inbox: ClientFrame[] = [];
  readonly #waiters: ((frame: ClientFrame) => void)[] = [];

  constructor(socket: WebSocket, protocols: readonly string[]) {
    this.#socket = socket;
    this.protocols = protocols;
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data)) as ClientFrame;
      const waiter = this.#waiters.shift();
      if (waiter === undefined) this.#inbox.push(frame);
      else waiter(frame);
    });
  }

  /** The next frame of the client, as soon as it is there. */
  next(): Promise<ClientFrame> {
    const frame = this.#inbox.shift();
    return frame === undefined
      ? new Promise((resolve) => this.#waiters.push(resolve))
      : Promise.resolve(frame);
  }

  send(...frames: readonly ServerFrame[]): void {
    for (const frame of frames) this.#socket.send(JSON.stringify(frame));
  }

  ready(
    change: Partial<Extract<ServerFrame, { type: "connection_ready" }>> = {},
  ): void {
    this.send({
      type: "connection_ready",
      connection_ready: true,
      connection_id: "connection",
      user_id: "alice",
      protocol_version: 1,
      server_time: NOW,
      mode: "full",
      services: { database: "up", cache: "up", model: "absent" },
      heartbeat_interval_ms: 30_000,
      token_expires_at: NOW,
      limits: {
        message_bytes: 8_192,
        messages_per_minute: 60,
        connections: 10,
        active_runs: 3,
      },
      threads: [],
      ...change,
    });
  }

  close(code: number, reason = ""): void {
    this.#socket.close(code, reason);
  }

  /** Cuts the line without a close frame, as a lost network does. */
  cut(): void {
    this.#socket.terminate();
  }
}

export class Peer {
  readonly #server = new WebSocketServer({
    port: 0,
    host: "127.0.0.1",
    handleProtocols: () => "goldenpath.v1",
  });
  readonly #lines: Line[] = [];
  readonly #waiters: ((line: Line) => void)[] = [];

  static async start(): Promise<Peer> {
    const peer = new Peer();
    peer.#server.on("connection", (socket, request) => {
      const offered = request.headers["sec-websocket-protocol"] ?? "";
      const line = new Line(socket, offered.split(/,\s*/));
      const waiter = peer.#waiters.shift();
      if (waiter === undefined) peer.#lines.push(line);
      else waiter(line);
    });
    await once(peer.#server, "listening");
    return peer;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `ws://127.0.0.1:${port}/ws`;
  }

  /** The next connection. */
  accept(): Promise<Line> {
    const line = this.#lines.shift();
    return line === undefined
      ? new Promise((resolve) => this.#waiters.push(resolve))
      : Promise.resolve(line);
  }

  async stop(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** A valid event; only what the client looks at varies. */
export function thinking(seq: number, thread = "t1", run = "r1"): Event {
  return {
    type: "agent_thinking",
    event_id: `0198c0de-0000-7000-8000-${String(seq).padStart(12, "0")}`,
    seq,
    timestamp: NOW,
    user_id: "alice",
    thread_id: thread,
    run_id: run,
    agent_name: "supervisor",
    parent_agent: null,
    attempt: 1,
    thought: `thought ${seq}`,
  };
}

export function ending(seq: number, thread = "t1", run = "r1"): Event {
  const { thought: _, ...envelope } = thinking(seq, thread, run) as Extract<
    Event,
    { type: "agent_thinking" }
  >;
  return {
    ...envelope,
    type: "agent_completed",
    success: true,
    status: "completed",
    duration_ms: 1,
    summary: "done",
    result: null,
    error: null,
  };
}

export function ack(
  messageId: string,
  thread = "t1",
  status: "accepted" | "duplicate" = "accepted",
): ServerFrame {
  return {
    type: "ack",
    message_id: messageId,
    status,
    thread_id: thread,
    run_id: "r1",
    queue_position: 0,
  };
}

export function joined(thread: string, lastSeq: number): ServerFrame {
  return {
    type: "joined",
    thread_id: thread,
    last_seq: lastSeq,
    active_run: null,
  };
}

/** The storage of a browser tab, in memory. */
export class MemoryStorage {
  readonly #items = new Map<string, string>();
  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }
  setItem(key: string, value: string): void {
    this.#items.set(key, value);
  }
}
