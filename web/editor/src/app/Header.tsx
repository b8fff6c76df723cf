/** The bar at the head of every screen. */
import { Keyboard, Moon, Search, Sun } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "../ui/Link";
import { keyOf } from "./keys";
import { Nav } from "./Nav";
import { openOverlay } from "./overlays";
import { setTheme, shownTheme, useTheme } from "./theme";

interface HeaderProps {
  /** What the screen is called, for those who hear it, where nothing on the screen says it as its heading. */
  title?: string;
  /** Beside the navigation. */
  children?: ReactNode;
  /** At the right end. */
  tools?: ReactNode;
}

export function Header({ title, children, tools }: HeaderProps) {
  return (
    <header className="header" data-keys="bar">
      {title !== undefined && <h1 className="sr-only">{title}</h1>}
      <Link href="/" className="brand" aria-label="FlowForge, all workflows">
        <Mark />
        <span className="brand-name">FlowForge</span>
      </Link>
      <Nav />
      <div className="header-middle">{children}</div>
      {tools}
      <button type="button" className="find" onClick={() => openOverlay("commands")}>
        <Search size={14} aria-hidden />
        <span className="find-words">Find</span>
        <kbd>{keyOf("palette")}</kbd>
      </button>
      <ThemeSwitch />
      <button
        type="button"
        className="tool"
        aria-label="Keys"
        title={`Keys (${keyOf("help")})`}
        onClick={() => openOverlay("help")}
      >
        <Keyboard size={16} aria-hidden />
      </button>
    </header>
  );
}

/** A spark between two nodes. */
function Mark() {
  return (
    <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden>
      <rect width="22" height="22" rx="6" fill="var(--accent)" />
      <path
        d="M6 7h3.2c3.4 0 .8 8 4.2 8H16"
        stroke="var(--accent-ink)"
        strokeWidth="1.8"
        fill="none"
        strokeLinecap="round"
      />
      <circle cx="5.6" cy="7" r="1.9" fill="var(--accent-ink)" />
      <circle cx="16.4" cy="15" r="1.9" fill="var(--accent-ink)" />
    </svg>
  );
}

function ThemeSwitch() {
  const theme = useTheme((store) => store.theme);
  const isDark = shownTheme(theme) === "dark";
  const label = isDark ? "Use the light theme" : "Use the dark theme";
  return (
    <button
      type="button"
      className="tool"
      aria-label={label}
      title={label}
      onClick={() => setTheme(isDark ? "light" : "dark")}
    >
      {isDark ? <Sun size={16} aria-hidden /> : <Moon size={16} aria-hidden />}
    </button>
  );
}
