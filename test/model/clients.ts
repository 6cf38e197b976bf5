/**
 * Who acts in an interleaving: a verifier whose verdicts come when they are let, and clients that do not wait. Promises: a client sends
 * what it can as soon as it can, early frames too, and every socket it ever had is kept for the judgement.
 */
import { Effect, Layer } from "effect";
import { Unauthorized } from "../../src/domain/errors.ts";
import type { UserId } from "../../src/domain/model.ts";
import { TokenVerifier } from "../../src/domain/ports.ts";
import type { TestServer } from "../support/server.ts";
import type { FrameOfType, TestSocket } from "../support/socket.ts";

export const REFUSED = "refused";
export const MESSAGES = ["m1", "m2"] as const;

export type MessageName = (typeof MESSAGES)[number];
export type Action =
  | { readonly do: "ask"; readonly message: MessageName }
  | { readonly do: "stop"; readonly message: MessageName }
  | { readonly do: "letGo"; readonly message: MessageName }
  | { readonly do: "cut" }
  | { readonly do: "close" }
  | { readonly do: "comeBack" };

/** Gives its verdicts when the scheduler says so. The token is the user's name. */
export class SlowVerifier {
  asked = 0;
  #decide: (token: string) => Promise<void> = async () => undefined;
  #onAsked: () => void = () => undefined;

  readonly layer = Layer.succeed(
    TokenVerifier,
    TokenVerifier.of({
      verify: (token) =>
        Effect.promise(() => {
          const verdict = this.#decide(token);
          this.asked += 1;
          this.#onAsked();
          return verdict;
        }).pipe(
          Effect.andThen(
            token === REFUSED
              ? new Unauthorized({ reason: "token_invalid" })
              : Effect.succeed({
                  user_id: token as UserId,
                  expires_at_ms: Date.now() + 3_600_000,
                  token_id: null,
                  issued_at_ms: 0,
                  admin: false,
                }),
          ),
        ),
    }),
  );

  decideBy(decide: (token: string) => Promise<void>): void {
    this.#decide = decide;
  }

  /** Resolves when the verifier has been asked so often, whatever it answers. */
  async untilAsked(times: number): Promise<void> {
    while (this.asked < times)
      await new Promise<void>((resolve) => (this.#onAsked = resolve));
  }
}

export interface Place {
  readonly server: TestServer;
  readonly verifier: SlowVerifier;
}

/** One client that acts without waiting for anybody: what cannot be sent yet goes out as soon as it can. */
export class Client {
  socket: TestSocket;
  readonly sockets: TestSocket[];
  readonly #world: World;
  readonly #place: Place;

  constructor(place: Place, world: World, socket: TestSocket) {
    this.#place = place;
    this.#world = world;
    this.socket = socket;
    this.sockets = [socket];
  }

  async act(action: Action): Promise<void> {
    if (action.do === "cut") this.socket.terminate();
    if (action.do === "close") this.socket.close();
    if (action.do === "comeBack") await this.#comeBack();
    if (action.do === "letGo")
      this.#place.server.gates.open(this.#world.gate(action.message));
    if (action.do === "ask")
      this.#send({
        type: "user_message",
        message_id: action.message,
        text: `alpha noop gate(${this.#world.gate(action.message)})!`,
      });
    if (action.do === "stop") this.#stop(action.message);
  }

  #send(frame: object): void {
    const { ws } = this.socket;
    if (ws.readyState === ws.CONNECTING)
      ws.once("open", () => ws.send(JSON.stringify(frame)));
    else if (ws.readyState === ws.OPEN) this.socket.send(frame);
  }

  /** What is not known yet cannot be stopped; what is, is stopped as soon as its ack is here. */
  #stop(message: MessageName): void {
    const ack = this.#world.acks().find((it) => it.message_id === message);
    if (ack === undefined) return;
    this.#world.stopped.add(ack.run_id);
    this.#send({ type: "stop_run", run_id: ack.run_id });
  }

  async #comeBack(): Promise<void> {
    this.socket.terminate();
    const asked = this.#place.verifier.asked;
    this.socket = await this.#place.server.open({
      token: this.#world.user,
    });
    this.sockets.push(this.socket);
    await this.#place.verifier.untilAsked(asked + 1);
    const seen = this.sockets.flatMap((it) => it.events());
    for (const thread_id of new Set(seen.map((it) => it.thread_id))) {
      const own = seen.filter((it) => it.thread_id === thread_id);
      const after_seq = Math.max(...own.map((it) => it.seq));
      this.#send({ type: "join_thread", thread_id, after_seq });
    }
  }
}

/** One order: a user of its own, two clients, and one that is refused. */
export class World {
  readonly user = `user-${crypto.randomUUID()}`;
  readonly stopped = new Set<string>();
  readonly clients: Client[] = [];

  gate(message: MessageName): string {
    return `${this.user}-${message}`;
  }

  sockets(): TestSocket[] {
    return this.clients.flatMap((it) => it.sockets);
  }

  acks(): FrameOfType<"ack">[] {
    return this.sockets()
      .flatMap((it) => it.frames)
      .filter((it) => it.type === "ack");
  }

  /** What was sent has been handled; with `everywhere` on sockets too that have not been greeted yet. */
  async quiesce(everywhere: boolean): Promise<void> {
    for (const socket of this.sockets()) {
      const { readyState, OPEN, CONNECTING } = socket.ws;
      const waits = readyState === CONNECTING || socket.frames.length === 0;
      if (readyState !== OPEN && readyState !== CONNECTING) continue;
      if (waits && !everywhere) continue;
      const settled = socket
        .find((it) => it.type === "connection_ready")
        .then(() => socket.settle());
      await Promise.race([settled, socket.closed]);
    }
  }
}
