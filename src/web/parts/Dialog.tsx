/** A modal dialog or side drawer on the browser's own <dialog>: focus kept inside, Esc and the backdrop close it. */
import { useEffect, useRef } from "react";
import type { ReactNode } from "react";
import { Icon } from "./icons.tsx";

export function Dialog(props: {
  readonly title: string;
  readonly kind: "dialog" | "drawer";
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    if (dialog?.open === false) dialog.showModal();
  }, []);
  return (
    <dialog
      ref={ref}
      className={props.kind}
      aria-label={props.title}
      onClose={props.onClose}
      onClick={(event) => {
        if (event.target === ref.current) ref.current.close();
      }}
    >
      <div className="dialog-body">
        <header className="dialog-head">
          <h2>{props.title}</h2>
          <button
            className="quiet icon-only"
            aria-label="Close"
            onClick={() => ref.current?.close()}
          >
            <Icon name="close" />
          </button>
        </header>
        {props.children}
      </div>
    </dialog>
  );
}
