// The cues of the dub: only those in sight are drawn. The focus stays on the table; the active row is told.

import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, type MouseEvent, useCallback, useEffect, useLayoutEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { DubCueView } from "../../ipc/bindings/DubCueView";
import { holds } from "../book/selection";
import { cueAt } from "./cues";
import { beginEdit } from "./deeds";
import { select, useDesk, useDeskStore } from "./desk";
import { tableKeys } from "./keys";
import { languageName } from "./languages";
import { useReel } from "./reel";
import { COLUMNS, cueOf, Row } from "./row";

/** Before a row is measured: about what its words need, in pixels at the usual scale. */
function guess(cue: DubCueView | undefined, wide: number): number {
  if (!cue) return 40;
  const aside = wide >= 640;
  const signs = Math.max(12, (wide - 210) / (aside ? 2 : 1) / 7);
  const lines = (text: string) => Math.max(1, Math.ceil(text.length / signs));
  const high = aside ? Math.max(lines(cue.source), lines(cue.target)) : lines(cue.source) + lines(cue.target);
  return 13 + Math.max(37, high * 24) + (cue.doubt ? 18 : 0);
}

/** Rows take no focus: a click would take it from the table, and a row out of sight would lose it. */
const row = (index: number, selected: boolean) =>
  ({ role: "row", "aria-rowindex": index + 2, "aria-selected": selected }) as const;

/** Heads take no focus either. */
const HEADS = { role: "row", "aria-rowindex": 1 } as const;
const HEAD = { role: "columnheader" } as const;

export function Cues() {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const cues = useDesk((desk) => desk.cues);
  const speakers = useDesk((desk) => desk.speakers);
  const selection = useDesk((desk) => desk.selection);
  const editing = useDesk((desk) => desk.editing);
  const busy = useDesk((desk) => desk.busy);
  const reveal = useDesk((desk) => desk.reveal);
  const from = useDesk((desk) => desk.card?.from ?? undefined);
  const to = useDesk((desk) => desk.card?.to ?? "");
  const begun = useReel((reel) => cueAt(cues, reel.positionMs));
  const playing = useReel((reel) => reel.playing);
  const box = useRef<HTMLDivElement>(null);
  const wide = useRef(600);
  useLayoutEffect(() => {
    wide.current = box.current?.clientWidth ?? wide.current;
  }, []);
  const digits = { "--digits": `${0.3 + 0.45 * Math.max(2, String(cues.length).length)}rem` } as CSSProperties;
  const names = useMemo(
    () => speakers.map(({ letter, name }) => ({ letter, name: name === letter ? letter : `${letter}, ${name}` })),
    [speakers],
  );
  const { active } = selection;
  const rows = useVirtualizer({
    count: cues.length,
    getScrollElement: () => box.current,
    estimateSize: (index) => guess(cues[index], wide.current),
    overscan: 8,
    paddingStart: 28,
    paddingEnd: 60,
    scrollPaddingStart: 44,
    scrollPaddingEnd: 32,
    // The active row is named by the table, and an edited one holds words: they are there even out of sight.
    rangeExtractor: useCallback(
      (range: Range) => {
        const seen = defaultRangeExtractor(range);
        if (active >= range.count || seen.includes(active)) return seen;
        return [...seen, active].sort((a, b) => a - b);
      },
      [active],
    ),
  });

  useEffect(() => {
    if (reveal.count > 0) rows.scrollToIndex(reveal.cue, { align: "auto" });
  }, [reveal, rows]);
  // The table goes along with the film, unless words are being written.
  useEffect(() => {
    if (playing && begun >= 0 && desk.getState().editing === null) rows.scrollToIndex(begun, { align: "auto" });
  }, [playing, begun, rows, desk]);

  const click = (event: MouseEvent) => {
    const at = cueOf(event);
    if (!at || (event.target as Element).closest("textarea")) return;
    select(desk, at.cue, event.shiftKey, false);
  };
  const edit = (event: MouseEvent) => {
    const at = cueOf(event);
    if (at && !(event.target as Element).closest("textarea")) beginEdit(desk, at.cue, at.side);
  };
  const head = "truncate leading-7";
  return (
    <div
      ref={box}
      id="cue-lines"
      role="grid"
      tabIndex={0}
      aria-label={t("dub.cuesLabel")}
      aria-rowcount={cues.length + 1}
      aria-multiselectable
      aria-activedescendant={cues.length > 0 ? `cue-row-${active}` : undefined}
      className="group/cues @container/cues h-full overflow-x-hidden overflow-y-auto bg-surface outline-none focus-visible:outline-none"
      onClick={click}
      onDoubleClick={edit}
      onKeyDown={(event) => tableKeys(desk, event)}
    >
      <div role="presentation" className="relative w-full" style={{ height: rows.getTotalSize(), ...digits }}>
        <div
          {...HEADS}
          className={`sticky top-0 z-10 grid h-7 ${COLUMNS} items-center gap-x-2 border-b border-line bg-surface pr-2 pl-2.5 text-tiny font-medium text-ink-faint`}
        >
          <span {...HEAD}>
            <span className="sr-only">{t("dub.columnState")}</span>
          </span>
          <span {...HEAD} className={`${head} text-right`}>
            #
          </span>
          <span {...HEAD} className={head}>
            {t("dub.columnTime")}
          </span>
          <span {...HEAD}>
            <span className="sr-only">{t("dub.columnSpeaker")}</span>
          </span>
          <span role="presentation" className="grid min-w-0 grid-cols-1 gap-x-4 @min-[40rem]/cues:grid-cols-2">
            <span {...HEAD} className={`${head} hidden @min-[40rem]/cues:inline`}>
              {from ? t("dub.columnFilm", { language: languageName(from) }) : t("dub.columnFilmUnknown")}
            </span>
            <span {...HEAD} className={head}>
              {t("dub.columnDub", { language: languageName(to) })}
            </span>
          </span>
          <span {...HEAD} className={`${head} text-right`}>
            {t("dub.columnFit")}
          </span>
        </div>
        {rows.getVirtualItems().map(({ index, start }) => {
          const cue = cues[index];
          if (!cue) return null;
          const selected = holds(selection, index);
          const who = names[cue.speaker];
          return (
            <div
              key={index}
              ref={rows.measureElement}
              id={`cue-row-${index}`}
              data-index={index}
              data-testid={`cue-${index}`}
              {...row(index, selected)}
              className="absolute top-0 left-0 w-full [contain:layout_style]"
              style={{ transform: `translateY(${start}px)` }}
            >
              <Row
                cue={cue}
                letter={who?.letter ?? "?"}
                speaker={who?.name ?? "?"}
                selected={selected}
                active={index === active}
                editing={editing?.id === cue.id ? editing.side : null}
                busy={busy.has(cue.id)}
                here={index === begun}
                from={from}
                to={to}
                t={t}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}
