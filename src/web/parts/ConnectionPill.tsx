/** The state of the line in a word and a shape, with the countdown to the next attempt and a way to try now. */
import type { ClientSnapshot } from "../../client/index.ts";
import { useClient, useNow, useServices } from "../hooks.ts";
import { Icon } from "./icons.tsx";

const TICK_MS = 250;

export function ConnectionPill() {
  const { client } = useServices();
  const snapshot = useClient((it) => it);
  const { connection, retryAtMs } = snapshot;
  const now = useNow(connection === "waiting", TICK_MS);
  const seconds = Math.max(0, Math.ceil(((retryAtMs ?? now) - now) / 1_000));
  const canRetry = ["waiting", "offline", "refused"].includes(connection);
  return (
    <div
      className="pill"
      data-connection={connection}
      title={detailOf(snapshot)}
    >
      <span className="pill-dot" aria-hidden="true" />
      <span role="status">{WORDS[connection]}</span>
      {connection === "waiting" && <span aria-hidden="true"> {seconds} s</span>}
      {canRetry && (
        <button className="quiet small" onClick={() => client.connect()}>
          <Icon name="refresh" /> Retry now
        </button>
      )}
    </div>
  );
}

const WORDS: Record<ClientSnapshot["connection"], string> = {
  offline: "offline",
  connecting: "connecting",
  ready: "live",
  running: "live",
  degraded: "degraded",
  waiting: "reconnecting",
  refused: "signed out",
};

const REFUSALS: Record<number, string> = {
  1008: "The server ended the line: too many invalid messages.",
  1009: "The server ended the line: a message was too big.",
  4401: "The server does not accept this session's token.",
  4403: "This page may not connect to this server.",
  4408: "The server could not check the token in time.",
  4429: "You have too many connections open. Close another tab and retry.",
};

/** Why the line is as it is, in words. */
function detailOf({ connection, closing, session }: ClientSnapshot): string {
  if (connection === "degraded" && session !== null) {
    const missing = Object.entries(session.services)
      .filter(([, status]) => status === "down")
      .map(([name]) => name);
    return `Not available now: ${missing.join(", ")}. Everything else works.`;
  }
  return closing === null
    ? ""
    : (REFUSALS[closing.code] ?? "The line was lost.");
}
