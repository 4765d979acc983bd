// The words of a cue while they are edited. Enter keeps them, Escape gives up, Ctrl+Enter splits, Backspace at the start
// joins, Tab goes on to the next cue.

import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { endEdit } from "./deeds";
import { focusCues, type Side, useDeskStore } from "./desk";

export function CueEdit({
  text,
  side,
  lang,
  splits,
}: {
  text: string;
  side: Side;
  lang: string | undefined;
  splits: boolean;
}) {
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

  const keep = (then: Parameters<typeof endEdit>[2] = null) => {
    if (done.current || !area.current) return;
    done.current = true;
    void endEdit(desk, area.current.value, then);
  };
  return (
    <div>
      <textarea
        ref={area}
        data-testid="cue-edit"
        lang={lang}
        aria-label={side === "target" ? t("dub.editTarget") : t("dub.editSource")}
        aria-describedby="cue-edit-keys"
        defaultValue={text}
        rows={1}
        className="-mx-1.5 field-sizing-content block w-[calc(100%+0.75rem)] resize-none rounded-control border border-transparent bg-surface px-1.5 text-base leading-6 text-ink"
        onBlur={() => keep()}
        onKeyDown={(event) => {
          // Undo and the other keys are the field's own here.
          event.stopPropagation();
          if (event.nativeEvent.isComposing) return;
          const { selectionStart, selectionEnd } = event.currentTarget;
          const mod = event.ctrlKey || event.metaKey;
          if (event.key === "Escape") {
            done.current = true;
            desk.setState({ editing: null });
            focusCues();
          } else if (event.key === "Enter") keep(mod && splits ? { split: selectionStart } : null);
          else if (event.key === "Tab") keep(event.shiftKey ? "before" : "next");
          else if (event.key === "Backspace" && selectionStart === 0 && selectionEnd === 0) keep("merge");
          else return;
          event.preventDefault();
        }}
      />
      <p id="cue-edit-keys" className="text-tiny text-ink-soft">
        {t("dub.editKeys")}
      </p>
    </div>
  );
}
