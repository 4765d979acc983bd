// The head of an open book: what it is, how long it will be, its voice, undo, find, render, export.

import { ArrowLeft, ChevronDown, PanelRight, Redo2, Search, Undo2 } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "../../kit/button";
import { Choose } from "../../kit/field";
import { count, span } from "../../kit/format";
import { Menu } from "../../kit/menu";
import { VoiceBadge } from "../../kit/voice-badge";
import { go, useStore } from "../../state/store";
import { ask, render, travel } from "./deeds";
import { useDesk, useDeskStore } from "./desk";
import { estimate, measuredRate } from "./estimate";
import { ExportMenu } from "./export-menu";
import { countOf, isMade, isWaiting } from "./lines";

export function Head({ inspector, onInspector }: { inspector: boolean; onInspector: () => void }) {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const title = useDesk((desk) => desk.card?.title ?? "");
  const author = useDesk((desk) => desk.card?.author ?? null);
  const canUndo = useDesk((desk) => desk.canUndo);
  const canRedo = useDesk((desk) => desk.canRedo);
  const finding = useDesk((desk) => desk.find.shown);
  return (
    <header className="flex flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line px-3 py-2">
      <div className="flex min-w-72 flex-1 items-center gap-1">
        <IconButton label={t("narrate.back")} onClick={() => go({ page: "narrate" })}>
          <ArrowLeft className="size-4" aria-hidden />
        </IconButton>
        <div className="min-w-0">
          <h1 className="truncate text-lead font-semibold">
            {title}
            {author && <span className="ml-2 text-base font-normal text-ink-soft">{author}</span>}
          </h1>
          <Figures />
        </div>
      </div>
      <div className="flex flex-wrap items-center gap-1.5">
        <IconButton
          data-testid="undo"
          label={t("narrate.undo")}
          hint="Ctrl Z"
          disabled={!canUndo}
          onClick={() => void travel(desk, "undo")}
        >
          <Undo2 className="size-4" aria-hidden />
        </IconButton>
        <IconButton
          data-testid="redo"
          label={t("narrate.redo")}
          hint="Ctrl Y"
          disabled={!canRedo}
          onClick={() => void travel(desk, "redo")}
        >
          <Redo2 className="size-4" aria-hidden />
        </IconButton>
        <IconButton
          label={t("narrate.find")}
          hint="Ctrl F"
          pressed={finding}
          onClick={() => desk.setState({ find: { shown: !finding, query: "" } })}
        >
          <Search className="size-4" aria-hidden />
        </IconButton>
        <IconButton label={t("narrate.inspector")} hint="I" pressed={inspector} onClick={onInspector}>
          <PanelRight className="size-4" aria-hidden />
        </IconButton>
        <div className="hidden w-36 @min-[59rem]:block">
          <BookVoice />
        </div>
        <RenderButtons />
        <ExportMenu />
      </div>
    </header>
  );
}

/** "12 min of audio, 5 of 230 lines fresh, about 40 s to render". */
function Figures() {
  const { t } = useTranslation();
  const lines = useDesk((desk) => desk.lines);
  const expected = useDesk((desk) => desk.card?.expectedSeconds ?? 0);
  const rate = useStore((store) => measuredRate(store.jobs));
  const { made, audioSeconds, renderSeconds } = useMemo(() => estimate(lines, expected, rate), [lines, expected, rate]);
  const words = [
    t("narrate.audioLength", { length: span(audioSeconds) }),
    t("narrate.freshOf", { fresh: count(made), lines: count(lines.length) }),
    renderSeconds !== null && made < lines.length
      ? t("narrate.toRender", { length: span(Math.max(1, renderSeconds)) })
      : null,
  ];
  return <p className="numbers truncate text-small text-ink-soft">{words.filter(Boolean).join(" · ")}</p>;
}

export function BookVoice() {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const voice = useDesk((desk) => desk.card?.voice ?? "");
  const voices = useStore((store) => store.voices);
  const known = voices.some((one) => one.id === voice);
  const choices = voices
    .filter((one) => one.usable || one.id === voice)
    .map((one) => ({
      value: one.id,
      label: one.name,
      about: one.about,
      sign: <VoiceBadge id={one.id} name={one.name} size="small" />,
      disabled: !one.usable,
    }));
  if (!known)
    choices.unshift({ value: voice, label: t("narrate.voiceGone"), about: "", sign: <span />, disabled: true });
  return (
    <Choose
      label={t("narrate.bookVoice")}
      hideLabel
      value={voice}
      choices={choices}
      onChange={(voice) => void ask(desk, { edit: "book_voice", voice })}
    />
  );
}

function RenderButtons() {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const lines = useDesk((desk) => desk.lines);
  const [waiting, unmade] = useMemo(
    () => [countOf(lines, isWaiting), countOf(lines, (line) => !isMade(line))],
    [lines],
  );
  const here = () => desk.getState().selection.active;
  return (
    <div className="flex">
      <Button
        look="main"
        data-testid="render-all"
        className="rounded-r-none"
        disabled={waiting === 0}
        onClick={() => void render(desk, null, null)}
      >
        {waiting > 0
          ? t("narrate.render", { count: waiting })
          : unmade > 0
            ? t("narrate.rendering")
            : t("narrate.allFresh")}
      </Button>
      <Menu
        trigger={
          <Button
            look="main"
            aria-label={t("narrate.renderMore")}
            className="rounded-l-none border-l border-l-accent-ink/30 px-1.5"
            disabled={waiting === 0}
          >
            <ChevronDown className="size-4" aria-hidden />
          </Button>
        }
        items={[
          { label: t("narrate.renderHere"), act: () => void render(desk, null, here()) },
          {
            label: t("narrate.renderChapter"),
            act: () => void render(desk, String((lines[here()]?.chapter ?? 0) + 1), null),
          },
          {
            label: t("narrate.renderAll", { count: waiting }),
            hint: "Shift R",
            act: () => void render(desk, null, null),
          },
        ]}
      />
    </div>
  );
}
