/**
 * WebSockets by ws: the checks before an upgrade, the held upgrade, and the wire it becomes. Owns the handshakes of clients that are not
 * identified. Promises: a refusal before the upgrade is HTTP with a problem body; the token is never echoed, and never read from the
 * query; a socket counts until its client is gone, and nothing is heard of it once it was closed.
 */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { RawData, WebSocket } from "ws";
import { limits } from "../domain/limits.ts";
import type { ThreadId } from "../domain/model.ts";
import { SUBPROTOCOL, SUBPROTOCOL_ALIAS } from "../domain/protocol.ts";
import type { Credential } from "../domain/sessions.ts";
import type { HeldUpgrade, Wire } from "../domain/wire.ts";
import { problemText } from "./problem.ts";
import type { Problem } from "./problem.ts";

export interface SocketSettings {
  readonly paths: readonly string[];
  readonly handshakesPerAddress: number;
  /** Null where the upgrade may go on. `open` counts the sockets there are: held, open, and closing until their clients are gone. */
  readonly refuse: (request: IncomingMessage, open: number) => Problem | null;
  /** Hears of every refusal before the upgrade. */
  readonly refused: (status: number) => void;
  readonly addressOf: (request: IncomingMessage) => string;
  readonly open: (upgrade: HeldUpgrade) => void;
}

/** Takes the upgrades of an HTTP server. */
export function acceptSockets(server: Server, settings: SocketSettings): void {
  const pending = new Map<string, number>();
  let open = 0;
  const options = {
    noServer: true,
    maxPayload: limits.frameBytesMax,
    maxFragments: limits.frameFragmentsMax,
    maxPendingAutoPongs: limits.pongsPendingMax,
    perMessageDeflate: false,
    // One frame of a connection in a turn of the event loop: whoever floods takes turns with all others.
    allowSynchronousEvents: false,
    closeTimeout: limits.closeTimeoutMs,
    clientTracking: false,
    handleProtocols: selectProtocol,
  };
  const webSockets = new WebSocketServer(options);

  server.on(
    "upgrade",
    (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on("error", () => socket.destroy());
      const address = settings.addressOf(request);
      const waiting = pending.get(address) ?? 0;
      const problem = refusalOf(request, settings, open, waiting);
      if (problem !== null) {
        settings.refused(problem.status);
        return refuse(socket, problem);
      }
      open += 1;
      socket.once("close", () => (open -= 1));
      pending.set(address, waiting + 1);
      const settle = once(() => {
        const left = pending.get(address)! - 1;
        if (left === 0) pending.delete(address);
        else pending.set(address, left);
      });
      socket.once("close", settle);
      settings.open(holdUpgrade(webSockets, request, socket, head, settle));
    },
  );
}

function refusalOf(
  request: IncomingMessage,
  settings: SocketSettings,
  open: number,
  pending: number,
): Problem | null {
  if (!settings.paths.includes(pathOf(request))) {
    return {
      status: 404,
      title: "Not found",
      detail: "WebSockets are served at /ws.",
    };
  }
  const problem = settings.refuse(request, open);
  if (problem !== null) return problem;
  if (pending < settings.handshakesPerAddress) return null;
  return {
    status: 429,
    title: "Too many handshakes",
    detail:
      "Too many connections from this address are not signed in yet. Try again shortly.",
    retryAfterSeconds: 1,
  };
}

/** The request's target up to its query, as it came: whatever a client sends there must not throw. */
function pathOf({ url = "" }: Pick<IncomingMessage, "url">): string {
  return url.split("?", 1)[0]!;
}

function queryOf({ url = "" }: IncomingMessage): URLSearchParams {
  return new URLSearchParams(url.slice(pathOf({ url }).length));
}

/** A client that does not close its own side is not waited for. */
function refuse(socket: Duplex, problem: Problem): void {
  socket.once("finish", () => socket.destroy());
  socket.end(problemText(problem));
}

function once(run: () => void): () => void {
  let pending: (() => void) | null = run;
  return () => {
    pending?.();
    pending = null;
  };
}

/** By default ws would echo the first subprotocol offered, which may carry the token. */
function selectProtocol(offered: Set<string>): string | false {
  if (offered.has(SUBPROTOCOL)) return SUBPROTOCOL;
  return offered.has(SUBPROTOCOL_ALIAS) ? SUBPROTOCOL_ALIAS : false;
}

function holdUpgrade(
  webSockets: WebSocketServer,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  settle: () => void,
): HeldUpgrade {
  const query = queryOf(request);
  const onEnd = () => socket.destroy();
  socket.once("end", onEnd);
  // Looks for the client's going without taking anything of what it sends early.
  socket.read(0);
  return {
    credential: credentialOf(request, query.get("ticket")),
    thread_id: query.get("thread_id") as ThreadId | null,
    accept: (verdict) => {
      if (verdict === "identified") settle();
      socket.off("end", onEnd);
      let wire: Wire | null = null;
      if (socket.destroyed || !socket.writable) return wire;
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        wire = makeWire(webSocket, socket);
      });
      return wire;
    },
    onGone: (callback) => void socket.once("close", callback),
  };
}

/** The first of header, subprotocol and ticket that is there. */
function credentialOf(
  request: IncomingMessage,
  ticket: string | null,
): Credential {
  const { authorization } = request.headers;
  const bearer = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
  if (bearer !== undefined) return { kind: "token", token: bearer };
  const protocols = (request.headers["sec-websocket-protocol"] ?? "")
    .split(",")
    .map((it) => it.trim());
  const carried = protocols.find((it) => it.startsWith("jwt."));
  if (carried !== undefined) {
    return {
      kind: "token",
      token: Buffer.from(carried.slice(4), "base64url").toString("utf8"),
    };
  }
  return ticket === null ? { kind: "none" } : { kind: "ticket", ticket };
}

/** Reading is off until somebody listens: what the client sends early waits in the socket. */
function makeWire(webSocket: WebSocket, socket: Duplex): Wire {
  let sent: () => void = () => undefined;
  const onSent = () => sent();
  const together = new Corked(socket);
  webSocket.pause();
  webSocket.on("error", () => undefined);
  return {
    send: (text) => {
      if (webSocket.readyState !== webSocket.OPEN) return;
      together.hold();
      webSocket.send(text, onSent);
    },
    ping: () => {
      if (webSocket.readyState === webSocket.OPEN) webSocket.ping();
    },
    close: (code, reason) => {
      // A client that does not go may go on talking: nobody listens any more.
      webSocket.removeAllListeners("message");
      sent = () => undefined;
      webSocket.resume();
      webSocket.close(code, reason);
    },
    pause: () => webSocket.pause(),
    resume: () => webSocket.resume(),
    bufferedBytes: () => webSocket.bufferedAmount,
    listen: (listener) => {
      sent = listener.onSent;
      webSocket.on("message", (data: RawData, isBinary: boolean) => {
        listener.onActivity();
        if (isBinary) return listener.onBinary();
        const bytes = data as Buffer;
        listener.onText(bytes.toString("utf8"), bytes.length);
      });
      webSocket.on("ping", listener.onActivity);
      webSocket.on("pong", listener.onActivity);
      webSocket.resume();
    },
  };
}

/** Writes of one turn of the event loop go to the system together: a run's events come many at a time. */
class Corked {
  readonly #socket: Duplex;
  readonly #release = () => this.#socket.uncork();

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  hold(): void {
    if (this.#socket.writableCorked > 0) return;
    this.#socket.cork();
    process.nextTick(this.#release);
  }
}
