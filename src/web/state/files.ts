/** Files that the browser saves for the person. Promises: nothing of the file stays in memory once it is saved. */

export interface NamedFile {
  readonly name: string;
  readonly content: Blob;
}

export function saveFile({ name, content }: NamedFile): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The download has begun with the click, but some browsers read the address only afterwards.
  setTimeout(() => URL.revokeObjectURL(address), KEPT_MS);
}

const KEPT_MS = 10_000;
