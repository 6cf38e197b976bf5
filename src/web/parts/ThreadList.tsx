/** The person's threads: open, start, rename, delete; a running one says so. */
import { useState } from "react";
import { useConversation } from "../hooks.ts";
import { threadHref } from "../state/route.ts";
import { Icon } from "./icons.tsx";
import { useThreads } from "./useThreads.ts";
import type { ThreadItem } from "./useThreads.ts";

/** Characters of a title, as the server bounds them. */
const TITLE_MAX = 120;

export function ThreadList({ onOpen }: { readonly onOpen: () => void }) {
  const { items, problem, loadMore, rename, remove } = useThreads();
  const { threadId } = useConversation();
  const [editing, setEditing] = useState<Editing | null>(null);
  return (
    <nav className="threads" aria-label="Threads">
      <a className="button new-thread" href={threadHref(null)} onClick={onOpen}>
        <Icon name="plus" /> New thread
      </a>
      {problem !== null && <p className="problem">{problem}</p>}
      <ul>
        {items?.map((item) => (
          <li
            key={item.thread_id}
            className="thread"
            data-current={item.thread_id === threadId}
          >
            <ThreadRow
              item={item}
              editing={editing?.id === item.thread_id ? editing.kind : null}
              isCurrent={item.thread_id === threadId}
              onOpen={onOpen}
              onEdit={(kind) =>
                setEditing(kind && { id: item.thread_id, kind })
              }
              onRename={(title) => rename(item.thread_id, title)}
              onRemove={() => {
                remove(item.thread_id);
                if (item.thread_id === threadId) location.hash = "#/";
              }}
            />
          </li>
        ))}
      </ul>
      {items?.length === 0 && <p className="muted">No threads yet.</p>}
      {loadMore !== null && (
        <button className="quiet" onClick={loadMore}>
          Older threads
        </button>
      )}
    </nav>
  );
}

type EditKind = "rename" | "remove";
interface Editing {
  readonly id: string;
  readonly kind: EditKind;
}

interface RowProps {
  readonly item: ThreadItem;
  readonly editing: EditKind | null;
  readonly isCurrent: boolean;
  readonly onOpen: () => void;
  readonly onEdit: (kind: EditKind | null) => void;
  readonly onRename: (title: string) => void;
  readonly onRemove: () => void;
}

function ThreadRow(props: RowProps) {
  const { item, editing, onEdit } = props;
  if (editing === "rename") return <RenameForm {...props} />;
  if (editing === "remove") return <RemoveQuestion {...props} />;
  return (
    <>
      <a
        href={threadHref(item.thread_id)}
        aria-current={props.isCurrent ? "page" : undefined}
        onClick={props.onOpen}
      >
        <span className="thread-title">{item.title || "New thread"}</span>
        {item.isRunning && <span className="badge running">running</span>}
      </a>
      <span className="thread-actions">
        <button
          className="quiet icon-only"
          aria-label={`Rename ${item.title}`}
          onClick={() => onEdit("rename")}
        >
          <Icon name="edit" />
        </button>
        <button
          className="quiet icon-only"
          aria-label={`Delete ${item.title}`}
          onClick={() => onEdit("remove")}
        >
          <Icon name="trash" />
        </button>
      </span>
    </>
  );
}

function RenameForm({ item, onEdit, onRename }: RowProps) {
  const [title, setTitle] = useState(item.title);
  return (
    <form
      className="thread-edit"
      onSubmit={(event) => {
        event.preventDefault();
        if (title.trim() !== "") onRename(title.trim());
        onEdit(null);
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onEdit(null);
      }}
    >
      <input
        autoFocus
        aria-label="Title"
        value={title}
        maxLength={TITLE_MAX}
        onChange={({ target }) => setTitle(target.value)}
        onBlur={() => onEdit(null)}
      />
    </form>
  );
}

function RemoveQuestion({ onEdit, onRemove }: RowProps) {
  return (
    <div className="thread-edit" role="alertdialog" aria-label="Delete thread">
      <span>Delete it?</span>
      <button
        autoFocus
        className="small danger"
        onClick={() => {
          onRemove();
          onEdit(null);
        }}
      >
        Delete
      </button>
      <button className="quiet small" onClick={() => onEdit(null)}>
        Keep
      </button>
    </div>
  );
}
