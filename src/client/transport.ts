/**
 * One WebSocket at a time for the client machine: fetches the token, opens, parses, watches the heartbeat, closes.
 * Promises: nothing of a socket is heard after it was replaced or ended, and the token travels as a subprotocol only.
 */
import { fromCallback } from "xstate";
import type { ClientEvent, TransportCommand } from "../../machines/client.ts";
import type { ClientFrame, ServerFrame } from "../domain/protocol.ts";
import { parseFrame } from "./frames.ts";

/** Thrown by a token source that cannot give any token without the person: the client stops instead of retrying. */
export class TokenRefused extends Error {
  override readonly name = "TokenRefused";
}

export interface TransportOptions {
  /** ws: or wss: address of the server's /ws. */
  readonly url: string;
  readonly token: () => Promise<string>;
  readonly onFrame: (frame: ServerFrame) => void;
}

/** An open or opening socket. */
interface Link {
  /** False when the socket cannot take it now. */
  readonly send: (frame: ClientFrame) => boolean;
  readonly watch: (intervalMs: number) => void;
  readonly end: () => void;
}

export type Transport = ReturnType<typeof createTransport>;

/** The machine's `transport` actor, and the way to write to whatever socket it has. */
export function createTransport(options: TransportOptions) {
  let link: Link | null = null;
  const logic = fromCallback<TransportCommand>(({ sendBack, receive }) => {
    const replace = (next: Link | null) => {
      link?.end();
      link = next;
    };
    receive((command) =>
      replace(command.type === "open" ? openLink(options, sendBack) : null),
    );
    return () => replace(null);
  });
  return {
    logic,
    send: (frame: ClientFrame): boolean => link?.send(frame) ?? false,
    /** Closes the line as lost when nothing comes in for two intervals, a ping between them. Milliseconds. */
    watch: (intervalMs: number): void => link?.watch(intervalMs),
  };
}

function openLink(
  options: TransportOptions,
  report: (event: ClientEvent) => void,
): Link {
  let socket: WebSocket | null = null;
  let over = false;
  const end = () => {
    over = true;
    heartbeat.stop();
    socket?.close(1000);
  };
  const closed = (code: number, reason: string) => {
    if (over) return;
    end();
    report({ type: "CLOSED", code, reason });
  };
  const send = (frame: ClientFrame): boolean => {
    if (socket?.readyState !== WebSocket.OPEN) return false;
    socket.send(JSON.stringify(frame));
    return true;
  };
  const heartbeat = createHeartbeat({
    ping: () => send({ type: "ping" }),
    lost: () => closed(4302, "heartbeat_timeout"),
  });
  options
    .token()
    .then((token) => {
      if (over) return;
      socket = new WebSocket(options.url, subprotocols(token));
      socket.addEventListener("message", ({ data }) => {
        if (over) return;
        heartbeat.heard();
        const frame = parseFrame(data);
        if (frame !== null) options.onFrame(frame);
      });
      socket.addEventListener("close", ({ code, reason }) =>
        closed(code, reason),
      );
    })
    .catch((error: unknown) =>
      error instanceof TokenRefused
        ? closed(4401, "token_missing")
        : closed(1006, "token_unavailable"),
    );
  return { send, watch: heartbeat.start, end };
}

/** The offer of protocol section 1: the version, then the token in base64url (a JWT is ASCII). */
function subprotocols(token: string): string[] {
  const encoded = btoa(token)
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
  return ["goldenpath.v1", `jwt.${encoded}`];
}

function createHeartbeat(on: {
  readonly ping: () => void;
  readonly lost: () => void;
}) {
  let timer: ReturnType<typeof setInterval> | undefined;
  let silentIntervals = 0;
  const tick = () => {
    silentIntervals += 1;
    if (silentIntervals > 2) on.lost();
    else if (silentIntervals === 2) on.ping();
  };
  return {
    start: (intervalMs: number) => {
      clearInterval(timer);
      if (intervalMs > 0) timer = setInterval(tick, intervalMs);
    },
    heard: () => {
      silentIntervals = 0;
    },
    stop: () => clearInterval(timer),
  };
}
