// How what has no words yet is to be translated: terms that are fixed, and the tone.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../kit/button";
import { Dialog } from "../../kit/dialog";
import { TextArea, TextField } from "../../kit/field";
import { edit } from "./deeds";
import { focusCues, useDesk, useDeskStore } from "./desk";
import { fromText, MOST_TONE, toText } from "./wording";

export function WordingDialog() {
  const open = useDesk((desk) => desk.wording);
  return open ? <Open /> : null;
}

function Open() {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const { glossary, tone } = useDesk((desk) => desk.translation);
  const [terms, setTerms] = useState(() => toText(glossary));
  const [manner, setManner] = useState(tone ?? "");
  const [wrong, setWrong] = useState<number | null>(null);
  const close = () => {
    desk.setState({ wording: false });
    requestAnimationFrame(focusCues);
  };
  const keep = async () => {
    const read = fromText(terms);
    if ("line" in read) {
      setWrong(read.line);
      return;
    }
    setWrong(null);
    const settings = { glossary: read, tone: manner.trim() || null };
    if (await edit(desk, { edit: "translation", settings })) close();
  };
  return (
    <Dialog
      open
      onClose={close}
      title={t("dub.wording")}
      about={t("dub.wordingAbout")}
      foot={
        <>
          <Button onClick={close}>{t("shell.cancel")}</Button>
          <Button look="main" data-testid="wording-keep" onClick={() => void keep()}>
            {t("dub.wordingKeep")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <TextField
          label={t("dub.tone")}
          hint={t("dub.toneHint")}
          data-testid="wording-tone"
          maxLength={MOST_TONE}
          value={manner}
          onChange={(event) => setManner(event.target.value)}
        />
        <TextArea
          label={t("dub.glossary")}
          hint={t("dub.glossaryHint")}
          complaint={wrong === null ? undefined : t("dub.glossaryWrong", { line: wrong })}
          data-testid="wording-terms"
          rows={8}
          spellCheck={false}
          value={terms}
          onChange={(event) => setTerms(event.target.value)}
        />
      </div>
    </Dialog>
  );
}
