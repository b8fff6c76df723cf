/** A CodeMirror editor in a React element, made once and torn down with it. */
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { useEffect, useRef, type RefObject } from "react";

export interface EditorNaming {
  id: string;
  "aria-label"?: string | undefined;
  "aria-labelledby"?: string | undefined;
  "aria-describedby"?: string | undefined;
  "aria-invalid"?: boolean | undefined;
  "aria-required"?: boolean | undefined;
}

/** Makes the editor again only when `key` changes: everything else reaches it by what the extensions read. */
export function useEditor(
  key: unknown,
  doc: () => string,
  extensions: () => Extension,
  naming: EditorNaming,
): { host: RefObject<HTMLDivElement | null>; view: RefObject<EditorView | null> } {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const named = useRef(new Compartment());
  const make = useRef({ doc, extensions, naming });
  useEffect(() => {
    make.current = { doc, extensions, naming };
  });
  useEffect(() => {
    if (!host.current) return;
    const { doc: text, extensions: parts, naming: name } = make.current;
    const state = EditorState.create({ doc: text(), extensions: [parts(), named.current.of(attributes(name))] });
    const made = new EditorView({ state, parent: host.current });
    view.current = made;
    return () => {
      view.current = null;
      made.destroy();
    };
  }, [key]);
  const text = JSON.stringify(naming);
  useEffect(() => {
    view.current?.dispatch({ effects: named.current.reconfigure(attributes(JSON.parse(text) as EditorNaming)) });
  }, [text]);
  return { host, view };
}

function attributes(naming: EditorNaming): Extension {
  const given = Object.entries(naming).filter(([, value]) => value !== undefined);
  // The browser tabs to it without `tabindex`, but a dialog that keeps the focus inside would not know that.
  const all = [["tabindex", "0"], ...given.map(([name, value]) => [name, String(value)])];
  return EditorView.contentAttributes.of(Object.fromEntries(all) as Record<string, string>);
}
