// What to write of a dub: the film as which file, with its own sound or without, words as subtitles, single tracks.

import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DubContainer } from "../../ipc/bindings/DubContainer";
import type { DubSubtitles } from "../../ipc/bindings/DubSubtitles";
import { Button } from "../../kit/button";
import { Dialog } from "../../kit/dialog";
import { Choose, Toggle } from "../../kit/field";
import { count } from "../../kit/format";
import { countOf, isTrouble, isWaiting } from "./cues";
import { exportDub } from "./deeds";
import { focusCues, useDesk, useDeskStore } from "./desk";

const CONTAINERS: { value: DubContainer; word: string }[] = [
  { value: "mp4", word: "dub.mp4About" },
  { value: "mkv", word: "dub.mkvAbout" },
  { value: "mov", word: "dub.movAbout" },
  { value: "webm", word: "dub.webmAbout" },
];
const SUBTITLES: { value: DubSubtitles; label: string; word: string }[] = [
  { value: "none", label: "dub.subsNone", word: "dub.subsNoneAbout" },
  { value: "soft", label: "dub.subsSoft", word: "dub.subsSoftAbout" },
  { value: "burnt", label: "dub.subsBurnt", word: "dub.subsBurntAbout" },
];

export function ExportDialog() {
  const open = useDesk((desk) => desk.exporting);
  return open ? <Open /> : null;
}

function Open() {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const cues = useDesk((desk) => desk.cues);
  const hasPicture = useDesk((desk) => desk.card?.hasPicture ?? true);
  const [container, setContainer] = useState<DubContainer>("mp4");
  const [subtitles, setSubtitles] = useState<DubSubtitles>("none");
  const [keepOriginal, setKeepOriginal] = useState(true);
  const [stems, setStems] = useState(false);
  const [busy, setBusy] = useState(false);
  const [unmade, bare, trouble] = useMemo(
    () => [countOf(cues, isWaiting), countOf(cues, (cue) => cue.state === "untranslated"), countOf(cues, isTrouble)],
    [cues],
  );
  const close = () => {
    desk.setState({ exporting: false });
    requestAnimationFrame(focusCues);
  };
  const write = async () => {
    setBusy(true);
    const words = !hasPicture && subtitles === "burnt" ? "none" : subtitles;
    const done = await exportDub(desk, { container, keepOriginal, subtitles: words, stems });
    setBusy(false);
    if (done) close();
  };
  const notes = [
    unmade > 0 && t("dub.exportMakes", { count: unmade, cues: count(unmade) }),
    bare > 0 && t("dub.exportBare", { count: bare, cues: count(bare) }),
    trouble > 0 && t("dub.exportTrouble", { count: trouble, cues: count(trouble) }),
  ].filter((note): note is string => note !== false);
  return (
    <Dialog
      open
      onClose={close}
      title={t("dub.exportTitle")}
      about={t("dub.exportAbout")}
      foot={
        <>
          <Button onClick={close}>{t("shell.cancel")}</Button>
          <Button look="main" data-testid="export-go" disabled={busy} onClick={() => void write()}>
            {t("dub.exportGo")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {notes.length > 0 && (
          <ul className="flex flex-col gap-1 rounded-control bg-warn-soft px-3 py-2 text-small">
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
        {hasPicture ? (
          <Choose
            label={t("dub.container")}
            value={container}
            choices={CONTAINERS.map(({ value, word }) => ({ value, label: value.toUpperCase(), about: t(word) }))}
            onChange={setContainer}
          />
        ) : (
          <p className="text-small text-ink-soft">{t("dub.soundFile")}</p>
        )}
        <Choose
          label={t("dub.subtitles")}
          value={subtitles}
          choices={SUBTITLES.map(({ value, label, word }) => ({
            value,
            label: t(label),
            about: t(word),
            disabled: value === "burnt" && !hasPicture,
          }))}
          onChange={setSubtitles}
        />
        <Toggle
          label={t("dub.keepOriginal")}
          hint={t("dub.keepOriginalHint")}
          on={keepOriginal}
          onChange={setKeepOriginal}
        />
        <Toggle label={t("dub.stems")} hint={t("dub.stemsHint")} on={stems} onChange={setStems} />
      </div>
    </Dialog>
  );
}
