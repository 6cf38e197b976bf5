/** The services that the application runs on, as one type: what compose.ts provides and the HTTP routes use. */
import type { Connections } from "../domain/connections.ts";
import type { Health } from "../domain/health.ts";
import type {
  Bus,
  Cache,
  PriceBook,
  ReportStore,
  Store,
  TokenVerifier,
  UsageStore,
} from "../domain/ports.ts";
import type { Revocations } from "../domain/revocations.ts";
import type { Runs } from "../domain/runs.ts";

export type AppServices =
  | Bus
  | Cache
  | Connections
  | Health
  | PriceBook
  | ReportStore
  | Revocations
  | Runs
  | Store
  | TokenVerifier
  | UsageStore;
