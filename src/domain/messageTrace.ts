/** The beginning of a run's trace: the message, and the one transaction it becomes. Promises: both spans end, however the submission does. */
import { Cause, Effect, Exit } from "effect";
import type { UserId } from "./model.ts";
import type { Submitted } from "./ports.ts";
import type { SpanAttributes, TraceSpan, Tracing } from "./tracing.ts";

/** Submits under two spans; `store` gets what the run's trace continues from, `tell` has what was stored. */
export function traceMessage<E extends { readonly _tag: string }>(
  tracing: Tracing,
  user: UserId,
  store: (traceparent: string | null) => Effect.Effect<Submitted, E>,
  tell: (submitted: Submitted) => Effect.Effect<void>,
): Effect.Effect<Submitted, E> {
  return Effect.suspend(() => {
    const attributes = { "user.id": user };
    const message = tracing.start("message", {
      parent: null,
      kind: "server",
      attributes,
    });
    const transaction = tracing.start("transaction", {
      parent: message.traceparent,
      attributes,
    });
    return store(message.traceparent).pipe(
      Effect.onExit((exit) => Effect.sync(() => endBy(transaction, exit))),
      Effect.tap(tell),
      Effect.onExit((exit) => Effect.sync(() => endBy(message, exit))),
    );
  });
}

function endBy<E extends { readonly _tag: string }>(
  span: TraceSpan,
  exit: Exit.Exit<Submitted, E>,
): void {
  if (Exit.isSuccess(exit)) return span.end(attributesOf(exit.value));
  const failure = Cause.findErrorOption(exit.cause);
  span.end({}, failure._tag === "Some" ? failure.value._tag : "defect");
}

function attributesOf(submitted: Submitted): SpanAttributes {
  const { run_id, thread_id, status } = submitted;
  return { "run.id": run_id, "thread.id": thread_id, status };
}
