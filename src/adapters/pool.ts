/**
 * Connections to a PostgreSQL server: how they are made, how long anything may take on them, and how what hangs is let go of. Promises: every
 * call ends; a probe uses a connection of its own, and one that fails cuts all others, since their calls would hang.
 */
import { Effect } from "effect";
import type { Scope } from "effect";
import { Socket } from "node:net";
import pg from "pg";
import { limits } from "../domain/limits.ts";
import { migrate, poolTypes } from "./database.ts";
import { isAnswered } from "./outage.ts";

/** A database as the composition sees it, wherever it is. */
export interface OpenedDatabase {
  readonly pool: pg.Pool;
  /** Brings the schema up to date. */
  readonly migrate: () => Promise<void>;
  /** Fails unless the database answers. */
  readonly probe: () => Promise<void>;
}

/** A pool on a server, which need not be there yet; ended with the scope. `name` is what the server knows this node by. */
export function openServer(
  connectionString: string,
  name: string,
): Effect.Effect<OpenedDatabase, never, Scope.Scope> {
  return Effect.acquireRelease(
    Effect.sync(() => connectTo(connectionString, name)),
    ({ pool, cut }) =>
      Effect.promise(async () => {
        const ended = pool.end();
        cut();
        await ended;
      }),
  );
}

function connectTo(connectionString: string, name: string) {
  const sockets = new Set<Socket>();
  const pool = new pg.Pool({
    connectionString,
    application_name: name,
    types: poolTypes,
    max: limits.databaseConnectionsMax,
    connectionTimeoutMillis: limits.databaseConnectTimeoutMs,
    statement_timeout: limits.databaseStatementTimeoutMs,
    query_timeout: limits.databaseQueryTimeoutMs,
    idle_in_transaction_session_timeout:
      limits.databaseIdleInTransactionTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: limits.databaseKeepAliveDelayMs,
    stream: () => listed(new Socket(), sockets),
  });
  outliveBreaks(pool);
  const cut = () => sockets.forEach((it) => it.destroy());
  return {
    pool,
    cut,
    migrate: () => migrateServer(connectionString),
    probe: async () => {
      try {
        await ask(connectionString);
      } catch (cause) {
        if (isAnswered(cause)) return;
        cut();
        throw cause;
      }
    },
  };
}

/** A connection that breaks is replaced, and its call fails; but without listeners, on the idle ones and on those in use, it would end the process. */
function outliveBreaks(pool: pg.Pool): void {
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
}

function listed(socket: Socket, sockets: Set<Socket>): Socket {
  sockets.add(socket);
  socket.once("close", () => sockets.delete(socket));
  return socket;
}

/** A migration may take as long as it takes, and waits for another node's, so it has no part in the pool's bounds. */
async function migrateServer(connectionString: string): Promise<void> {
  const pool = new pg.Pool({
    connectionString,
    types: poolTypes,
    max: 1,
    connectionTimeoutMillis: limits.databaseConnectTimeoutMs,
    keepAlive: true,
  });
  outliveBreaks(pool);
  try {
    await migrate(pool);
  } finally {
    await pool.end();
  }
}

/** One question on a connection of its own: those of the pool may all be busy, or all be dead. */
async function ask(connectionString: string): Promise<void> {
  const socket = new Socket();
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: limits.databaseProbeTimeoutMs,
    query_timeout: limits.databaseProbeTimeoutMs,
    stream: () => socket,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("select 1");
  } finally {
    socket.destroy();
  }
}
