// The lines of the book: only those in sight are drawn, with their true heights. The focus stays on the grid; the active row is told.

import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import {
  type CSSProperties,
  type MouseEvent,
  useCallback,
  useDeferredValue,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
} from "react";
import { useTranslation } from "react-i18next";
import type { LineView } from "../../ipc/bindings/LineView";
import { useStore } from "../../state/store";
import { type Desk, select, useDesk, useDeskStore } from "./desk";
import { LineMenu } from "./line-menu";
import { lineOf, Row } from "./row";
import { holds } from "./selection";

/** Before a row is measured: about what its words need at a width, in pixels at the usual scale. */
function guess(line: LineView | undefined, opens: boolean, wide: number): number {
  if (!line) return 38;
  if (line.paragraph === null) return 64;
  const signs = Math.max(20, Math.min(736, wide - 170) / 8.6);
  return 8 + 26.4 * Math.max(1, Math.ceil(line.text.length / signs)) + (opens ? 12 : 2);
}

function opensParagraph(lines: readonly LineView[], index: number): boolean {
  const before = lines[index - 1];
  return !before || before.paragraph !== lines[index]?.paragraph || before.chapter !== lines[index]?.chapter;
}

/** Rows take no focus: a click would take it from the grid, and a row out of sight would lose it. */
const row = (index: number, selected: boolean) =>
  ({ role: "row", "aria-rowindex": index + 1, "aria-selected": selected }) as const;

const parts = (desk: Desk) => desk.lines;

export function Lines() {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const lines = useDesk(parts);
  const selection = useDesk((desk) => desk.selection);
  const editing = useDesk((desk) => desk.editing);
  const busy = useDesk((desk) => desk.busy);
  const made = useDesk((desk) => desk.made);
  const head = useDesk((desk) => desk.head?.line ?? null);
  const bookVoice = useDesk((desk) => desk.card?.voice ?? "");
  const reveal = useDesk((desk) => desk.reveal);
  const query = useDeferredValue(useDesk((desk) => (desk.find.shown ? desk.find.query.trim() : "")));
  const voices = useStore((store) => store.voices);
  const box = useRef<HTMLDivElement>(null);
  /** Asked for once: the guess is made for every line of the book. */
  const wide = useRef(600);
  useLayoutEffect(() => {
    wide.current = box.current?.clientWidth ?? wide.current;
  }, []);

  // One object for each voice, so that rows see no difference where there is none.
  const named = useMemo(() => {
    const all = new Map<string, { id: string; name: string }>();
    for (const { id, name } of voices) all.set(id, { id, name });
    return all;
  }, [voices]);

  // The numbers of a long book need more room.
  const digits = { "--digits": `${0.4 + 0.45 * Math.max(2, String(lines.length).length)}rem` } as CSSProperties;
  const { active } = selection;
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: (index) => guess(lines[index], opensParagraph(lines, index), wide.current),
    overscan: 10,
    paddingStart: 8,
    paddingEnd: 120,
    scrollPaddingStart: 24,
    scrollPaddingEnd: 48,
    // The active row is named by the grid, and an edited one holds words: they are there even out of sight.
    rangeExtractor: useCallback(
      (range: Range) => {
        const seen = defaultRangeExtractor(range);
        const kept = [active, editing].filter(
          (index) => index !== null && index < range.count && !seen.includes(index),
        );
        return kept.length === 0 ? seen : [...new Set([...(kept as number[]), ...seen])].sort((a, b) => a - b);
      },
      [active, editing],
    ),
  });

  useEffect(() => {
    if (reveal.count > 0) rows.scrollToIndex(reveal.line, { align: reveal.align });
  }, [reveal, rows]);

  const click = (event: MouseEvent) => {
    const line = lineOf(event);
    if (line === null || line === desk.getState().editing) return;
    select(desk, line, event.shiftKey, null);
  };
  const edit = (event: MouseEvent) => {
    const line = lineOf(event);
    if (line !== null && line !== desk.getState().editing) desk.setState({ editing: line });
  };

  return (
    <LineMenu>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the page's keys do the same, see keys.ts */}
      <div
        ref={box}
        id="book-lines"
        role="grid"
        tabIndex={0}
        aria-label={t("narrate.linesLabel")}
        aria-rowcount={lines.length}
        aria-multiselectable
        aria-activedescendant={lines.length > 0 ? `line-row-${active}` : undefined}
        className="group/lines h-full overflow-y-auto px-3 outline-none focus-visible:outline-none"
        onClick={click}
        onDoubleClick={edit}
      >
        <div role="presentation" className="relative w-full" style={{ height: rows.getTotalSize(), ...digits }}>
          {rows.getVirtualItems().map(({ index, start }) => {
            const line = lines[index];
            if (!line) return null;
            const selected = holds(selection, index);
            return (
              <div
                key={index}
                ref={rows.measureElement}
                id={`line-row-${index}`}
                data-index={index}
                data-testid={`line-${index}`}
                {...row(index, selected)}
                className="absolute top-0 left-0 w-full [contain:layout_style]"
                style={{ transform: `translateY(${start}px)` }}
              >
                <Row
                  line={line}
                  opens={opensParagraph(lines, index)}
                  selected={selected}
                  active={index === active}
                  editing={index === editing}
                  playing={index === head}
                  busy={busy.has(index)}
                  made={made?.line === index ? made : null}
                  voice={line.voice && line.voice !== bookVoice ? (named.get(line.voice) ?? null) : null}
                  query={query}
                  t={t}
                />
              </div>
            );
          })}
        </div>
      </div>
    </LineMenu>
  );
}
