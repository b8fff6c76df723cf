/** Where a person picks the next node: typed words are searched by the service's catalogue. */
import { useQuery } from "@tanstack/react-query";
import { Command } from "cmdk";
import { useDeferredValue, useEffect, useRef, useState } from "react";
import { searchNodes } from "../api/catalogue";
import type { NodeSpec } from "../api/types";
import { NodeIcon } from "./icons";
import { closePalette, usePalette, type PaletteAsk } from "./paletteStore";
import { fits } from "./ports";

const SECTIONS: Record<string, string> = {
  workspace: "Of this workspace",
  trigger: "Triggers",
  http: "Network",
  flow: "Flow",
  data: "Data",
  code: "Code",
  ai: "Models",
};
const WIDTH = 336;
const HEIGHT = 392;

export function Palette({ all, onPick }: { all: NodeSpec[]; onPick: (spec: NodeSpec, ask: PaletteAsk) => void }) {
  const ask = usePalette((palette) => palette.ask);
  return ask && <Opened key={`${ask.screen.x} ${ask.screen.y}`} ask={ask} all={all} onPick={onPick} />;
}

interface OpenedProps {
  ask: PaletteAsk;
  all: NodeSpec[];
  onPick: (spec: NodeSpec, ask: PaletteAsk) => void;
}

function Opened({ ask, all, onPick }: OpenedProps) {
  const [words, setWords] = useState("");
  const query = useDeferredValue(words.trim());
  const { specs, isAnswer } = useFound(query, all);
  const found = specs.filter((spec) => isUseful(spec, ask));
  const shown = sections(found, query);
  const first = shown[0]?.[1][0]?.type ?? "";
  // A new best answer is chosen until the arrows choose another.
  const [picked, setPicked] = useState({ first, type: first });
  const isChosen = picked.first === first && picked.type !== first;
  const enter = useEnter(isAnswer && query === words.trim(), shown[0]?.[1][0], (spec) => onPick(spec, ask));
  const box = useRef<HTMLDivElement>(null);
  useCloseOutside(box);
  const left = Math.max(8, Math.min(ask.screen.x, innerWidth - WIDTH - 8));
  const top = Math.max(8, Math.min(ask.screen.y, innerHeight - HEIGHT - 8));
  return (
    <div ref={box} className="palette" style={{ left, top, width: WIDTH }} role="dialog" aria-label="Add a node">
      <Command
        shouldFilter={false}
        label="Add a node"
        value={picked.first === first ? picked.type : first}
        onValueChange={(type) => setPicked({ first, type })}
        onKeyDown={(event) => {
          if (event.key === "Escape" || event.key === "Tab") {
            event.preventDefault();
            closePalette();
          }
          if (event.key === "Enter" && !event.nativeEvent.isComposing && !isChosen) {
            event.preventDefault();
            enter.press();
          }
        }}
      >
        <Command.Input
          autoFocus
          value={words}
          onValueChange={(next) => {
            setWords(next);
            enter.forget();
          }}
          placeholder={placeholder(ask)}
        />
        <Command.List style={{ maxHeight: HEIGHT - 52 }}>
          <Command.Empty>Nothing fits “{words}”.</Command.Empty>
          {shown.map(([title, specs]) => (
            <Command.Group key={title} heading={title}>
              {specs.map((spec) => (
                <Command.Item key={spec.type} value={spec.type} onSelect={() => onPick(spec, ask)}>
                  <span className="step-icon">
                    <NodeIcon name={spec.icon} />
                  </span>
                  <span className="min-w-0">
                    <span className="block truncate font-medium">{spec.title}</span>
                    <span className="block truncate text-xs text-ink-soft">{spec.summary}</span>
                  </span>
                </Command.Item>
              ))}
            </Command.Group>
          ))}
        </Command.List>
      </Command>
    </div>
  );
}

function placeholder({ wire, edge }: PaletteAsk): string {
  if (edge !== undefined) return "Put a node in between…";
  if (wire) return wire.type === "any" ? "Connect to a new node…" : `A node for ${wire.type}…`;
  return "Add a node…";
}

interface Found {
  specs: NodeSpec[];
  /** These are the best for the words; else others may come before them yet. */
  isAnswer: boolean;
}

/** What is in the catalogue under these words, best first. Before the service answers: what begins alike. */
function useFound(query: string, all: NodeSpec[]): Found {
  const { data, isPending, isPlaceholderData } = useQuery({
    queryKey: ["nodes", query],
    queryFn: () => searchNodes(query),
    enabled: query !== "",
    staleTime: 60_000,
    retry: false,
    placeholderData: (before) => before,
  });
  if (query === "") return { specs: all, isAnswer: true };
  const word = query.toLowerCase();
  const alike = (spec: NodeSpec) => `${spec.title} ${spec.type} ${spec.words.join(" ")}`.toLowerCase().includes(word);
  return { specs: data ?? all.filter(alike), isAnswer: !isPending && !isPlaceholderData };
}

/**
 * Enter means the best for what was typed. Fast fingers press it before that is known, so it waits for the answer rather
 * than take what stands first meanwhile.
 */
function useEnter(isAnswer: boolean, best: NodeSpec | undefined, pick: (spec: NodeSpec) => void) {
  const isDue = useRef(false);
  const take = () => {
    isDue.current = false;
    if (best) pick(best);
  };
  useEffect(() => {
    if (isDue.current && isAnswer) take();
  });
  return {
    press() {
      if (isAnswer) take();
      else isDue.current = true;
    },
    forget() {
      isDue.current = false;
    },
  };
}

function isUseful(spec: NodeSpec, { wire, edge }: PaletteAsk): boolean {
  if (edge !== undefined) return spec.inputs.length > 0 && spec.outputs.length > 0;
  if (!wire) return true;
  return wire.side === "output"
    ? spec.inputs.some((port) => fits(wire.type, port.type))
    : spec.outputs.some((port) => fits(port.type, wire.type));
}

/** By family while nothing is typed; as ranked once something is. */
function sections(found: readonly NodeSpec[], query: string): [string, NodeSpec[]][] {
  if (query !== "") return [["Found", [...found]]];
  const families = new Map<string, NodeSpec[]>(Object.values(SECTIONS).map((title) => [title, []]));
  for (const spec of found) {
    const title = SECTIONS[spec.type.split(".")[0] ?? ""] ?? "Other";
    families.set(title, [...(families.get(title) ?? []), spec]);
  }
  return [...families].filter(([, specs]) => specs.length > 0);
}

function useCloseOutside(box: React.RefObject<HTMLElement | null>) {
  useEffect(() => {
    const before = document.activeElement;
    const close = (event: PointerEvent) => {
      if (!(event.target instanceof Node) || !box.current?.contains(event.target)) closePalette();
    };
    addEventListener("pointerdown", close, true);
    return () => {
      removeEventListener("pointerdown", close, true);
      // Back to where the keyboard was, unless the new node took it.
      if (document.activeElement === document.body && before instanceof HTMLElement) before.focus();
    };
  }, [box]);
}
