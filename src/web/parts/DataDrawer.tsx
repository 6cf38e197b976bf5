/** The data drawer: bring files in, see what became of each row, remove an import. */
import { useRef } from "react";
import type { ImportResult } from "../../domain/model.ts";
import { useImports, useServices } from "../hooks.ts";
import {
  formatBytes,
  formatCount,
  formatPeriod,
  formatUsd,
} from "../state/format.ts";
import type { Upload } from "../state/imports.ts";
import { Dialog } from "./Dialog.tsx";
import { Icon } from "./icons.tsx";

export function DataDrawer({ onClose }: { readonly onClose: () => void }) {
  const { imports } = useServices();
  const { items, uploads, problem } = useImports();
  return (
    <Dialog kind="drawer" title="Your usage data" onClose={onClose}>
      <p className="muted">
        Exports from OpenAI, Anthropic, LiteLLM, Langfuse, OpenRouter and
        others, or plain CSV; ask “How do I import my usage data?” for all.
        Prompts and completions in a file are never kept.
      </p>
      <div className="row">
        <FileButton />
        <button onClick={() => void imports.loadSample()}>
          Load sample data
        </button>
      </div>
      {problem !== null && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <UploadList uploads={uploads.filter((it) => it.state !== "kept")} />
      <BudgetAlerts uploads={uploads} />
      <h3>Imports</h3>
      {items === null && <p aria-busy="true">Loading…</p>}
      {items?.length === 0 && <p className="muted">Nothing imported yet.</p>}
      <ul className="imports">
        {items?.map((item) => (
          <li key={item.import_id} className="card">
            <ImportSummary result={item} />
            <button
              className="quiet small"
              onClick={() => void imports.remove(item.import_id)}
            >
              <Icon name="trash" /> Remove
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

/** Opens the system's file choice; several files are imported one by one. */
export function FileButton() {
  const { imports } = useServices();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button className="primary" onClick={() => input.current?.click()}>
        <Icon name="upload" /> Choose a file
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Usage export"
        onChange={({ target }) => {
          for (const file of target.files ?? []) void imports.upload(file);
          target.value = "";
        }}
      />
    </>
  );
}

/** What became of the files of this visit. */
export function UploadList(props: { readonly uploads: readonly Upload[] }) {
  return (
    <ul className="uploads" aria-live="polite">
      {props.uploads.map((upload) => (
        <li key={upload.key} className="card" data-state={upload.state}>
          <strong>{upload.name}</strong>
          {upload.bytes !== null && (
            <span className="muted"> {formatBytes(upload.bytes)}</span>
          )}
          {upload.state === "reading" && <p aria-busy="true">Reading…</p>}
          {upload.state === "refused" && (
            <p className="problem">
              <Icon name="alert" /> {upload.problem}
            </p>
          )}
          {upload.state === "kept" && <ImportSummary result={upload.result} />}
        </li>
      ))}
    </ul>
  );
}

/** Budgets that the months of what was just brought in have reached. */
function BudgetAlerts(props: { readonly uploads: readonly Upload[] }) {
  const alerts = props.uploads.flatMap((upload) =>
    upload.state === "kept" ? upload.result.budgets : [],
  );
  const lines = new Set(
    alerts.map(
      ({ scope, month, monthly_usd, spent_usd, spent_percent }) =>
        `${scope === null ? "All spend" : `${scope.dimension} ${scope.key}`} in ${month}: ${formatUsd(spent_usd)} of a budget of ${formatUsd(monthly_usd)}, ${Math.round(spent_percent)}%.`,
    ),
  );
  return (
    <ul className="uploads" aria-live="polite">
      {[...lines].map((line) => (
        <li key={line} className="card">
          <p className="problem">
            <Icon name="alert" /> {line}
          </p>
        </li>
      ))}
    </ul>
  );
}

function ImportSummary({ result }: { readonly result: ImportResult }) {
  const { rows, skipped, period, models, unpriced_models } = result;
  return (
    <div className="import">
      <p>
        {result.sample ? (
          <span className="badge sample">sample</span>
        ) : (
          <code>{result.format}</code>
        )}{" "}
        {period === null ? "no rows" : formatPeriod(period, "UTC")}
      </p>
      <p className="muted">
        {formatCount(rows.read)} rows read, {formatCount(rows.kept)} kept
        {rows.duplicate > 0 && `, ${formatCount(rows.duplicate)} known already`}
        {rows.skipped > 0 && `, ${formatCount(rows.skipped)} skipped`}
        {models.length > 0 && ` · ${models.join(", ")}`}
      </p>
      {unpriced_models.length > 0 && (
        <p className="notice">
          Without a price, so not in any dollar figure:{" "}
          {unpriced_models.join(", ")}
        </p>
      )}
      {skipped.length > 0 && (
        <details>
          <summary>Why rows were skipped</summary>
          <ul className="skipped">
            {skipped.map(({ line, reason }) => (
              <li key={line}>
                line {line}: {reason}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
