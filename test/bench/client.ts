/** One measured user: a real connection that asks, and knows when the first event and the ending came. */
import { WebSocket } from "ws";
import type { RawData } from "ws";
import type { ServerFrame } from "../../src/domain/protocol.ts";

export interface Timing {
  readonly firstMs: number;
  readonly totalMs: number;
}

export class BenchUser {
  readonly #ws: WebSocket;
  #hear: (frame: ServerFrame) => void = () => undefined;

  private constructor(ws: WebSocket) {
    this.#ws = ws;
  }

  /** Connects and waits for the greeting. */
  static async connect(url: string, token: string): Promise<BenchUser> {
    const ws = new WebSocket(`${url.replace("http", "ws")}/ws`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    const user = new BenchUser(ws);
    await new Promise<void>((resolve, reject) => {
      ws.on("error", reject);
      ws.on("close", (code) => reject(new Error(`closed with ${code}`)));
      ws.on("message", (data: RawData) =>
        user.#hear(JSON.parse(String(data)) as ServerFrame),
      );
      user.#hear = (frame) => {
        if (frame.type === "connection_ready") resolve();
      };
    });
    return user;
  }

  /** Asks and waits for the ending; milliseconds from sending. */
  ask(text: string): Promise<Timing> {
    const sent = performance.now();
    let firstMs = 0;
    return new Promise((resolve, reject) => {
      this.#hear = (frame) => {
        if (frame.type === "error") reject(new Error(frame.message));
        if (!("seq" in frame)) return;
        if (firstMs === 0) firstMs = performance.now() - sent;
        if (
          frame.type === "agent_completed" &&
          frame.agent_name === "supervisor"
        ) {
          resolve({ firstMs, totalMs: performance.now() - sent });
        }
      };
      this.#ws.send(JSON.stringify({ type: "user_message", text }));
    });
  }

  close(): void {
    this.#ws.removeAllListeners("close");
    this.#ws.terminate();
  }
}
