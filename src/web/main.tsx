/** Puts the page together: token, client, HTTP, the open conversation; then renders. The address's hash says which thread is open. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createClient } from "../client/index.ts";
import { App } from "./App.tsx";
import { ServicesContext } from "./hooks.ts";
import { adoptDraft } from "./state/drafts.ts";
import { Imports } from "./state/imports.ts";
import { currentThread, showThread } from "./state/route.ts";
import { Api } from "./state/api.ts";
import { Conversation } from "./state/conversation.ts";
import { TokenSource } from "./state/token.ts";

const socketUrl = new URL("/ws", location.href);
socketUrl.protocol = location.protocol === "https:" ? "wss:" : "ws:";

const tokens = new TokenSource(sessionStorage);
const api = new Api(tokens.get);
const client = createClient({
  url: socketUrl.href,
  token: tokens.get,
  storage: sessionStorage,
});
const conversation = new Conversation(client, api, (threadId) => {
  adoptDraft(threadId);
  showThread(threadId);
});
const imports = new Imports(api);

const follow = () => conversation.open(currentThread());
window.addEventListener("hashchange", follow);
window.addEventListener("online", () => {
  if (client.getSnapshot().connection === "waiting") client.connect();
});
follow();
client.connect();

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <ServicesContext value={{ client, api, tokens, conversation, imports }}>
      <App />
    </ServicesContext>
  </StrictMode>,
);
