/** The list of threads: loaded when the line comes up, kept current by what the client hears. */
import { useCallback, useEffect, useMemo, useState } from "react";
import type { ThreadState } from "../../client/index.ts";
import type { Thread } from "../../domain/model.ts";
import { useClient, useIsOnline, useServices } from "../hooks.ts";
import { wordsOf } from "../state/api.ts";

export interface ThreadItem {
  readonly thread_id: string;
  readonly title: string;
  readonly isRunning: boolean;
}

interface Loaded {
  readonly items: readonly Thread[];
  readonly next: string | null;
}

export function useThreads() {
  const { api } = useServices();
  const isOnline = useIsOnline();
  const live = useClient((it) => it.threads);
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const attempt = useCallback((action: () => Promise<void>) => {
    action().then(
      () => setProblem(null),
      (error: unknown) => setProblem(wordsOf(error)),
    );
  }, []);
  const load = useCallback(
    () => attempt(async () => setLoaded(await api.threads())),
    [api, attempt],
  );

  const names = useMemo(() => namesOf(live), [live]);
  useEffect(() => {
    if (isOnline) load();
  }, [isOnline, names, load]);

  return {
    items: loaded?.items.map((item) => merge(item, live)) ?? null,
    problem,
    loadMore: loaded?.next
      ? () =>
          attempt(async () => {
            const page = await api.threads(loaded.next ?? "");
            setLoaded({
              items: [...loaded.items, ...page.items],
              next: page.next,
            });
          })
      : null,
    rename: (id: string, title: string) =>
      attempt(async () => {
        await api.renameThread(id, title);
        load();
      }),
    remove: (id: string) =>
      attempt(async () => {
        await api.deleteThread(id);
        load();
      }),
  };
}

/** A new thread or title among those the client hears of, of other tabs too, is a reason to load the list again. */
function namesOf(live: ReadonlyMap<string, ThreadState>): string {
  return JSON.stringify(
    [...live.values()].map((it) => [it.thread_id, it.title]),
  );
}

function merge(
  item: Thread,
  live: ReadonlyMap<string, ThreadState>,
): ThreadItem {
  const heard = live.get(item.thread_id);
  const run = heard === undefined ? item.active_run : heard.active_run;
  return {
    thread_id: item.thread_id,
    title: item.title,
    isRunning: run !== null,
  };
}
