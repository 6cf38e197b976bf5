/**
 * Where the page's token comes from: the server's local session, or one that the person pasted. Promises: a local token lives in
 * memory only, a pasted one in this tab only; without either the client is told to stop (TokenRefused), not to retry.
 */
import { TokenRefused } from "../../client/index.ts";
import { ApiError } from "./api.ts";

const PASTED_KEY = "goldenpath.token";
/** Milliseconds before expiry from which a local token is replaced; the server's notice comes 60 s before. */
const RENEW_BEFORE_MS = 90_000;

interface LocalSession {
  readonly token: string;
  readonly user_id: string;
  /** ISO 8601. */
  readonly expires_at: string;
}

export class TokenSource {
  readonly #storage: Storage;
  #session: Promise<LocalSession> | null = null;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** A token that is good for at least RENEW_BEFORE_MS more, as far as the page can know. */
  readonly get = async (): Promise<string> => {
    const pasted = this.#storage.getItem(PASTED_KEY);
    if (pasted !== null) return pasted;
    const session = await this.#local();
    if (Date.parse(session.expires_at) - Date.now() > RENEW_BEFORE_MS)
      return session.token;
    this.#session = null;
    return (await this.#local()).token;
  };

  paste(token: string): void {
    this.#storage.setItem(PASTED_KEY, token.trim());
  }

  /** After a refusal the same token would only be refused again. */
  forget(): void {
    this.#storage.removeItem(PASTED_KEY);
    this.#session = null;
  }

  /** One request however many ask at once; a failed one is not kept. */
  #local(): Promise<LocalSession> {
    this.#session ??= fetchLocalSession().catch((error: unknown) => {
      this.#session = null;
      throw error;
    });
    return this.#session;
  }
}

async function fetchLocalSession(): Promise<LocalSession> {
  const response = await fetch("/api/local-session", { method: "POST" });
  if (response.status === 403 || response.status === 404)
    throw new TokenRefused("This server wants a token.");
  if (!response.ok)
    throw new ApiError(response.status, "The server gave no local session.");
  return (await response.json()) as LocalSession;
}
