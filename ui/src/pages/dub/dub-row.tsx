// A dub in the list: which film, from what into what, how much of it is made.

import { ArrowRight, CircleCheck, Film, Trash2, Volume2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { DubCardView } from "../../ipc/bindings/DubCardView";
import { IconButton } from "../../kit/button";
import { count, span } from "../../kit/format";
import { Bar } from "../../kit/parts";
import { go, useStore } from "../../state/store";
import { languageName } from "./languages";

export function DubRow({ dub, onRemove }: { dub: DubCardView; onRemove: () => void }) {
  const { t } = useTranslation();
  const job = useStore((store) => store.jobs.find((job) => job.dub === dub.id && job.state === "running"));
  const Sign = dub.hasPicture ? Film : Volume2;
  const done = dub.cues > 0 && dub.fresh >= dub.cues;
  return (
    <li
      data-testid={`dub-${dub.id}`}
      className="relative rounded-card border border-line bg-surface transition-colors hover:border-line-strong/70"
    >
      <div className="flex items-center gap-x-4 py-3 pr-3 pl-4">
        <Sign className="size-5 shrink-0 text-ink-faint" aria-hidden />
        <div className="min-w-0 flex-1">
          <h2 className="truncate text-lead font-semibold">
            {/* The whole row opens the dub; the button is its name. */}
            <button
              type="button"
              className="max-w-full truncate rounded-control text-left after:absolute after:inset-0 after:rounded-card"
              onClick={() => go({ page: "film", dub: dub.id })}
            >
              {dub.title}
            </button>
          </h2>
          <p className="numbers truncate text-small text-ink-soft">
            {[
              span(dub.durationMs / 1000),
              dub.cues > 0 && t("dub.cueCount", { count: dub.cues, cues: count(dub.cues) }),
              dub.film,
            ]
              .filter(Boolean)
              .join(" · ")}
          </p>
        </div>
        <span className="flex shrink-0 items-center gap-1.5 text-small text-ink-soft">
          {dub.from && <span className="max-sm:sr-only">{languageName(dub.from)}</span>}
          <ArrowRight className="size-3.5" aria-hidden />
          <span className="font-medium text-ink">{languageName(dub.to)}</span>
        </span>
        <div className="flex w-44 shrink-0 flex-col gap-1">
          <Bar
            value={job && job.total > 0 ? job.done / job.total : dub.cues > 0 ? dub.fresh / dub.cues : 0}
            label={t("dub.freshBar", { title: dub.title })}
          />
          <span className="numbers truncate text-small text-ink-soft">
            {job ? (
              <span className="text-accent-text">
                {t("dub.jobWorks")} {t("dub.jobOf", { done: count(job.done), total: count(job.total) })}
              </span>
            ) : done ? (
              <span className="flex items-center gap-1 font-medium text-good">
                <CircleCheck className="size-3.5" aria-hidden />
                {t("dub.ready")}
              </span>
            ) : dub.cues === 0 ? (
              t("dub.nothingYet")
            ) : dub.untranslated === dub.cues ? (
              t("dub.notTranslated")
            ) : (
              t("dub.madeOf", { made: count(dub.fresh), cues: count(dub.cues) })
            )}
          </span>
        </div>
        <span className="relative z-10">
          <IconButton label={t("dub.remove", { title: dub.title })} onClick={onRemove}>
            <Trash2 className="size-4" aria-hidden />
          </IconButton>
        </span>
      </div>
    </li>
  );
}
