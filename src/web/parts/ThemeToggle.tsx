/** Switches between the light and the dark theme; until it is used, the system's choice holds. public/theme.js applies it on load. */
import { useState } from "react";
import { Icon } from "./icons.tsx";

const KEY = "goldenpath.theme";
type Theme = "light" | "dark";

export function ThemeToggle() {
  const [theme, setTheme] = useState<Theme>(presentTheme);
  const other: Theme = theme === "dark" ? "light" : "dark";
  return (
    <button
      className="quiet icon-only"
      aria-label={`Use the ${other} theme`}
      title={`Use the ${other} theme`}
      onClick={() => {
        localStorage.setItem(KEY, other);
        document.documentElement.dataset["theme"] = other;
        setTheme(other);
      }}
    >
      <Icon name={other === "dark" ? "moon" : "sun"} />
    </button>
  );
}

function presentTheme(): Theme {
  const chosen = document.documentElement.dataset["theme"];
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}
