/** How a node is told apart and seen: log lines, spans, and its name at the database. Promises: standard output stays the start's one line; without an endpoint nothing is traced. */
import { Layer, Logger, References } from "effect";
import type pg from "pg";
import { tracingLayer } from "../adapters/tracing.ts";
import type { AppConfig } from "./config.ts";
import { APPLICATION_NAME, NODE_NAME, VERSION } from "./version.ts";

/** Structured lines on standard error, so that standard output stays the start's one line. */
export function loggerLayer(
  config: Pick<AppConfig, "logLevel">,
): Layer.Layer<never> {
  return Layer.mergeAll(
    Logger.layer([Logger.withConsoleError(Logger.formatJson)]),
    Layer.succeed(References.MinimumLogLevel, config.logLevel),
  );
}

/** Spans to the collector that the settings name, if any. */
export function spansLayer({ otlpEndpoint }: AppConfig): Layer.Layer<never> {
  if (otlpEndpoint === null) return Layer.empty;
  const version = VERSION;
  return tracingLayer({ endpoint: otlpEndpoint, node: NODE_NAME, version });
}

/** The embedded database takes no name from the start of a session. */
export async function nameSession(client: pg.ClientBase): Promise<void> {
  await client.query("select set_config('application_name', $1, false)", [
    APPLICATION_NAME,
  ]);
}
