// A book on the shelf: what it is, how much of it is made, how long it will be, who reads it.

import { CircleCheck, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { BookCardView } from "../../ipc/bindings/BookCardView";
import { IconButton } from "../../kit/button";
import { count, span } from "../../kit/format";
import { Bar } from "../../kit/parts";
import { VoiceBadge } from "../../kit/voice-badge";
import { go, useStore } from "../../state/store";

export function ShelfRow({ book, onRemove }: { book: BookCardView; onRemove: () => void }) {
  const { t } = useTranslation();
  const voice = useStore((store) => store.voices.find((voice) => voice.id === book.voice));
  const job = useStore((store) => store.jobs.find((job) => job.book === book.id && job.state === "running"));
  const name = voice?.name ?? t("narrate.voiceGone");
  const done = book.lines > 0 && book.fresh >= book.lines;
  return (
    <li
      data-testid={`book-${book.id}`}
      className="@container relative rounded-card border border-line bg-surface transition-colors hover:border-line-strong/70"
    >
      <div className="flex items-center gap-x-5 py-3 pr-3 pl-4">
        <div className="min-w-0 flex-1">
          <h2 className="truncate text-lead font-semibold">
            {/* The whole row opens the book; the button is its name. */}
            <button
              type="button"
              className="max-w-full truncate rounded-control text-left after:absolute after:inset-0 after:rounded-card"
              onClick={() => go({ page: "book", book: book.id })}
            >
              {book.title}
            </button>
          </h2>
          <p className="numbers truncate text-small text-ink-soft">
            {[
              t("narrate.audioLength", { length: span(book.expectedSeconds) }),
              t("narrate.chapterCount", { count: book.chapters }),
              book.author,
            ]
              .filter(Boolean)
              .join(" · ")}
          </p>
        </div>
        <span className="flex min-w-0 items-center gap-2 text-small @min-[42rem]:w-32">
          <VoiceBadge id={book.voice} name={name} size="small" />
          <span className="truncate max-[42rem]:sr-only">{name}</span>
        </span>
        <div className="flex w-48 shrink-0 flex-col gap-1">
          <Bar
            value={book.lines > 0 ? book.fresh / book.lines : 0}
            label={t("narrate.freshBar", { title: book.title })}
          />
          <span className="numbers flex justify-between gap-2 text-small whitespace-nowrap text-ink-soft">
            {job ? (
              <span className="text-accent-text">
                {t("narrate.stripRender")} {t("narrate.stripDone", { done: count(job.done), total: count(job.total) })}
              </span>
            ) : done ? (
              <span className="flex items-center gap-1 font-medium text-good">
                <CircleCheck className="size-3.5" aria-hidden />
                {t("narrate.ready", { count: book.lines, lines: count(book.lines) })}
              </span>
            ) : (
              t("narrate.freshOf", { fresh: count(book.fresh), lines: count(book.lines) })
            )}
          </span>
        </div>
        <span className="relative z-10">
          <IconButton label={t("narrate.remove", { title: book.title })} onClick={onRemove}>
            <Trash2 className="size-4" aria-hidden />
          </IconButton>
        </span>
      </div>
    </li>
  );
}
