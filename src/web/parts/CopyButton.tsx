/** Copies a text and says so. */
import { useState } from "react";
import { Icon } from "./icons.tsx";

export function CopyButton(props: {
  readonly text: string;
  /** Named for whoever cannot see the icon. */
  readonly what: string;
}) {
  const [outcome, setOutcome] = useState<"copied" | "not copied" | null>(null);
  const copy = () =>
    navigator.clipboard.writeText(props.text).then(
      () => setOutcome("copied"),
      () => setOutcome("not copied"),
    );
  return (
    <button
      className="quiet small"
      onClick={() => void copy()}
      onBlur={() => setOutcome(null)}
      aria-label={`Copy ${props.what}`}
    >
      <Icon name={outcome === "copied" ? "check" : "copy"} />
      <span role="status">{outcome ?? "copy"}</span>
    </button>
  );
}
