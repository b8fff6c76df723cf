/** Whether lists of records are read as a tree or as a table: what was chosen last, in this browser. */
export type ViewMode = "tree" | "table";

const NAME = "flowforge/values";

export function keptMode(): ViewMode {
  try {
    return localStorage.getItem(NAME) === "table" ? "table" : "tree";
  } catch {
    return "tree";
  }
}

export function keepMode(mode: ViewMode): void {
  try {
    localStorage.setItem(NAME, mode);
  } catch {
    // A browser that keeps nothing shows the tree next time.
  }
}
