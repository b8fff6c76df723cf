/** A field of a value, dragged out of the tree of values onto a parameter, becomes the expression that reads it. */
import type { DragEvent } from "react";

const PATH = "application/x-flowforge-path";

const carriesPath = (data: DataTransfer | null): boolean => data?.types.includes(PATH) ?? false;

/** The expression without its braces. */
export const pathOf = (data: DataTransfer | null): string | null => data?.getData(PATH) || null;

export interface DropHandlers {
  onDragOver?: (event: DragEvent) => void;
  onDrop?: (event: DragEvent) => void;
}

/** For widgets that are no text: what is dropped takes the place of the value. */
export function onPath(put: (expression: string) => void): DropHandlers {
  return {
    onDragOver: (event) => {
      if (!carriesPath(event.dataTransfer)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    onDrop: (event) => {
      const path = pathOf(event.dataTransfer);
      if (path === null) return;
      event.preventDefault();
      event.stopPropagation();
      put(`{{ ${path} }}`);
    },
  };
}
