// A cue of the dub: its state, when, who, what is said in the film and in the dub, how it fits. Drawn again only if one of
// these differs.

import type { TFunction } from "i18next";
import { Mic } from "lucide-react";
import { type MouseEvent, memo } from "react";
import type { DubCueView } from "../../ipc/bindings/DubCueView";
import { decimal } from "../../kit/format";
import { CueEdit } from "./cue-edit";
import { fitOf } from "./cues";
import type { Side } from "./desk";
import { AUTHORS, FitBadge, SpeakerBadge, STATES, StateSign } from "./marks";
import { timecode } from "./times";

interface Props {
  cue: DubCueView;
  letter: string;
  speaker: string;
  selected: boolean;
  active: boolean;
  editing: Side | null;
  /** It is made out of turn right now. */
  busy: boolean;
  /** The film stands here. */
  here: boolean;
  from: string | undefined;
  to: string;
  /** The words; asked for once by the table, not by each row. */
  t: TFunction;
}

/** The focus stays on the table, which names the active row; so cells take none. */
const CELL = { role: "gridcell" } as const;
export const COLUMNS = "grid-cols-[1.25rem_var(--digits)_3.25rem_1.5rem_minmax(0,1fr)_4.75rem]";

export const Row = memo(function Row(props: Props) {
  const { cue, letter, speaker, selected, active, editing, busy, here, from, to, t } = props;
  const state = busy ? "rendering" : cue.state;
  const fit = fitOf(cue);
  const author = AUTHORS[cue.by];
  const faint = selected ? "text-ink-soft" : "text-ink-faint";
  return (
    <div
      className={`relative grid ${COLUMNS} items-start gap-x-2 rounded-control border-b border-line/60 py-1.5 pr-2 pl-2.5 ${selected ? "bg-accent-soft" : ""} ${active ? "shadow-[inset_3px_0_0_var(--accent)] group-focus-visible/cues:shadow-[inset_0_0_0_2px_var(--accent)]" : ""}`}
    >
      <span
        {...CELL}
        data-testid={`cue-state-${cue.index}`}
        data-state={state}
        data-recorded={cue.recorded !== null || undefined}
        className="flex h-6 items-center"
      >
        {cue.recorded !== null && state === "fresh" ? (
          <Mic className="size-4 shrink-0 text-good" aria-hidden />
        ) : (
          <StateSign state={state} />
        )}
        <span className="sr-only">
          {t(STATES[state].word)}
          {cue.recorded !== null && `, ${t("dub.isRecorded")}`}
        </span>
      </span>
      <span {...CELL} className={`numbers h-6 text-right text-tiny leading-6 ${faint}`}>
        {cue.index + 1}
      </span>
      <span {...CELL} className="numbers text-small leading-6 whitespace-nowrap">
        <span className={here ? "font-semibold text-accent-text" : "text-ink-soft"}>{timecode(cue.startMs, 1)}</span>
        <span className={`-mt-1 block text-tiny ${faint}`}>{decimal((cue.endMs - cue.startMs) / 1000, 1)} s</span>
      </span>
      <span {...CELL} data-testid={`cue-speaker-${cue.index}`} className="flex h-6 items-center">
        <SpeakerBadge speaker={cue.speaker} letter={letter} size="small" />
        <span className="sr-only">{speaker}</span>
      </span>
      <div role="presentation" className="grid min-w-0 grid-cols-1 gap-x-4 @min-[40rem]/cues:grid-cols-2">
        <div {...CELL} className="min-w-0 text-base leading-6 text-ink-soft" data-side="source">
          {editing === "source" ? (
            <CueEdit text={cue.source} side="source" lang={from} splits={cue.target === ""} />
          ) : (
            <p lang={from} data-words className="break-words">
              {cue.source || <span className={faint}>{t("dub.noSource")}</span>}
            </p>
          )}
        </div>
        <div {...CELL} className="min-w-0 text-base leading-6" data-side="target">
          {editing === "target" ? (
            <CueEdit text={cue.target} side="target" lang={to} splits />
          ) : (
            <p lang={to} data-words className="break-words">
              {cue.target || <span className={faint}>{t("dub.noTarget")}</span>}
            </p>
          )}
          {cue.doubt && <p className="text-small text-bad">{cue.doubt}</p>}
        </div>
      </div>
      <span {...CELL} className="flex h-6 items-center justify-end gap-1.5">
        {fit && <FitBadge fit={fit} t={t} />}
        <author.icon className={`size-3.5 shrink-0 ${faint}`} aria-hidden />
        <span className="sr-only">{t(author.word)}</span>
      </span>
    </div>
  );
});

/** The cue that an event came from, and on which side; null if from none. */
export function cueOf(event: MouseEvent): { cue: number; side: Side } | null {
  const target = event.target instanceof Element ? event.target : null;
  const row = target?.closest<HTMLElement>("[data-index]");
  if (!row) return null;
  const side = target?.closest<HTMLElement>("[data-side]")?.dataset.side === "source" ? "source" : "target";
  return { cue: Number(row.dataset.index), side };
}
