/**
 * A TCP proxy before a server that loses what a test wants lost: a request is passed on, its answer is not, and the connection is cut. Owns its
 * sockets. Promises: whatever is not to be lost passes unchanged.
 */
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

/** What a connection sent so far, and now. True to lose the answer to it. */
type Losing = (now: string, before: string) => boolean;

export class LossyProxy {
  readonly port: number;
  /** How many answers were lost. */
  lost = 0;
  losing: Losing = () => false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** A proxy before 127.0.0.1:`port`. */
  static async start(port: number): Promise<LossyProxy> {
    const server = createServer({ noDelay: true }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const proxy = new LossyProxy(server);
    server.on("connection", (near) => proxy.#join(near, port));
    return proxy;
  }

  #join(near: Socket, port: number): void {
    const far = connect({ port, host: "127.0.0.1", noDelay: true });
    let sent = "";
    let isLosing = false;
    const cut = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on("error", cut);
      socket.on("close", cut);
    }
    near.on("data", (chunk) => {
      const now = chunk.toString("latin1");
      isLosing ||= this.losing(now, sent);
      sent += now;
      far.write(chunk);
    });
    far.on("data", (chunk) => {
      if (!isLosing) return void near.write(chunk);
      this.lost += 1;
      cut();
    });
  }

  async close(): Promise<void> {
    this.#sockets.forEach((it) => it.destroy());
    this.#server.close();
    await once(this.#server, "close");
  }
}
