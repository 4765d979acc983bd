// A question in front of everything else. Escape and the cross leave it; the focus goes back where it was.

import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useFocusBack } from "./focus-back";

export function Dialog({
  open,
  onClose,
  title,
  about,
  children,
  foot,
  wide,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  about?: string;
  children?: ReactNode;
  /** Buttons, the main one last. */
  foot?: ReactNode;
  wide?: boolean;
}) {
  const { t } = useTranslation();
  const focusBack = useFocusBack(open);
  return (
    <Radix.Root open={open} onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 animate-[fade_120ms] bg-[black]/45" />
        <Radix.Content
          onCloseAutoFocus={focusBack}
          {...(about ? {} : { "aria-describedby": undefined })}
          className={`fixed top-1/2 left-1/2 z-40 flex max-h-[88vh] w-[calc(100vw-2rem)] -translate-x-1/2 -translate-y-1/2 animate-[fade_120ms] flex-col rounded-card border border-line bg-raised shadow-raised ${wide ? "max-w-3xl" : "max-w-md"}`}
        >
          <header className="flex items-start gap-3 px-5 pt-4 pb-2">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-lead font-semibold">{title}</Radix.Title>
              {about && <Radix.Description className="mt-1 text-base text-ink-soft">{about}</Radix.Description>}
            </div>
            <Radix.Close
              aria-label={t("shell.close")}
              className="inline-flex size-7 items-center justify-center rounded-control text-ink-soft hover:bg-sunken"
            >
              <X className="size-4" aria-hidden />
            </Radix.Close>
          </header>
          {children && <div className="min-h-0 flex-1 overflow-y-auto px-5 py-2">{children}</div>}
          {foot && <footer className="flex flex-wrap justify-end gap-2 px-5 pt-2 pb-4">{foot}</footer>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
