/** Where the person writes: Enter sends, Shift+Enter breaks the line, input methods are left alone; the draft outlives a reload. */
import { useState } from "react";
import type { KeyboardEvent } from "react";
import { useConversation, useServices } from "../hooks.ts";
import { readDraft, writeDraft } from "../state/drafts.ts";
import { isActive } from "../state/turn.ts";
import { Icon } from "./icons.tsx";

/** Characters of one message, as the protocol bounds them, and from where on the count is shown. */
const CHARACTERS_MAX = 4_000;
const COUNT_FROM = 3_500;

export function Composer() {
  const { conversation } = useServices();
  const { threadId, transcript } = useConversation();
  const [text, setText] = useDraft(threadId);
  const isBusy = transcript.turns.some(isActive);
  const isEmpty = text.trim() === "";
  const send = () => {
    if (isEmpty || text.length > CHARACTERS_MAX) return;
    conversation.send(text.trim());
    setText("");
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label className="visually-hidden" htmlFor="composer-text">
        Your question
      </label>
      <textarea
        id="composer-text"
        rows={1}
        autoFocus
        value={text}
        maxLength={CHARACTERS_MAX}
        placeholder={
          isBusy ? "Ask another; it will queue" : "Ask about your AI spend"
        }
        onChange={({ target }) => setText(target.value)}
        onKeyDown={(event) => {
          if (!isPlainEnter(event)) return;
          event.preventDefault();
          send();
        }}
      />
      {text.length >= COUNT_FROM && (
        <span className="muted count">
          {text.length} / {CHARACTERS_MAX}
        </span>
      )}
      {isBusy && isEmpty ? (
        <button
          type="button"
          className="primary"
          title="Stop (Esc)"
          onClick={() => conversation.stop()}
        >
          <Icon name="stop" /> Stop
        </button>
      ) : (
        <button className="primary" disabled={isEmpty} title="Send (Enter)">
          <Icon name="send" /> Send
        </button>
      )}
    </form>
  );
}

/** The text of a thread's composer; another thread brings its own draft. */
function useDraft(threadId: string | null): [string, (text: string) => void] {
  const [shown, setShown] = useState(threadId);
  const [text, setText] = useState(() => readDraft(threadId));
  if (shown !== threadId) {
    setShown(threadId);
    setText(readDraft(threadId));
  }
  const change = (next: string) => {
    writeDraft(threadId, next);
    setText(next);
  };
  return [text, change];
}

/** Enter that ends the message, and not one that picks a word of an input method. */
function isPlainEnter(event: KeyboardEvent): boolean {
  return (
    event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing
  );
}
