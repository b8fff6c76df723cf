/** The screens: side by side, or as a menu where the page's head has no room for them. */
import { ChevronDown } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { Link } from "../ui/Link";
import { useMedia } from "../ui/useMedia";
import { go, usePlace, type Place } from "./router";

interface Screen {
  href: string;
  label: string;
  shown: Place["screen"][];
}

const SCREENS: Screen[] = [
  { href: "/", label: "Workflows", shown: ["workflows", "workflow"] },
  { href: "/runs", label: "Runs", shown: ["runs", "run"] },
  { href: "/dashboard", label: "Dashboard", shown: ["dashboard"] },
  { href: "/settings", label: "Settings", shown: ["settings"] },
];

const NARROW = "(max-width: 980px)";

export function Nav() {
  const { screen } = usePlace();
  const isHere = ({ shown }: Screen) => shown.includes(screen);
  const isNarrow = useMedia(NARROW);
  return (
    <nav className="nav" aria-label="Screens">
      {isNarrow ? (
        <Menu here={SCREENS.find(isHere)} />
      ) : (
        SCREENS.map((each) => (
          <Link key={each.href} href={each.href} {...(isHere(each) && { "aria-current": "page" as const })}>
            {each.label}
          </Link>
        ))
      )}
    </nav>
  );
}

function Menu({ here }: { here: Screen | undefined }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="nav-menu">
        {here?.label ?? "Screens"} <ChevronDown size={14} aria-hidden />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="start" sideOffset={4}>
          {SCREENS.map(({ href, label }) => (
            <DropdownMenu.Item key={href} onSelect={() => go(href)}>
              {label}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
