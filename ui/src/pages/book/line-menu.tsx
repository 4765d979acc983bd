// The menu behind the right button on a line: first of all, how the word under the pointer is said.

import { ContextMenu } from "radix-ui";
import { type MouseEvent, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { lock, regenerate } from "./deeds";
import { focusLines, select, useDeskStore } from "./desk";
import { wordAt } from "./find";
import { playLine } from "./listen";
import { lineOf } from "./row";
import { holds } from "./selection";

/** Words and place in them under a point of the window. */
function under(x: number, y: number): string | null {
  const page = document as Document & { caretRangeFromPoint?: (x: number, y: number) => Range | null };
  const place = page.caretRangeFromPoint?.(x, y);
  const mark = place
    ? { node: place.startContainer, at: place.startOffset }
    : "caretPositionFromPoint" in page
      ? ((found) => found && { node: found.offsetNode, at: found.offset })(page.caretPositionFromPoint(x, y))
      : null;
  if (!mark || !(mark.node instanceof Text) || !mark.node.parentElement?.closest("[data-words]")) return null;
  return wordAt(mark.node.data, mark.at);
}

export function LineMenu({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const [at, setAt] = useState<{ line: number; word: string | null } | null>(null);
  const about = (event: MouseEvent) => {
    const pointed = lineOf(event);
    const line = pointed ?? desk.getState().selection.active;
    if (!holds(desk.getState().selection, line)) select(desk, line, false, null);
    // From the keyboard there is no word under the pointer.
    setAt({ line, word: pointed === null ? null : under(event.clientX, event.clientY) });
  };
  const line = at?.line ?? 0;
  const item =
    "flex h-8 items-center gap-4 rounded-control px-2 text-base outline-none data-disabled:opacity-45 data-highlighted:bg-accent-soft";
  const items: { label: string; hint: string; act: () => void }[] = [
    { label: t("shell.keyPlayLine"), hint: "Enter", act: () => void playLine(desk, line, true) },
    { label: t("shell.keyRegenerate"), hint: "R", act: () => void regenerate(desk, false) },
    { label: t("shell.keyNewTake"), hint: "T", act: () => void regenerate(desk, true) },
    { label: t("shell.keyEdit"), hint: "E", act: () => desk.setState({ editing: line }) },
    { label: t("shell.keyLock"), hint: "X", act: () => void lock(desk) },
  ];
  return (
    <ContextMenu.Root>
      <ContextMenu.Trigger asChild onContextMenu={about}>
        {children}
      </ContextMenu.Trigger>
      <ContextMenu.Portal>
        <ContextMenu.Content
          collisionPadding={8}
          className="z-50 min-w-52 animate-[fade_120ms] rounded-control border border-line bg-raised p-1 shadow-raised"
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            const { editing, saying } = desk.getState();
            if (editing === null && saying === null) focusLines();
          }}
        >
          <ContextMenu.Item className={item} onSelect={() => desk.setState({ saying: { word: at?.word ?? "", line } })}>
            {at?.word ? t("narrate.sayWord", { word: at.word }) : t("narrate.sayAWord")}
          </ContextMenu.Item>
          <ContextMenu.Separator className="my-1 h-px bg-line" />
          {items.map(({ label, hint, act }) => (
            <ContextMenu.Item key={hint} className={item} onSelect={act}>
              <span className="flex-1">{label}</span>
              <kbd className="font-sans text-tiny text-ink-faint">{hint}</kbd>
            </ContextMenu.Item>
          ))}
        </ContextMenu.Content>
      </ContextMenu.Portal>
    </ContextMenu.Root>
  );
}
