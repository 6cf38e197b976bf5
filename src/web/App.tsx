/** The page: threads on the left, the conversation in the middle, the data drawer on demand; keys and drops that hold everywhere. */
import { useCallback, useEffect, useState } from "react";
import { useImports, useIsOnline, useServices } from "./hooks.ts";
import { Composer } from "./parts/Composer.tsx";
import { ConnectionPill } from "./parts/ConnectionPill.tsx";
import { DataDrawer } from "./parts/DataDrawer.tsx";
import { DropTarget } from "./parts/DropTarget.tsx";
import { Icon } from "./parts/icons.tsx";
import { ThemeToggle } from "./parts/ThemeToggle.tsx";
import { ThreadList } from "./parts/ThreadList.tsx";
import { TokenForm } from "./parts/TokenForm.tsx";
import { Transcript } from "./parts/Transcript.tsx";

export function App() {
  const { conversation } = useServices();
  const [areThreadsOpen, setThreadsOpen] = useState(false);
  const [isDataOpen, setDataOpen] = useState(false);
  const openData = useCallback(() => setDataOpen(true), []);
  const closeThreads = useCallback(() => setThreadsOpen(false), []);
  useImportsLoaded();
  useEffect(() => {
    const stop = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || document.querySelector("dialog[open]"))
        return;
      conversation.stop();
    };
    document.addEventListener("keydown", stop);
    return () => document.removeEventListener("keydown", stop);
  }, [conversation]);
  return (
    <div className="app" data-threads-open={areThreadsOpen}>
      <a className="skip" href="#composer-text" onClick={focusComposer}>
        Skip to the composer
      </a>
      <aside className="sidebar">
        <p className="brand">
          <img src="/icon.svg" alt="" width="22" height="22" /> Golden Path
        </p>
        <ThreadList onOpen={closeThreads} />
      </aside>
      <button
        className="scrim"
        aria-label="Close the list of threads"
        tabIndex={areThreadsOpen ? 0 : -1}
        onClick={closeThreads}
      />
      <main className="main">
        <header className="topbar">
          <button
            className="quiet icon-only menu"
            aria-label="Threads"
            aria-expanded={areThreadsOpen}
            onClick={() => setThreadsOpen(!areThreadsOpen)}
          >
            <Icon name="menu" />
          </button>
          <ConnectionPill />
          <span className="space" />
          <SampleBadge />
          <button className="quiet" onClick={openData}>
            <Icon name="data" /> Data
          </button>
          <ThemeToggle />
        </header>
        <TokenForm />
        <Transcript />
        <Composer />
      </main>
      {isDataOpen && <DataDrawer onClose={() => setDataOpen(false)} />}
      <DropTarget onDrop={openData} />
    </div>
  );
}

/** The hash names the thread, so the skip link must not put itself there. */
function focusComposer(event: { preventDefault(): void }): void {
  event.preventDefault();
  document.getElementById("composer-text")?.focus();
}

function useImportsLoaded(): void {
  const { imports } = useServices();
  const isOnline = useIsOnline();
  useEffect(() => {
    if (isOnline) void imports.load();
  }, [imports, isOnline]);
}

/** Sample rows are read only while there is no other data; then every answer is about the sample. */
function SampleBadge() {
  const { items } = useImports();
  const isSample =
    items !== null && items.length > 0 && items.every((it) => it.sample);
  return isSample ? <span className="badge sample">sample data</span> : null;
}
