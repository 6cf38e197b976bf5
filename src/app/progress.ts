/**
 * How far a long command is, on standard error: a bar in a terminal, elsewhere a line every 2 seconds. Promises: the share of the bytes, the
 * amount so far, its mean rate and the time left; nothing of it on standard output.
 */
import progress from "cli-progress";
import type { SingleBar } from "cli-progress";
import { Effect } from "effect";
import type { Scope } from "effect";

const MEBIBYTE = 1_048_576;
/** The time left goes by so many last updates: about as many chunks of a file, so some seconds of it. */
const UPDATES_FOR_TIME_LEFT = 500;

/** An amount of something in words. */
type Words = (amount: number) => string;

export const inRows: Words = (rows) =>
  `${Math.round(rows).toLocaleString("en-US")} rows`;
export const inMebibytes: Words = (bytes) =>
  `${(bytes / MEBIBYTE).toFixed(1)} MiB`;

type Show = (bytes: number, amount: number) => void;

/** Shows progress until the scope closes; to be told the bytes that are done, of `totalBytes`, and the amount that they came to. */
export function showProgress(
  totalBytes: number,
  inWords: Words,
): Effect.Effect<Show, never, Scope.Scope> {
  return Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => startBar(totalBytes, inWords)),
      (bar) => Effect.sync(() => bar.stop()),
    ),
    (bar) => {
      const startMs = performance.now();
      return (bytes, amount) => {
        const seconds = (performance.now() - startMs) / 1_000;
        bar.update(bytes, {
          done: inWords(amount),
          rate: inWords(amount / seconds),
        });
      };
    },
  );
}

function startBar(totalBytes: number, inWords: Words): SingleBar {
  const bar = new progress.SingleBar(
    {
      format: "{bar} {percentage}% | {done}, {rate}/s | {eta_formatted} left",
      stream: process.stderr,
      clearOnComplete: true,
      noTTYOutput: true,
      etaBuffer: UPDATES_FOR_TIME_LEFT,
      formatTime: (seconds, options, unit) =>
        Number.isFinite(seconds)
          ? progress.Format.TimeFormat(seconds, options, unit)
          : "unknown time",
    },
    progress.Presets.shades_classic,
  );
  bar.start(totalBytes, 0, { done: inWords(0), rate: inWords(0) });
  return bar;
}
