/** Places inside a value, as JSON pointers (RFC 6901), and the same as an expression that a person can paste. */

export const ROOT = "";

export const child = (pointer: string, key: string | number) =>
  `${pointer}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;

export function steps(pointer: string): string[] {
  if (pointer === ROOT) return [];
  return pointer
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The containers of a place, from the root inwards, without itself. */
export function around(pointer: string): string[] {
  const found: string[] = [];
  for (let end = pointer.lastIndexOf("/"); end >= 0; end = pointer.lastIndexOf("/", end - 1)) {
    found.unshift(pointer.slice(0, end));
    if (end === 0) break;
  }
  return found;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const INDEX = /^\d+$/;

/** `/body/orders/3/unit price` under `input` is `input.body.orders[3]["unit price"]`. */
export function expression(base: string, pointer: string): string {
  return steps(pointer).reduce((path, step) => {
    if (NAME.test(step)) return `${path}.${step}`;
    return INDEX.test(step) ? `${path}[${step}]` : `${path}[${JSON.stringify(step)}]`;
  }, base);
}
