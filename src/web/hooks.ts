/** The page's services for components, and the React side of their subscriptions. */
import {
  createContext,
  use,
  useCallback,
  useEffect,
  useState,
  useSyncExternalStore,
} from "react";
import type { Client, ClientSnapshot } from "../client/index.ts";
import type { Api } from "./state/api.ts";
import type {
  Conversation,
  ConversationSnapshot,
} from "./state/conversation.ts";
import type { Imports, ImportsSnapshot } from "./state/imports.ts";
import type { TokenSource } from "./state/token.ts";

export interface Services {
  readonly client: Client;
  readonly api: Api;
  readonly tokens: TokenSource;
  readonly conversation: Conversation;
  readonly imports: Imports;
}

export const ServicesContext = createContext<Services | null>(null);

export function useServices(): Services {
  const services = use(ServicesContext);
  if (services === null) throw new Error("no ServicesContext above");
  return services;
}

/** A part of the client's snapshot; renders again only when that part is another object or value. */
export function useClient<T>(select: (snapshot: ClientSnapshot) => T): T {
  const { client } = useServices();
  const subscribe = useCallback(
    (listener: () => void) => client.subscribe(listener),
    [client],
  );
  return useSyncExternalStore(subscribe, () => select(client.getSnapshot()));
}

export function useConversation(): ConversationSnapshot {
  const { conversation } = useServices();
  return useSyncExternalStore(conversation.subscribe, conversation.getSnapshot);
}

export function useImports(): ImportsSnapshot {
  const { imports } = useServices();
  return useSyncExternalStore(imports.subscribe, imports.getSnapshot);
}

/** This machine's clock in milliseconds since the epoch, moving on every `everyMs` while `running`. */
export function useNow(running: boolean, everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [running, everyMs]);
  return now;
}

/** True while the line is up. */
export function useIsOnline(): boolean {
  return useClient(({ connection }) =>
    ["ready", "running", "degraded"].includes(connection),
  );
}
