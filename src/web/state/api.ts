/** The HTTP side of the contract (docs/PROTOCOL.md section 7) as typed calls. Promises: every failure is an ApiError in words. */
import type {
  Imported,
  ImportResult,
  Message,
  Thread,
  ToolCall,
} from "../../domain/model.ts";
import type { NamedFile } from "./files.ts";

/** A problem body, or what stands in for one when the server cannot be reached. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export type ExportFormat = "markdown" | "json" | "csv" | "html";

interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

export class Api {
  readonly #token: () => Promise<string>;

  constructor(token: () => Promise<string>) {
    this.#token = token;
  }

  /** Threads, newest first; `before` is the `next` of the page before. */
  threads(before?: string): Promise<Page<Thread>> {
    const query = before === undefined ? "" : `?before=${encode(before)}`;
    return this.#json("GET", `/api/threads${query}`);
  }

  renameThread(id: string, title: string): Promise<Thread> {
    const body = JSON.stringify({ title });
    return this.#json("PATCH", `/api/threads/${encode(id)}`, body);
  }

  async deleteThread(id: string): Promise<void> {
    await this.#request("DELETE", `/api/threads/${encode(id)}`);
  }

  messages(threadId: string): Promise<Page<Message>> {
    return this.#json("GET", `/api/threads/${encode(threadId)}/messages`);
  }

  /** The full result of a tool call. */
  toolCall(runId: string, callId: string): Promise<ToolCall> {
    return this.#json(
      "GET",
      `/api/runs/${encode(runId)}/calls/${encode(callId)}`,
    );
  }

  /** A run's report as a file, under the name that the server gives it. */
  async exportReport(runId: string, format: ExportFormat): Promise<NamedFile> {
    const response = await this.#request(
      "GET",
      `/api/runs/${encode(runId)}/export?format=${format}`,
    );
    const disposition = response.headers.get("content-disposition") ?? "";
    const name = /filename="([^"]+)"/.exec(disposition)?.[1] ?? "report";
    return { name, content: await response.blob() };
  }

  imports(): Promise<Page<ImportResult>> {
    return this.#json("GET", "/api/usage/imports");
  }

  importSample(): Promise<Imported> {
    return this.#json("POST", "/api/usage/imports?sample=true");
  }

  /** Sends a file as it is; the server recognises the format by its content. */
  importFile(file: File): Promise<Imported> {
    const query = `format=auto&file_name=${encode(file.name)}`;
    return this.#json("POST", `/api/usage/imports?${query}`, file);
  }

  async removeImport(id: string): Promise<void> {
    await this.#request("DELETE", `/api/usage/imports/${encode(id)}`);
  }

  async #json<T>(method: string, path: string, body?: BodyInit): Promise<T> {
    const response = await this.#request(method, path, body);
    return (await response.json()) as T;
  }

  async #request(
    method: string,
    path: string,
    body?: BodyInit,
  ): Promise<Response> {
    const headers = new Headers({
      authorization: `Bearer ${await this.#token()}`,
    });
    if (typeof body === "string")
      headers.set("content-type", "application/json");
    const response = await fetch(path, {
      method,
      headers,
      body: body ?? null,
    }).catch(() => {
      throw new ApiError(0, "The server did not answer. Nothing was changed.");
    });
    if (!response.ok) throw await toError(response);
    return response;
  }
}

const encode = encodeURIComponent;

async function toError(response: Response): Promise<ApiError> {
  const problem: unknown = await response.json().catch(() => null);
  const words = ["detail", "expected"]
    .map((key) => field(problem, key))
    .filter((text) => text !== null);
  const text =
    words.join(" ") ||
    field(problem, "title") ||
    `The server answered ${response.status}.`;
  return new ApiError(response.status, text);
}

function field(value: unknown, key: string): string | null {
  if (typeof value !== "object" || value === null) return null;
  const found: unknown = Reflect.get(value, key);
  return typeof found === "string" ? found : null;
}

/** Any failure in words for a person. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : "Something went wrong.";
}
