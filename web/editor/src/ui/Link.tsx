/** A link to another screen of this page. */
import type { AnchorHTMLAttributes } from "react";
import { follow } from "../app/router";

export function Link({ href, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  return <a {...rest} href={href} onClick={follow} />;
}
