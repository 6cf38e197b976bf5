/**
 * Every setting, from the environment, as docs/PROTOCOL.md section 9 names them. Promises: a wrong value stops the start with one line
 * that names the variable; without a JWT setting the server refuses to listen on anything but loopback.
 */
import { Config, Effect, Option, Redacted } from "effect";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PUBLISHED_AT } from "../adapters/priceRefresh.ts";
import { limits } from "../domain/limits.ts";
import {
  list,
  milliseconds,
  optional,
  setting,
  text,
  url,
  whole,
  WrongSetting,
} from "./settings.ts";

export type KeySetting =
  | { readonly kind: "secret"; readonly secret: Redacted.Redacted }
  | { readonly kind: "publicKey"; readonly pem: string }
  | { readonly kind: "jwks"; readonly url: string }
  /** A random secret of this machine's own, kept in DATA_DIR. */
  | { readonly kind: "local" };

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

export const isLoopback = (host: string): boolean => LOOPBACK.has(host);

/** Reads all settings. */
export const readConfig = Effect.gen(function* () {
  const host = yield* text("HOST", "127.0.0.1");
  const keys = yield* readKeys;
  const dataDir = yield* text("DATA_DIR", "./data");
  if (keys.kind === "local" && !isLoopback(host)) {
    return yield* new WrongSetting({
      variable: "HOST",
      problem: `${host} is not a loopback address, and without JWT_SECRET, JWT_JWKS_URL or JWT_PUBLIC_KEY_FILE this server listens on loopback only`,
    });
  }
  return {
    host,
    keys,
    port: yield* whole("PORT", 8_787, 0, 65_535),
    dataDir,
    databaseUrl: yield* optional("DATABASE_URL"),
    redisUrl: yield* redisUrl,
    pricesFile: yield* optional("PRICES_FILE"),
    pricesTable: yield* text("PRICES_TABLE", join(dataDir, "prices.json")),
    pricesUrl: (yield* url("PRICES_URL")) ?? PUBLISHED_AT,
    issuer: yield* optional("JWT_ISSUER"),
    audience: yield* optional("JWT_AUDIENCE"),
    allowedOrigins: yield* list("ALLOWED_ORIGINS"),
    trustedProxies: yield* list("TRUST_PROXY"),
    logLevel: yield* logLevel,
    otlpEndpoint: yield* url("OTEL_EXPORTER_OTLP_ENDPOINT"),
    runTimeoutMs: yield* milliseconds("RUN_TIMEOUT_MS", 60_000),
    agentTimeoutMs: yield* milliseconds("AGENT_TIMEOUT_MS", 30_000),
    toolTimeoutMs: yield* milliseconds("TOOL_TIMEOUT_MS", 20_000),
    heartbeatIntervalMs: yield* milliseconds("HEARTBEAT_INTERVAL_MS", 30_000),
    drainTimeoutMs: yield* milliseconds("DRAIN_TIMEOUT_MS", 20_000),
    connectionsMax: yield* whole("CONNECTIONS_MAX", 20_000),
    handshakesPerAddress: yield* whole("HANDSHAKES_PER_ADDRESS", 100),
    messagesPerMinute: yield* whole("MESSAGES_PER_MINUTE", 60),
    connectionsPerUser: yield* whole("CONNECTIONS_PER_USER", 10),
    activeRunsPerUser: yield* whole("ACTIVE_RUNS_PER_USER", 3),
  };
});

export type AppConfig = Effect.Success<typeof readConfig>;

/** One server, or several nodes of a cluster, which has no databases to choose from; null without any. */
const redisUrl = Effect.gen(function* () {
  const urls = yield* list("REDIS_URL");
  const form = urls.length > 1 ? /^rediss?:\/\/[^/]+\/?$/ : /^rediss?:\/\/[^/]/;
  if (urls.some((it) => !form.test(it) || !URL.canParse(it))) {
    return yield* new WrongSetting({
      variable: "REDIS_URL",
      problem: `must be a redis or rediss URL${urls.length > 1 ? ", and those of a cluster end with the port" : ""}`,
    });
  }
  return urls.length === 0 ? null : urls.join(",");
});

const LOG_LEVELS = [
  "All",
  "Trace",
  "Debug",
  "Info",
  "Warn",
  "Error",
  "Fatal",
  "None",
] as const;

const logLevel = Effect.gen(function* () {
  const text = yield* optional("LOG_LEVEL");
  if (text === null) return "Info" as const;
  const level = LOG_LEVELS.find(
    (it) => it.toLowerCase() === text.toLowerCase(),
  );
  if (level !== undefined) return level;
  return yield* new WrongSetting({
    variable: "LOG_LEVEL",
    problem: `must be one of ${LOG_LEVELS.join(", ").toLowerCase()}`,
  });
});

const readKeys = Effect.gen(function* (): Effect.fn.Return<
  KeySetting,
  WrongSetting
> {
  const secret = yield* setting(
    "JWT_SECRET",
    Config.option(Config.Redacted("JWT_SECRET")),
  );
  const keySet = yield* url("JWT_JWKS_URL");
  const file = yield* optional("JWT_PUBLIC_KEY_FILE");
  const named = [Option.isSome(secret), keySet !== null, file !== null].filter(
    Boolean,
  ).length;
  if (named > 1) {
    return yield* new WrongSetting({
      variable: "JWT_SECRET",
      problem:
        "only one of JWT_SECRET, JWT_JWKS_URL and JWT_PUBLIC_KEY_FILE may be set",
    });
  }
  if (Option.isSome(secret)) return yield* checkSecret(secret.value);
  if (keySet !== null) return { kind: "jwks", url: keySet };
  if (file !== null) return yield* readPem(file);
  return { kind: "local" };
});

function checkSecret(
  secret: Redacted.Redacted,
): Effect.Effect<KeySetting, WrongSetting> {
  const bytes = Buffer.byteLength(Redacted.value(secret));
  if (bytes >= limits.jwtSecretBytesMin)
    return Effect.succeed({ kind: "secret", secret });
  return Effect.fail(
    new WrongSetting({
      variable: "JWT_SECRET",
      problem: `needs ${limits.jwtSecretBytesMin} bytes at least, has ${bytes}`,
    }),
  );
}

function readPem(file: string): Effect.Effect<KeySetting, WrongSetting> {
  return Effect.try({
    try: (): KeySetting => ({
      kind: "publicKey",
      pem: readFileSync(file, "utf8"),
    }),
    catch: () =>
      new WrongSetting({
        variable: "JWT_PUBLIC_KEY_FILE",
        problem: "cannot be read",
      }),
  });
}
