// Subtitles for a dub that has cues: what they are, and whether they replace the cues or only give them words.

import { Captions } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { SubtitleUse } from "../../ipc/bindings/SubtitleUse";
import { Button } from "../../kit/button";
import { Dialog } from "../../kit/dialog";
import { Choose } from "../../kit/field";
import { useStore } from "../../state/store";
import { bringSubtitles } from "./bring";
import { focusCues, useDesk, useDeskStore } from "./desk";
import { languageName } from "./languages";

export function SubtitlesDialog() {
  const dropped = useStore((store) => store.subtitles);
  const asked = useDesk((desk) => desk.bringing);
  return dropped !== null || asked !== null ? (
    <Open key={dropped ?? ""} dropped={dropped} asked={asked ?? "target"} />
  ) : null;
}

function Open({ dropped, asked }: { dropped: string | null; asked: "source" | "target" }) {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const card = useDesk((desk) => desk.card);
  const there = useDesk((desk) => desk.cues.length > 0);
  const [side, setSide] = useState(asked);
  const [to, setTo] = useState<SubtitleUse>(there ? "words" : "cues");
  const [busy, setBusy] = useState(false);
  const close = () => {
    useStore.setState({ subtitles: null });
    desk.setState({ bringing: null });
    requestAnimationFrame(focusCues);
  };
  const take = async () => {
    setBusy(true);
    const done = await bringSubtitles(desk, side === "target", to, dropped !== null);
    setBusy(false);
    if (done) close();
  };
  return (
    <Dialog
      open
      onClose={close}
      title={t("dub.subtitlesTitle")}
      about={t("dub.subtitlesAbout")}
      foot={
        <>
          <Button onClick={close}>{t("shell.cancel")}</Button>
          <Button look="main" data-testid="subtitles-go" disabled={busy} onClick={() => void take()}>
            {dropped !== null ? t("dub.subtitlesGo") : t("dub.chooseFile")}
          </Button>
        </>
      }
    >
      {dropped !== null && (
        <p className="mb-3 flex min-w-0 items-center gap-2 rounded-control bg-sunken px-3 py-2">
          <Captions className="size-4 shrink-0 text-ink-faint" aria-hidden />
          <span className="truncate font-medium">{dropped}</span>
        </p>
      )}
      <div className="flex flex-col gap-4">
        <Choose
          label={t("dub.subtitlesSide")}
          value={side}
          choices={[
            { value: "target", label: t("dub.subtitlesSideDub", { language: languageName(card?.to ?? "") }) },
            { value: "source", label: t("dub.subtitlesSideFilm") },
          ]}
          onChange={setSide}
        />
        <Choose
          label={t("dub.subtitlesUse")}
          value={to}
          choices={[
            { value: "words", label: t("dub.subtitlesWords"), about: t("dub.subtitlesWordsAbout"), disabled: !there },
            { value: "cues", label: t("dub.subtitlesCues"), about: t("dub.subtitlesCuesAbout") },
          ]}
          onChange={setTo}
        />
        <p className="text-small text-ink-soft">
          {to === "words" ? t("dub.subtitlesWordsAbout") : t("dub.subtitlesCuesAbout")}
        </p>
      </div>
    </Dialog>
  );
}
