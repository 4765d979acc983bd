// The cue in hand by numbers: when it begins and ends, which take, how it fits, whose words they are.

import {
  ChevronLeft,
  ChevronRight,
  Lock,
  LockOpen,
  Merge,
  Plus,
  RefreshCw,
  Scissors,
  Trash2,
  Volume2,
} from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { DubCueView } from "../../ipc/bindings/DubCueView";
import { IconButton } from "../../kit/button";
import { decimal } from "../../kit/format";
import { first, last } from "../book/selection";
import { fitOf, hasSound } from "./cues";
import { edit, hearCue, insert, lock, merge, regenerate, remove, retime, split } from "./deeds";
import { activeCue, useDesk, useDeskStore } from "./desk";
import { OwnLine } from "./line-panel";
import { AUTHORS, fitWords, STATES, StateSign } from "./marks";
import { readTimecode, timecode } from "./times";

export function CuePanel() {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const cue = useDesk(activeCue);
  const several = useDesk(({ selection }) => last(selection) - first(selection) + 1);
  if (!cue) return null;
  const locked = cue.state === "locked";
  const fit = fitOf(cue);
  const author = AUTHORS[cue.by];
  const small = "size-3.5";
  return (
    <section aria-label={t("dub.cuePanel")} className="flex flex-col gap-2 border-b border-line p-3">
      <div className="flex flex-wrap items-center justify-between gap-x-2 gap-y-1">
        <div className="flex items-center gap-2">
          <h2 className="numbers text-small font-semibold text-ink-soft">
            {several > 1 ? t("dub.cuesChosen", { count: several }) : t("dub.cueName", { cue: cue.index + 1 })}
          </h2>
          <span className="flex min-w-0 items-center gap-1 text-small text-ink-soft">
            <StateSign state={cue.state} className={small} />
            <span className="truncate">{t(STATES[cue.state].word)}</span>
          </span>
        </div>
        <div className="-mr-1.5 flex flex-wrap">
          <IconButton
            size="small"
            label={t("dub.hear")}
            disabled={!hasSound(cue)}
            onClick={() => void hearCue(desk, cue.index)}
          >
            <Volume2 className={small} aria-hidden />
          </IconButton>
          <IconButton
            size="small"
            label={t("dub.again")}
            hint="R"
            disabled={locked || cue.recorded !== null}
            onClick={() => void regenerate(desk, false)}
          >
            <RefreshCw className={small} aria-hidden />
          </IconButton>
          <IconButton size="small" label={t("dub.split")} hint="S" disabled={locked} onClick={() => void split(desk)}>
            <Scissors className={small} aria-hidden />
          </IconButton>
          <IconButton size="small" label={t("dub.merge")} hint="M" disabled={locked} onClick={() => void merge(desk)}>
            <Merge className={small} aria-hidden />
          </IconButton>
          <IconButton size="small" label={t("dub.insert")} hint="N" onClick={() => void insert(desk)}>
            <Plus className={small} aria-hidden />
          </IconButton>
          <IconButton
            size="small"
            label={locked ? t("dub.unlock") : t("dub.lock")}
            hint="X"
            pressed={locked}
            onClick={() => void lock(desk)}
          >
            {locked ? <Lock className={small} aria-hidden /> : <LockOpen className={small} aria-hidden />}
          </IconButton>
          <IconButton
            size="small"
            label={t("dub.removeCue")}
            hint={t("dub.deleteKey")}
            disabled={locked}
            onClick={() => void remove(desk)}
          >
            <Trash2 className={small} aria-hidden />
          </IconButton>
        </div>
      </div>
      <div className="grid grid-cols-2 gap-2">
        <Time key={`s${cue.id}${cue.startMs}`} cue={cue} edge="startMs" label={t("dub.begins")} />
        <Time key={`e${cue.id}${cue.endMs}`} cue={cue} edge="endMs" label={t("dub.ends")} />
      </div>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] items-center gap-x-3 gap-y-1 text-small">
        <dt className="text-ink-faint">{t("dub.take")}</dt>
        <dd>
          <Takes cue={cue} />
        </dd>
        {fit && (
          <>
            <dt className="text-ink-faint">{t("dub.fit")}</dt>
            <dd className={fit.kind === "over" ? "font-medium text-bad" : ""}>
              {fitWords(fit, t)}
              {cue.fit && cue.fit.tempo !== 1 && `, ${t("dub.tempo", { tempo: decimal(cue.fit.tempo, 2) })}`}
            </dd>
          </>
        )}
        <dt className="text-ink-faint">{t("dub.words")}</dt>
        <dd className="flex items-center gap-1.5">
          <author.icon className="size-3.5 shrink-0 text-ink-faint" aria-hidden />
          {t(author.word)}
        </dd>
      </dl>
      {fit?.kind === "over" && <p className="text-small text-ink-soft">{t("dub.overHow")}</p>}
      {several === 1 && <OwnLine cue={cue} />}
    </section>
  );
}

