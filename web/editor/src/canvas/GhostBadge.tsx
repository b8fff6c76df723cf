/** What a proposed change does to a node: a word above it and, while it is looked at, what was and what will be. */
import type { Ghost } from "./ghosts";

const WORDS: Record<Ghost["mark"], string> = { added: "New", changed: "Changed", removed: "Removed" };
const LINES_MAX = 4;

export function GhostBadge({ ghost: { mark, lines }, isOpen }: { ghost: Ghost; isOpen: boolean }) {
  const count = mark === "changed" && lines.length > 1 ? ` ${lines.length}` : "";
  return (
    <>
      <span className="ghost-badge" data-mark={mark}>
        {WORDS[mark]}
        {count}
      </span>
      {mark === "changed" && (
        <dl className="ghost-lines" data-open={isOpen || undefined}>
          {lines.slice(0, LINES_MAX).map(({ name, before, after }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                {before !== null && <del>{before}</del>} {after !== null && <ins>{after}</ins>}
              </dd>
            </div>
          ))}
          {lines.length > LINES_MAX && <div>and {lines.length - LINES_MAX} more</div>}
        </dl>
      )}
    </>
  );
}
