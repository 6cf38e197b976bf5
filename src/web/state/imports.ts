/** The person's usage data: what was imported, what is being imported, and what became of each file. */
import type { Imported, ImportResult } from "../../domain/model.ts";
import { wordsOf } from "./api.ts";
import type { Api } from "./api.ts";

export type Upload = {
  readonly key: string;
  readonly name: string;
  /** Null for the sample, which is made on the server. */
  readonly bytes: number | null;
} & (
  | { readonly state: "reading" }
  | { readonly state: "kept"; readonly result: Imported }
  | { readonly state: "refused"; readonly problem: string }
);

export interface ImportsSnapshot {
  /** Null until they are known. */
  readonly items: readonly ImportResult[] | null;
  /** Of this visit, newest first. */
  readonly uploads: readonly Upload[];
  readonly problem: string | null;
}

export class Imports {
  readonly #api: Api;
  readonly #listeners = new Set<() => void>();
  #snapshot: ImportsSnapshot = { items: null, uploads: [], problem: null };

  constructor(api: Api) {
    this.#api = api;
  }

  readonly getSnapshot = (): ImportsSnapshot => this.#snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async load(): Promise<void> {
    await this.#guarded(async () => {
      const { items } = await this.#api.imports();
      this.#set({ items });
    });
  }

  async remove(id: string): Promise<void> {
    await this.#guarded(() => this.#api.removeImport(id));
    await this.load();
  }

  loadSample(): Promise<void> {
    return this.#upload("Sample data", null, () => this.#api.importSample());
  }

  upload(file: File): Promise<void> {
    return this.#upload(file.name, file.size, () => this.#api.importFile(file));
  }

  async #upload(
    name: string,
    bytes: number | null,
    send: () => Promise<Imported>,
  ): Promise<void> {
    const upload = { key: crypto.randomUUID(), name, bytes };
    this.#set({
      uploads: [{ ...upload, state: "reading" }, ...this.#snapshot.uploads],
    });
    const outcome = await send()
      .then((result) => ({ ...upload, state: "kept" as const, result }))
      .catch((error: unknown) => ({
        ...upload,
        state: "refused" as const,
        problem: wordsOf(error),
      }));
    const uploads = this.#snapshot.uploads.map((it) =>
      it.key === upload.key ? outcome : it,
    );
    this.#set({ uploads });
    await this.load();
  }

  async #guarded(action: () => Promise<void>): Promise<void> {
    try {
      await action();
      this.#set({ problem: null });
    } catch (error) {
      this.#set({ problem: wordsOf(error) });
    }
  }

  #set(change: Partial<ImportsSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of this.#listeners) listener();
  }
}