function Takes({ cue }: { cue: DubCueView }) {
  const { t } = useTranslation();
  const desk = useDeskStore();
  if (cue.recorded !== null) return <span>{t("dub.takeRecorded")}</span>;
  if (cue.takes === 0) return <span className="text-ink-soft">{t("dub.noTake")}</span>;
  const at = cue.take ?? -1;
  const choose = async (take: number) => {
    const done = await edit(desk, { edit: "take", cue: cue.index, take: take < 0 ? null : take });
    if (done) void hearCue(desk, cue.index, take < 0 ? null : take);
  };
  const locked = cue.state === "locked";
  return (
    <span className="flex items-center gap-1">
      <IconButton
        size="small"
        label={t("dub.takeBefore")}
        disabled={locked || at < 0}
        onClick={() => void choose(at - 1)}
      >
        <ChevronLeft className="size-3.5" aria-hidden />
      </IconButton>
      <span className="numbers">
        {at < 0 ? t("dub.takeFits") : t("dub.takeOf", { take: at + 1, takes: cue.takes })}
      </span>
      <IconButton
        size="small"
        label={t("dub.takeNext")}
        disabled={locked || at + 1 >= cue.takes}
        onClick={() => void choose(at + 1)}
      >
        <ChevronRight className="size-3.5" aria-hidden />
      </IconButton>
    </span>
  );
}

function Time({ cue, edge, label }: { cue: DubCueView; edge: "startMs" | "endMs"; label: string }) {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const [text, setText] = useState(timecode(cue[edge]));
  const [wrong, setWrong] = useState(false);
  const keep = async () => {
    const ms = readTimecode(text);
    const good = ms !== null && (edge === "startMs" ? ms < cue.endMs : ms > cue.startMs);
    setWrong(!good);
    if (good && !(await retime(desk, { [edge]: ms }))) setText(timecode(cue[edge]));
  };
  return (
    <label className="flex min-w-0 flex-col gap-0.5 text-tiny text-ink-faint">
      {label}
      <input
        data-testid={edge === "startMs" ? "cue-begins" : "cue-ends"}
        value={text}
        disabled={cue.state === "locked"}
        aria-invalid={wrong || undefined}
        spellCheck={false}
        autoComplete="off"
        className={`numbers h-7 w-full min-w-0 rounded-control border bg-surface px-2 text-small text-ink disabled:opacity-50 ${wrong ? "border-bad" : "border-line-strong/70 hover:border-line-strong"}`}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => void keep()}
        onKeyDown={(event) => {
          if (event.key === "Enter") void keep();
          if (event.key === "Escape") {
            setText(timecode(cue[edge]));
            setWrong(false);
          }
        }}
      />
      {wrong && (
        <span role="alert" className="text-bad">
          {t("dub.badTime")}
        </span>
      )}
    </label>
  );
}
