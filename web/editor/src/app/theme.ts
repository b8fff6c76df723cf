/** Light, dark, or what the system says. Kept in this browser. */
import { create } from "zustand";

export type Theme = "system" | "light" | "dark";
const NAME = "flowforge/theme";

const isTheme = (value: unknown): value is Theme => value === "system" || value === "light" || value === "dark";

function kept(): Theme {
  try {
    const value = localStorage.getItem(NAME);
    return isTheme(value) ? value : "system";
  } catch {
    return "system";
  }
}

export const useTheme = create<{ theme: Theme }>(() => ({ theme: kept() }));

const system = () => matchMedia("(prefers-color-scheme: dark)");

export function shownTheme(theme: Theme): "light" | "dark" {
  return theme === "system" ? (system().matches ? "dark" : "light") : theme;
}

export function setTheme(theme: Theme) {
  try {
    localStorage.setItem(NAME, theme);
  } catch {
    // A browser that keeps nothing shows the theme until the page is left.
  }
  useTheme.setState({ theme });
}

/** Shows the theme from the first paint on, and follows the system's changes. */
export function followTheme() {
  const show = () => {
    document.documentElement.dataset["theme"] = shownTheme(useTheme.getState().theme);
  };
  show();
  useTheme.subscribe(show);
  system().addEventListener("change", show);
}
