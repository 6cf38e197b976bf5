/** Text that was typed and not sent, per thread, for as long as the tab lives. */

const key = (threadId: string | null) => `goldenpath.draft.${threadId ?? ""}`;

export function readDraft(threadId: string | null): string {
  return sessionStorage.getItem(key(threadId)) ?? "";
}

export function writeDraft(threadId: string | null, text: string): void {
  if (text === "") sessionStorage.removeItem(key(threadId));
  else sessionStorage.setItem(key(threadId), text);
}

/** A new thread got its id: what was typed meanwhile goes with it. */
export function adoptDraft(threadId: string): void {
  writeDraft(threadId, readDraft(null));
  writeDraft(null, "");
}
