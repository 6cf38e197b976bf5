/**
 * One person under load: the real client on the cluster's address, what it was shown, and which of its runs it has seen end. Owns the client.
 */
import { createClient, endsRun, isEvent } from "../../src/client/index.ts";
import type { Client } from "../../src/client/index.ts";
import type { ServerFrame } from "../../src/domain/protocol.ts";
import { tokenOf } from "../support/child.ts";
import type { Witness } from "../support/invariants.ts";

export class LoadUser {
  readonly name: string;
  /** Stands in all of its questions, so that it may stand nowhere else. */
  readonly canary: string;
  readonly client: Client;
  readonly #frames: ServerFrame[] = [];
  readonly #sent = new Map<string, string>();
  readonly #endings = new Map<string, PromiseWithResolvers<void>>();
  ended = 0;

  constructor(name: string, url: string) {
    this.name = name;
    this.canary = `canary-${name}-${crypto.randomUUID()}`;
    this.client = createClient({ url, token: () => tokenOf(name) });
    this.client.onFrame((frame) => this.#note(frame));
    this.client.connect();
  }

  get frames(): readonly ServerFrame[] {
    return this.#frames;
  }

  get witness(): Witness {
    const { name: user, canary } = this;
    const [frames, sent] = [this.#frames, this.#sent];
    return { user, canary, frames, sent, followed: true };
  }

  /**
   * Asks, and answers the thread once the run has been seen to end.
   * @throws when the server refuses the message for good.
   */
  async ask(
    question: string,
    threadId: string | null,
    note: (doing: string) => void,
  ): Promise<string> {
    const text = `${question}; ${this.canary}`;
    const { messageId, settled } = this.client.send(text, { threadId });
    this.#sent.set(messageId, text);
    note(`waits for the ack of ${messageId}`);
    const outcome = await settled;
    if (!outcome.accepted)
      throw new Error(`refused: ${outcome.refusal.code}: ${question}`);
    const { run_id, thread_id } = outcome.ack;
    note(`waits for the end of ${run_id} in ${thread_id}`);
    await this.#endingOf(run_id).promise;
    return thread_id;
  }

  describe(): string {
    const { connection, closing } = this.client.getSnapshot();
    return `${this.name} is ${connection}, last closed with ${closing?.code}`;
  }

  #note(frame: ServerFrame): void {
    this.#frames.push(frame);
    if (!isEvent(frame) || !endsRun(frame)) return;
    this.ended += 1;
    this.#endingOf(frame.run_id).resolve();
  }

  #endingOf(runId: string): PromiseWithResolvers<void> {
    const known = this.#endings.get(runId) ?? Promise.withResolvers<void>();
    this.#endings.set(runId, known);
    return known;
  }
}
