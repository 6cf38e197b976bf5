/** Takes files dropped anywhere on the page and shows that it will. */
import { useEffect, useState } from "react";
import { useServices } from "../hooks.ts";
import { Icon } from "./icons.tsx";

export function DropTarget({ onDrop }: { readonly onDrop: () => void }) {
  const { imports } = useServices();
  const [isOver, setIsOver] = useState(false);
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes("Files") !== true) return;
      event.preventDefault();
      setIsOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setIsOver(false);
    };
    const drop = (event: DragEvent) => {
      event.preventDefault();
      setIsOver(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      for (const file of files) void imports.upload(file);
      if (files.length > 0) onDrop();
    };
    window.addEventListener("dragover", over);
    window.addEventListener("dragleave", leave);
    window.addEventListener("drop", drop);
    return () => {
      window.removeEventListener("dragover", over);
      window.removeEventListener("dragleave", leave);
      window.removeEventListener("drop", drop);
    };
  }, [imports, onDrop]);
  return isOver ? (
    <div className="drop-overlay">
      <p>
        <Icon name="upload" /> Drop to import
      </p>
    </div>
  ) : null;
}
