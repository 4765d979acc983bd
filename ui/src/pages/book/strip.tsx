// The job that works on this book: how far, how fast, when it is done; pause, go on, cancel.

import { AlertTriangle, Pause, Play, RotateCcw, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { JobView } from "../../ipc/bindings/JobView";
import { client } from "../../ipc/index";
import { Button, IconButton } from "../../kit/button";
import { decimal, finish, span } from "../../kit/format";
import { Bar } from "../../kit/parts";
import { fail, useStore } from "../../state/store";

const ORDER: JobView["state"][] = ["running", "paused", "queued"];

/** The job to show: the running one before those that wait; else the latest, if it failed. */
export function jobOf(jobs: readonly JobView[], book: number): JobView | null {
  const mine = jobs.filter((job) => job.book === book);
  for (const state of ORDER) {
    const found = mine.find((job) => job.state === state);
    if (found) return found;
  }
  const latest = mine.reduce<JobView | null>((late, job) => (!late || job.id > late.id ? job : late), null);
  return latest?.state === "failed" ? latest : null;
}

export function Strip({ book }: { book: number }) {
  const { t } = useTranslation();
  const job = useStore((store) => jobOf(store.jobs, book));
  const [closed, setClosed] = useState<number | null>(null);
  if (!job || (job.state === "failed" && closed === job.id)) return null;
  const what = job.kind === "export" ? t("narrate.stripExport") : t("narrate.stripRender");
  const done = t("narrate.stripDone", { done: job.done, total: job.total });
  return (
    <div
      role="group"
      data-testid="job-strip"
      data-state={job.state}
      aria-label={what}
      className={`flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-1 text-small ${job.state === "failed" ? "bg-bad-soft" : "bg-sunken"}`}
    >
      {job.state === "failed" ? (
        <p className="flex min-w-0 flex-1 items-center gap-2 text-ink" role="alert">
          <AlertTriangle className="size-4 shrink-0 text-bad" aria-hidden />
          <span>
            {job.problem?.message ?? t("narrate.stripFailed")} <span className="text-ink-soft">{job.problem?.fix}</span>
          </span>
        </p>
      ) : (
        <>
          <span className="font-medium">
            {job.state === "running"
              ? what
              : t(job.state === "paused" ? "narrate.stripPaused" : "narrate.stripQueued", { what })}
          </span>
          <span className="min-w-24 flex-1">
            <Bar
              value={job.total > 0 ? job.done / job.total : 0}
              label={what}
              tone={job.state === "paused" ? "warn" : "accent"}
            />
          </span>
          <span className="numbers text-ink-soft">
            {[
              done,
              job.timesRealTime === null ? null : `${decimal(job.timesRealTime, 1)} ×`,
              job.etaSeconds === null || job.state !== "running"
                ? null
                : t("narrate.stripEta", { left: span(job.etaSeconds), clock: finish(job.etaSeconds) }),
            ]
              .filter(Boolean)
              .join(" · ")}
          </span>
        </>
      )}
      <span className="flex items-center gap-1">
        {(job.state === "running" || job.state === "queued") && (
          <IconButton
            data-testid="strip-pause"
            size="small"
            label={t("narrate.stripPause")}
            onClick={() => void client.pauseJob(job.id).catch(fail)}
          >
            <Pause className="size-3.5" aria-hidden />
          </IconButton>
        )}
        {job.state === "paused" && (
          <Button
            data-testid="strip-resume"
            size="small"
            look="main"
            icon={<Play className="size-3.5" aria-hidden />}
            onClick={() => void client.resumeJob(job.id).catch(fail)}
          >
            {t("narrate.stripResume")}
          </Button>
        )}
        {job.state === "failed" ? (
          <>
            <Button
              size="small"
              icon={<RotateCcw className="size-3.5" aria-hidden />}
              onClick={() => void client.retryJob(job.id).catch(fail)}
            >
              {t("narrate.stripRetry")}
            </Button>
            <IconButton size="small" label={t("shell.close")} onClick={() => setClosed(job.id)}>
              <X className="size-3.5" aria-hidden />
            </IconButton>
          </>
        ) : (
          <IconButton
            data-testid="strip-cancel"
            size="small"
            label={t("narrate.stripCancel")}
            onClick={() => void client.cancelJob(job.id).catch(fail)}
          >
            <X className="size-3.5" aria-hidden />
          </IconButton>
        )}
      </span>
    </div>
  );
}
