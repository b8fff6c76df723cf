/** A window over the page, closed by Escape and by a click beside it. */
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  about?: string;
  wide?: boolean;
  children: ReactNode;
}

export function Dialog({ open, onClose, title, about, wide = false, children }: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="veil" />
        <Radix.Content className={wide ? "dialog wide" : "dialog"} {...(!about && { "aria-describedby": undefined })}>
          <header className="dialog-head">
            <Radix.Title className="text-base font-semibold">{title}</Radix.Title>
            <Radix.Close className="tool" aria-label="Close">
              <X size={16} aria-hidden />
            </Radix.Close>
          </header>
          {about && <Radix.Description className="dialog-about">{about}</Radix.Description>}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
