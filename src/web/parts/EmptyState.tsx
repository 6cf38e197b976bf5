/** A thread without a message: what this is, how to bring data in, what to ask. */
import { useImports, useServices } from "../hooks.ts";
import { FileButton, UploadList } from "./DataDrawer.tsx";
import { Icon } from "./icons.tsx";

const PROMPTS = [
  "Analyze my AI costs",
  "What changed against last month?",
  "Where can I save the most?",
];

export function EmptyState() {
  const { conversation, imports } = useServices();
  const { items, uploads } = useImports();
  const hasData = items !== null && items.length > 0;
  return (
    <div className="empty">
      <h1>What does your AI cost, and why?</h1>
      <p>
        Golden Path reads your AI usage exports and answers with figures that
        each lead back to the query they came from.
      </p>
      {items !== null && !hasData && (
        <div className="dropzone">
          <Icon name="upload" />
          <p>
            Drop a usage export here (OpenAI, Anthropic, LiteLLM, Langfuse and
            others, or plain CSV), or look around with sample data.
          </p>
          <div className="row">
            <FileButton />
            <button onClick={() => void imports.loadSample()}>
              Load sample data
            </button>
          </div>
        </div>
      )}
      <UploadList uploads={uploads.slice(0, 1)} />
      <ul className="chips" aria-label="Questions to start with">
        {PROMPTS.map((text) => (
          <li key={text}>
            <button className="chip" onClick={() => conversation.send(text)}>
              {text}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
