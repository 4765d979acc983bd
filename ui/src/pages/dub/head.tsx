// The head of an open dub: what it is, how much of it is made and how well it fits, undo, subtitles, translate, make, export.

import { ArrowLeft, BookA, Captions, Download, Languages, Redo2, Undo2 } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "../../kit/button";
import { count } from "../../kit/format";
import { Menu } from "../../kit/menu";
import { go, useStore } from "../../state/store";
import { askSubtitles } from "./bring";
import { countOf, isMade, isWaiting } from "./cues";
import { prepare, render, travel } from "./deeds";
import { useDesk, useDeskStore } from "./desk";
import { languageName } from "./languages";
import { jobOf } from "./strip";
import { timecode } from "./times";

export function Head() {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const dub = useDesk((desk) => desk.dub);
  const title = useDesk((desk) => desk.card?.title ?? "");
  const to = useDesk((desk) => desk.card?.to ?? "");
  const cues = useDesk((desk) => desk.cues);
  const canUndo = useDesk((desk) => desk.canUndo);
  const canRedo = useDesk((desk) => desk.canRedo);
  const works = useStore((store) => {
    const state = jobOf(store.jobs, dub)?.state;
    return state === "running" || state === "queued";
  });
  const [waiting, bare, unmade] = useMemo(
    () => [
      countOf(cues, isWaiting),
      countOf(cues, (cue) => cue.state === "untranslated"),
      countOf(cues, (cue) => !isMade(cue)),
    ],
    [cues],
  );
  const language = languageName(to);
  return (
    <header className="flex flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line px-3 py-2">
      <div className="flex min-w-40 flex-1 items-center gap-1">
        <IconButton label={t("dub.back")} onClick={() => go({ page: "dub" })}>
          <ArrowLeft className="size-4" aria-hidden />
        </IconButton>
        <div className="min-w-0">
          <h1 className="truncate text-lead font-semibold">{title}</h1>
          <Figures />
        </div>
      </div>
      <div className="flex flex-wrap items-center gap-1.5">
        <IconButton
          data-testid="dub-undo"
          label={t("dub.undo")}
          hint="Ctrl Z"
          disabled={!canUndo}
          onClick={() => void travel(desk, "undo")}
        >
          <Undo2 className="size-4" aria-hidden />
        </IconButton>
        <IconButton
          data-testid="dub-redo"
          label={t("dub.redo")}
          hint="Ctrl Y"
          disabled={!canRedo}
          onClick={() => void travel(desk, "redo")}
        >
          <Redo2 className="size-4" aria-hidden />
        </IconButton>
        <Menu
          trigger={
            <IconButton label={t("dub.subtitles")} data-testid="dub-subtitles">
              <Captions className="size-4" aria-hidden />
            </IconButton>
          }
          items={[
            { label: t("dub.subtitlesFilm"), act: () => askSubtitles(desk, "source") },
            { label: t("dub.subtitlesDub", { language }), act: () => askSubtitles(desk, "target") },
          ]}
        />
        <IconButton label={t("dub.wording")} data-testid="dub-wording" onClick={() => desk.setState({ wording: true })}>
          <BookA className="size-4" aria-hidden />
        </IconButton>
        {bare > 0 && (
          <Button
            data-testid="dub-translate"
            look={waiting > 0 ? "plain" : "main"}
            disabled={works}
            icon={<Languages className="size-4" aria-hidden />}
            onClick={() => void prepare(desk)}
          >
            {t("dub.translate", { count: bare, cues: count(bare) })}
          </Button>
        )}
        {cues.length > 0 && (waiting > 0 || bare === 0) && (
          <Button
            look="main"
            data-testid="dub-render"
            disabled={waiting === 0 || works}
            onClick={() => void render(desk)}
          >
            {waiting > 0
              ? t("dub.render", { count: waiting, cues: count(waiting) })
              : unmade > 0
                ? t("dub.rendering")
                : t("dub.allFresh")}
          </Button>
        )}
        <Button
          data-testid="dub-export"
          disabled={cues.length === 0 || bare === cues.length}
          icon={<Download className="size-4" aria-hidden />}
          onClick={() => desk.setState({ exporting: true })}
        >
          {t("dub.export")}
        </Button>
      </div>
    </header>
  );
}

/** "3:06 · English to German · 22 of 40 made · fits to 92 %, 3 too long". */
function Figures() {
  const { t } = useTranslation();
  const card = useDesk((desk) => desk.card);
  const cues = useDesk((desk) => desk.cues);
  const fitScore = useDesk((desk) => desk.fitScore);
  const [made, over] = useMemo(
    () => [countOf(cues, isMade), countOf(cues, (cue) => (cue.fit?.overMs ?? 0) > 0)],
    [cues],
  );
  if (!card) return null;
  const words = [
    timecode(card.durationMs, 0),
    card.from
      ? t("dub.fromTo", { from: languageName(card.from), to: languageName(card.to) })
      : t("dub.onlyTo", { to: languageName(card.to) }),
    cues.length > 0 && t("dub.madeOf", { made: count(made), cues: count(cues.length) }),
    made > 0 && t("dub.fitScore", { percent: Math.round(fitScore * 100) }),
    over > 0 && t("dub.overCount", { count: over, cues: count(over) }),
  ];
  return <p className="numbers truncate text-small text-ink-soft">{words.filter(Boolean).join(" · ")}</p>;
}
