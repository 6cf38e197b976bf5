/**
 * Spans of a run's trace, as the domain starts and ends them: message, transaction, queue, run, agents, tools, delivery. Promises: where
 * nothing is traced a span is one constant and costs nothing; a span carries ids and names, never a text, a token or a parameter.
 */
import { Context } from "effect";

export type SpanAttributes = Readonly<
  Record<string, string | number | boolean>
>;

export interface TraceSpan {
  /** What continues this span's trace elsewhere (W3C Trace Context); null where none is taken. */
  readonly traceparent: string | null;
  /** Ends it; `failure` is a code. Ending it again does nothing. */
  readonly end: (attributes?: SpanAttributes, failure?: string | null) => void;
}

export interface SpanStart {
  /** Null starts a trace. */
  readonly parent: string | null;
  readonly kind?: "internal" | "server" | "consumer";
  readonly attributes?: SpanAttributes;
  /** How long ago it began, in milliseconds. */
  readonly agoMs?: number;
}

export interface Tracing {
  readonly start: (name: string, start: SpanStart) => TraceSpan;
}

export const NO_SPAN: TraceSpan = {
  traceparent: null,
  end: () => undefined,
};

/** Off unless the application provides another. */
export const Tracing = Context.Reference<Tracing>("goldenpath/Tracing", {
  defaultValue: () => ({ start: () => NO_SPAN }),
});
