/**
 * What a process holds: memory after a collection, and the handles that keep it alive (I6). Promises: two looks at an idle process differ
 * by less than the tolerance, and a leak of a socket per client or of a timer per run does not.
 */
export interface Vitals {
  readonly heapBytes: number;
  readonly rssBytes: number;
  /** Active handles by kind, as Node names them. */
  readonly handles: Readonly<Record<string, number>>;
}

const MiB = 1_024 * 1_024;

/** How much more than before is still "back where it was". */
export const tolerance = {
  heapBytes: 24 * MiB,
  /** Freed pages return to the system when the allocator likes. */
  rssBytes: 96 * MiB,
  /** Of each kind: the pool and pg-boss open and close connections as they need them. */
  handles: 6,
} as const;

/** This process, now. Collects garbage first where it may (`--expose-gc`). */
export function takeVitals(): Vitals {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  const handles: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo())
    handles[kind] = (handles[kind] ?? 0) + 1;
  return { heapBytes: heapUsed, rssBytes: rss, handles };
}

/** What has grown beyond the tolerance; empty when I6 holds. `rssBytesMax` is for a process with a database inside. */
export function grown(
  before: Vitals,
  after: Vitals,
  rssBytesMax: number = tolerance.rssBytes,
): string[] {
  const kinds = Object.keys(after.handles);
  return [
    ...over("heap", before.heapBytes, after.heapBytes, tolerance.heapBytes),
    ...over("memory", before.rssBytes, after.rssBytes, rssBytesMax),
    ...kinds.flatMap((kind) =>
      over(
        kind,
        before.handles[kind] ?? 0,
        after.handles[kind] ?? 0,
        tolerance.handles,
      ),
    ),
  ];
}

function over(
  what: string,
  before: number,
  after: number,
  mayGrow: number,
): string[] {
  return after - before > mayGrow
    ? [`I6: ${what} went from ${before} to ${after}`]
    : [];
}
