/**
 * Spans to an OpenTelemetry collector, by OTLP over HTTP in JSON (Effect's exporter). Owns the batches under way. Promises: a collector that
 * is slow or away costs spans, never a run: batches, their number and their time are bounded.
 */
import { Context, Effect, Exit, Layer, Option, Tracer } from "effect";
import { FetchHttpClient, HttpClient } from "effect/http";
import {
  OtlpExporter,
  OtlpSerialization,
  OtlpTracer,
} from "effect/observability";
import { limits } from "../domain/limits.ts";
import { Tracing } from "../domain/tracing.ts";
import type {
  SpanAttributes,
  SpanStart,
  TraceSpan,
} from "../domain/tracing.ts";

export interface TracingSettings {
  /** The collector's base address; spans go to /v1/traces below it. */
  readonly endpoint: string;
  readonly node: string;
  readonly version: string;
}

export function tracingLayer(settings: TracingSettings): Layer.Layer<never> {
  const tracer = OtlpTracer.make({
    url: `${settings.endpoint.replace(/\/+$/, "")}/v1/traces`,
    resource: {
      serviceName: "goldenpath",
      serviceVersion: settings.version,
      attributes: { "service.instance.id": settings.node },
    },
    exportInterval: limits.spanExportIntervalMs,
    maxBatchSize: limits.spansPerBatchMax,
    shutdownTimeout: limits.spanExportTimeoutMs,
  });
  return Layer.effect(Tracing, Effect.map(tracer, toTracing)).pipe(
    Layer.provide(OtlpExporter.layerFlusher),
    Layer.provide(OtlpSerialization.layerJson),
    Layer.provide(boundedClient),
  );
}

/** Few requests at once, each for a bounded time: the exporter gives up for a minute when one is refused here, and drops its spans. */
const boundedClient = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(HttpClient.HttpClient, (client) => {
    let underWay = 0;
    return HttpClient.transform(client, (response) =>
      Effect.suspend(() => {
        if (underWay >= limits.spanBatchesUnderWayMax)
          return Effect.die("too many batches of spans are under way");
        underWay += 1;
        return response.pipe(
          Effect.timeoutOrElse({
            duration: limits.spanExportTimeoutMs,
            orElse: () => Effect.die("the collector does not answer"),
          }),
          Effect.ensuring(Effect.sync(() => (underWay -= 1))),
        );
      }),
    );
  }),
).pipe(Layer.provide(FetchHttpClient.layer));

function toTracing(tracer: Tracer.Tracer): Tracing {
  return {
    start: (name, start) => {
      const span = tracer.span({
        name,
        parent: parentOf(start.parent),
        annotations: Context.empty(),
        links: [],
        startTime: nanoseconds(start.agoMs ?? 0),
        kind: start.kind ?? "internal",
        root: start.parent === null,
        sampled: true,
      });
      return toSpan(span, start);
    },
  };
}

function toSpan(span: Tracer.Span, { attributes = {} }: SpanStart): TraceSpan {
  annotate(span, attributes);
  return {
    traceparent: `00-${span.traceId}-${span.spanId}-01`,
    end: (more = {}, failure = null) => {
      annotate(span, more);
      span.end(
        nanoseconds(0),
        failure === null ? Exit.void : Exit.fail(failure),
      );
    },
  };
}

function annotate(span: Tracer.Span, attributes: SpanAttributes): void {
  for (const [key, value] of Object.entries(attributes))
    span.attribute(key, value);
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;

/** What cannot be read starts a trace of its own. */
function parentOf(traceparent: string | null): Option.Option<Tracer.AnySpan> {
  const [, traceId, spanId] = TRACEPARENT.exec(traceparent ?? "") ?? [];
  if (traceId === undefined || spanId === undefined) return Option.none();
  return Option.some(Tracer.externalSpan({ traceId, spanId, sampled: true }));
}

const NANOSECONDS = 1_000_000;

function nanoseconds(agoMs: number): bigint {
  const ms = performance.timeOrigin + performance.now() - agoMs;
  return BigInt(Math.round(ms * NANOSECONDS));
}
