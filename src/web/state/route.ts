/** The open thread in the address: `#/t/<thread id>`; anything else is a new thread. */

/** The thread that the address names; null for a new one, and for an address that is not one of ours. */
export function currentThread(hash: string = location.hash): string | null {
  const id = /^#\/t\/([^/]+)$/.exec(hash)?.[1];
  try {
    return id === undefined ? null : decodeURIComponent(id);
  } catch {
    return null;
  }
}

/** The address of a thread; null for a new one. */
export function threadHref(threadId: string | null): string {
  return threadId === null ? "#/" : `#/t/${encodeURIComponent(threadId)}`;
}

/** Puts a thread in the address, in place of the new one it grew out of. */
export function showThread(threadId: string): void {
  history.replaceState(null, "", threadHref(threadId));
}
