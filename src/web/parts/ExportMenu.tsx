/** Takes a report along: a button that shows the formats, and says what came of the one that was chosen. */
import { useId, useState } from "react";
import { useServices } from "../hooks.ts";
import { wordsOf } from "../state/api.ts";
import type { ExportFormat } from "../state/api.ts";
import { saveFile } from "../state/files.ts";
import { Icon } from "./icons.tsx";

const FORMATS: readonly (readonly [ExportFormat, string])[] = [
  ["html", "Print-ready page"],
  ["markdown", "Markdown"],
  ["csv", "CSV"],
  ["json", "JSON"],
];

type Step =
  | { readonly kind: "closed" | "choosing" | "saving" }
  | { readonly kind: "saved" | "failed"; readonly words: string };

export function ExportMenu({ runId }: { readonly runId: string }) {
  const { api } = useServices();
  const [step, setStep] = useState<Step>({ kind: "closed" });
  const id = useId();
  const isOpen = step.kind !== "closed";
  const save = (format: ExportFormat) => {
    setStep({ kind: "saving" });
    api.exportReport(runId, format).then(
      (file) => {
        saveFile(file);
        setStep({ kind: "saved", words: `Saved ${file.name}` });
      },
      (error: unknown) => setStep({ kind: "failed", words: wordsOf(error) }),
    );
  };
  return (
    <>
      <button
        className="quiet small"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setStep({ kind: isOpen ? "closed" : "choosing" })}
      >
        <Icon name="download" /> export
      </button>
      <div className="exports" id={id} hidden={!isOpen}>
        <ul className="row" aria-label="Export this report as">
          {FORMATS.map(([format, name]) => (
            <li key={format}>
              <button
                className="small"
                disabled={step.kind === "saving"}
                onClick={() => save(format)}
              >
                {name}
              </button>
            </li>
          ))}
        </ul>
        <p role="status" className={step.kind === "failed" ? "bad" : "muted"}>
          {"words" in step ? step.words : ""}
        </p>
      </div>
    </>
  );
}
