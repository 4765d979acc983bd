// The chapters: where one is, how much of each is made. A list beside the lines, or a field above them where it is narrow.

import { memo, useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Choose } from "../../kit/field";
import { Bar } from "../../kit/parts";
import { focusLines, select, useDesk, useDeskStore } from "./desk";
import { madeByChapter } from "./lines";

function useChapters() {
  const desk = useDeskStore();
  const chapters = useDesk((desk) => desk.chapters);
  const current = useDesk((desk) => desk.lines[desk.selection.active]?.chapter ?? 0);
  const show = (chapter: number) => {
    const line = desk.getState().chapters[chapter]?.firstLine;
    if (line === undefined) return;
    select(desk, line, false, "start");
    focusLines();
  };
  return { chapters, current, show };
}

export function ChapterList() {
  const { t } = useTranslation();
  const { chapters, current, show } = useChapters();
  const lines = useDesk((desk) => desk.lines);
  const made = useMemo(() => madeByChapter(lines, chapters), [lines, chapters]);
  return (
    <nav aria-label={t("narrate.chapters")} className="h-full overflow-y-auto p-2">
      <ol className="flex flex-col gap-0.5">
        {chapters.map((chapter, index) => (
          <li key={index}>
            <One
              number={index}
              title={chapter.title}
              lines={chapter.lines}
              made={made[index] ?? 0}
              current={index === current}
              show={show}
            />
          </li>
        ))}
      </ol>
    </nav>
  );
}

const One = memo(
  function One({
    number,
    title,
    lines,
    made,
    current,
    show,
  }: {
    number: number;
    title: string;
    lines: number;
    made: number;
    current: boolean;
    show: (chapter: number) => void;
  }) {
    const { t } = useTranslation();
    const button = useRef<HTMLButtonElement>(null);
    const name = title || t("narrate.chapterNumber", { number: number + 1 });
    useEffect(() => {
      if (current) button.current?.scrollIntoView({ block: "nearest" });
    }, [current]);
    return (
      <button
        ref={button}
        type="button"
        aria-current={current ? "true" : undefined}
        onClick={() => show(number)}
        className={`flex w-full flex-col gap-1 rounded-control px-2 py-1.5 text-left transition-colors ${current ? "bg-surface shadow-[inset_0_0_0_1px_var(--line)]" : "hover:bg-surface/60"}`}
      >
        <span className={`line-clamp-2 text-base ${current ? "font-medium text-ink" : "text-ink-soft"}`}>{name}</span>
        <span className="flex w-full items-center gap-2">
          <Bar value={lines > 0 ? made / lines : 0} label={t("narrate.chapterFresh", { name })} />
          <span className="numbers shrink-0 text-tiny text-ink-faint">
            {made}/{lines}
          </span>
        </span>
      </button>
    );
  },
  (a, b) =>
    a.number === b.number && a.title === b.title && a.lines === b.lines && a.made === b.made && a.current === b.current,
);

export function ChapterField() {
  const { t } = useTranslation();
  const { chapters, current, show } = useChapters();
  return (
    <Choose
      label={t("narrate.chapter")}
      hideLabel
      value={String(current)}
      choices={chapters.map((chapter, index) => ({
        value: String(index),
        label: chapter.title || t("narrate.chapterNumber", { number: index + 1 }),
      }))}
      onChange={(value) => show(Number(value))}
    />
  );
}
