/**
 * A load balancer for tests: one address in front of nodes that come and go. Owns its listener and the connections it carries. Promises: a
 * connection goes to the next node in turn that takes it, and is cut when either side is.
 */
import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { onTestFinished } from "vitest";

export class Balancer {
  readonly url: string;
  readonly #targets: () => readonly number[];
  readonly #carried = new Set<Socket>();
  #turn = 0;

  private constructor(server: Server, targets: () => readonly number[]) {
    this.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`;
    this.#targets = targets;
    server.on("connection", (client) => this.#carry(client));
    onTestFinished(() => {
      server.close();
      for (const socket of this.#carried) socket.destroy();
    });
  }

  /** In front of whatever ports `targets` names when a connection comes in. */
  static async start(targets: () => readonly number[]): Promise<Balancer> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Balancer(server, targets);
  }

  #carry(client: Socket): void {
    this.#note(client);
    const ports = this.#targets();
    const first = this.#turn++;
    this.#tryNext(
      client,
      ports.map((_, index) => ports[(first + index) % ports.length]!),
    );
  }

  #tryNext(client: Socket, [port, ...rest]: readonly number[]): void {
    if (port === undefined || client.destroyed) return void client.destroy();
    const node = connect(port, "127.0.0.1");
    this.#note(node);
    const refused = () => this.#tryNext(client, rest);
    node.once("close", refused);
    node.once("connect", () => {
      node.off("close", refused);
      node.on("close", () => client.destroy());
      client.on("close", () => node.destroy());
      if (client.destroyed) node.destroy();
      client.pipe(node);
      node.pipe(client);
    });
  }

  #note(socket: Socket): void {
    this.#carried.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#carried.delete(socket));
  }
}
