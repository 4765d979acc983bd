// The takes, newest first: a grid that is walked with the arrow keys, and the two that are compared above it.

import { Mic, Star } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../kit/button";
import { Empty } from "../../kit/parts";
import { Compare } from "./compare";
import { TakeRow } from "./take-row";
import { shown, useTakes } from "./takes";

/** Rows that are drawn at first, and with each wish for more. */
const STEP = 40;

export function TakeList() {
  const { t } = useTranslation();
  const takes = useTakes();
  const [most, setMost] = useState(STEP);
  const list = shown(takes);
  const rows = list.slice(0, most);
  const grid = useRef<HTMLDivElement>(null);
  const at = Math.max(
    0,
    rows.findIndex((take) => take.id === takes.focus),
  );

  const walk = (to: number) => {
    const take = rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (!take) return;
    useTakes.setState({ focus: take.id });
    grid.current?.querySelector<HTMLElement>(`[data-take="${CSS.escape(take.id)}"]`)?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = 6;
    const to = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: rows.length,
    };
    const next = to[event.key as keyof typeof to];
    if (next === undefined) return;
    event.preventDefault();
    walk(next);
  };

  // A removed row takes the focus with it: it goes on to the next one.
  const had = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each change of the list may have taken the row away
  useEffect(() => {
    if (had.current && document.activeElement === document.body) walk(at);
  }, [takes.list]);

  return (
    <section
      aria-label={t("speak.takes")}
      className="flex min-w-0 flex-col gap-2 px-6 pt-4 pb-5 @min-[58rem]:min-h-0 @min-[58rem]:border-l @min-[58rem]:border-line @min-[58rem]:px-4 @min-[58rem]:pb-0"
    >
      <header className="flex min-h-8 items-center gap-2">
        <h2 className="flex-1 text-base font-semibold">
          {t("speak.takes")} <span className="numbers font-normal text-ink-soft">{takes.list.length}</span>
        </h2>
        <Button
          size="small"
          look={takes.starredOnly ? "plain" : "quiet"}
          aria-pressed={takes.starredOnly}
          icon={<Star className={`size-3.5 ${takes.starredOnly ? "fill-current" : ""}`} aria-hidden />}
          data-testid="takes-starred"
          onClick={() => useTakes.setState({ starredOnly: !takes.starredOnly })}
        >
          {t("speak.starred")}
        </Button>
      </header>
      <Compare />
      {takes.known && list.length === 0 && (
        <Empty
          icon={takes.starredOnly ? <Star className="size-5" aria-hidden /> : <Mic className="size-5" aria-hidden />}
          title={t(takes.starredOnly ? "speak.noStars" : "speak.noTakes")}
        >
          {t(takes.starredOnly ? "speak.noStarsHow" : "speak.noTakesHow")}
        </Empty>
      )}
      {rows.length > 0 && (
        <div
          ref={grid}
          role="grid"
          aria-label={t("speak.takes")}
          aria-rowcount={list.length}
          tabIndex={-1}
          onKeyDown={onKeyDown}
          onFocus={() => {
            had.current = true;
          }}
          onBlur={(event) => {
            // Without a next target the row may just have gone.
            if (event.relatedTarget) had.current = false;
          }}
          className="@min-[58rem]:-mx-4 @min-[58rem]:min-h-0 @min-[58rem]:flex-1 @min-[58rem]:overflow-y-auto @min-[58rem]:px-4 @min-[58rem]:pb-4"
        >
          {rows.map((take, index) => (
            <TakeRow key={take.id} take={take} index={index} focused={index === at} />
          ))}
        </div>
      )}
      {list.length > most && (
        <Button size="small" onClick={() => setMost(most + STEP)} className="mb-3 self-center">
          {t("speak.moreTakes", { count: list.length - most })}
        </Button>
      )}
    </section>
  );
}
