// The words of a line while they are edited. Enter keeps them, Escape gives up, Ctrl+Enter splits, Backspace at the start joins.

import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { endEdit } from "./deeds";
import { focusLines, useDeskStore } from "./desk";

export function LineEdit({ text, heading }: { text: string; heading: boolean }) {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const area = useRef<HTMLTextAreaElement>(null);
  /** Given up or kept: what comes after is no second time. */
  const done = useRef(false);

  useEffect(() => {
    const element = area.current;
    if (!element) return;
    element.focus({ preventScroll: true });
    element.setSelectionRange(element.value.length, element.value.length);
    element.closest("[role=row]")?.scrollIntoView({ block: "nearest" });
  }, []);

  const keep = (then: { split: number } | "merge" | null = null) => {
    if (done.current || !area.current) return;
    done.current = true;
    void endEdit(desk, area.current.value, then);
  };
  return (
    <div>
      <textarea
        ref={area}
        data-testid="line-edit"
        aria-label={t("narrate.editWords")}
        aria-describedby="line-edit-keys"
        defaultValue={text}
        rows={1}
        className={`field-sizing-content block w-full resize-none rounded-control border border-transparent bg-surface px-2 -mx-2 ${heading ? "text-title font-semibold" : "text-read"}`}
        onBlur={() => keep()}
        onKeyDown={(event) => {
          // Undo and the other keys are the field's own here.
          event.stopPropagation();
          if (event.nativeEvent.isComposing) return;
          const { selectionStart, selectionEnd } = event.currentTarget;
          if (event.key === "Escape") {
            done.current = true;
            desk.setState({ editing: null });
            focusLines();
          } else if (event.key === "Enter") {
            keep(event.ctrlKey || event.metaKey ? { split: selectionStart } : null);
          } else if (event.key === "Backspace" && selectionStart === 0 && selectionEnd === 0) {
            keep("merge");
          } else return;
          event.preventDefault();
        }}
      />
      <p id="line-edit-keys" className="pt-0.5 text-tiny text-ink-soft">
        {t("narrate.editKeys")}
      </p>
    </div>
  );
}
