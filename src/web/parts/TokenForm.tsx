/** Asks for a token where the server gives none by itself, or has refused the one there was. */
import { useState } from "react";
import { useClient, useServices } from "../hooks.ts";

const REASONS: Record<string, string> = {
  token_missing: "This server wants to know who you are.",
  token_expired: "Your session has expired. Your threads are kept.",
  token_revoked: "Your session was ended. Your threads are kept.",
  token_invalid: "The server does not accept this token.",
};

/** Shown only after a refusal that another token can cure. */
export function TokenForm() {
  const { client, tokens } = useServices();
  const [text, setText] = useState("");
  const isRefused = useClient((it) => it.connection === "refused");
  const closing = useClient((it) => it.closing);
  if (!isRefused || closing?.code !== 4401) return null;
  return (
    <form
      className="token-form card"
      onSubmit={(event) => {
        event.preventDefault();
        tokens.forget();
        if (text.trim() !== "") tokens.paste(text);
        client.connect();
      }}
    >
      <h2>Sign in</h2>
      <p>{REASONS[closing.reason] ?? REASONS["token_missing"]}</p>
      <label htmlFor="token">Paste a token</label>
      <input
        id="token"
        type="password"
        autoComplete="off"
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
      <p className="muted">
        It stays in this tab. Whoever runs the server can issue one.
      </p>
      <button className="primary">Connect</button>
    </form>
  );
}
