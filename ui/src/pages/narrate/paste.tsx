// A text that is pasted or typed, with a title, becomes a book.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../kit/button";
import { Dialog } from "../../kit/dialog";
import { TextArea, TextField } from "../../kit/field";
import { count, span } from "../../kit/format";

/** A calm reader. */
const WORDS_A_MINUTE = 155;

export function Paste({
  open,
  busy,
  onClose,
  onText,
}: {
  open: boolean;
  busy: boolean;
  onClose: () => void;
  onText: (title: string, text: string) => void;
}) {
  const { t } = useTranslation();
  const [title, setTitle] = useState("");
  const [text, setText] = useState("");
  const words = text.trim() === "" ? 0 : text.trim().split(/\s+/).length;
  const named = title.trim() || (text.trim().split("\n")[0] ?? "").slice(0, 60).trim();
  return (
    <Dialog
      open={open}
      onClose={onClose}
      wide
      title={t("narrate.pasteText")}
      about={t("narrate.pasteAbout")}
      foot={
        <>
          <span className="numbers mr-auto self-center text-small text-ink-soft">
            {words > 0 &&
              t("narrate.pasteCount", {
                count: words,
                words: count(words),
                length: span((words / WORDS_A_MINUTE) * 60),
              })}
          </span>
          <Button onClick={onClose}>{t("shell.cancel")}</Button>
          <Button
            look="main"
            data-testid="paste-done"
            disabled={words === 0 || busy}
            onClick={() => onText(named, text)}
          >
            {busy ? t("narrate.reading") : t("narrate.pasteDone")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <TextField
          label={t("narrate.pasteTitle")}
          placeholder={named}
          value={title}
          maxLength={200}
          onChange={(event) => setTitle(event.target.value)}
        />
        <TextArea
          label={t("narrate.pasteWords")}
          autoFocus
          value={text}
          className="h-[min(20rem,38vh)] text-lead"
          onChange={(event) => setText(event.target.value)}
        />
      </div>
    </Dialog>
  );
}
