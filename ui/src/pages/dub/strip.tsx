// The job that works on this dub: how far, how fast, when it is done; pause, go on, cancel.

import { AlertTriangle, Pause, Play, RotateCcw, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { JobView } from "../../ipc/bindings/JobView";
import { client } from "../../ipc/index";
import { Button, IconButton } from "../../kit/button";
import { count, decimal, finish, span } from "../../kit/format";
import { Bar } from "../../kit/parts";
import { fail, useStore } from "../../state/store";
import { useDeskStore } from "./desk";
import { mendOf, said } from "./problems";

const ORDER: JobView["state"][] = ["running", "paused", "queued"];

/** The job to show: the running one before those that wait; else the latest, if it failed. */
export function jobOf(jobs: readonly JobView[], dub: number): JobView | null {
  const mine = jobs.filter((job) => job.dub === dub);
  for (const state of ORDER) {
    const found = mine.find((job) => job.state === state);
    if (found) return found;
  }
  const latest = mine.reduce<JobView | null>((late, job) => (!late || job.id > late.id ? job : late), null);
  return latest?.state === "failed" ? latest : null;
}

export function Strip({ dub }: { dub: number }) {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const job = useStore((store) => jobOf(store.jobs, dub));
  const [closed, setClosed] = useState<number | null>(null);
  if (!job || (job.state === "failed" && closed === job.id)) return null;
  const failed = job.state === "failed";
  const what = t("dub.jobWorks");
  const problem = failed && job.problem ? said(job.problem) : null;
  const mend = mendOf(problem, desk);
  const figures = [
    job.total > 0 && t("dub.jobOf", { done: count(job.done), total: count(job.total) }),
    job.timesRealTime !== null && `${decimal(job.timesRealTime, 1)} ×`,
    job.etaSeconds !== null &&
      job.state === "running" &&
      t("dub.jobLeft", { left: span(job.etaSeconds), clock: finish(job.etaSeconds) }),
  ].filter(Boolean);
  return (
    <div
      role="group"
      data-testid="dub-strip"
      data-state={job.state}
      aria-label={what}
      className={`flex min-h-9 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-1 text-small ${failed ? "bg-bad-soft" : "bg-sunken"}`}
    >
      {failed ? (
        <p className="flex min-w-0 flex-1 items-center gap-2 text-ink" role="alert">
          <AlertTriangle className="size-4 shrink-0 text-bad" aria-hidden />
          <span>
            {problem?.message ?? t("dub.jobFailed")} <span className="text-ink-soft">{problem?.fix}</span>
          </span>
        </p>
      ) : (
        <>
          <span className="font-medium">
            {job.state === "running" ? what : job.state === "paused" ? t("dub.jobPaused") : t("dub.jobQueued")}
          </span>
          <span className="min-w-24 flex-1">
            <Bar
              value={job.total > 0 ? job.done / job.total : 0}
              label={what}
              tone={job.state === "paused" ? "warn" : "accent"}
            />
          </span>
          <span className="numbers text-ink-soft">{figures.join(" · ")}</span>
        </>
      )}
      <span className="flex items-center gap-1">
        {(job.state === "running" || job.state === "queued") && (
          <IconButton size="small" label={t("dub.jobPause")} onClick={() => void client.pauseJob(job.id).catch(fail)}>
            <Pause className="size-3.5" aria-hidden />
          </IconButton>
        )}
        {job.state === "paused" && (
          <IconButton size="small" label={t("dub.jobResume")} onClick={() => void client.resumeJob(job.id).catch(fail)}>
            <Play className="size-3.5" aria-hidden />
          </IconButton>
        )}
        {failed ? (
          <>
            {mend && (
              <Button size="small" look="main" data-testid="strip-mend" onClick={mend.run}>
                {mend.label}
              </Button>
            )}
            <Button
              size="small"
              icon={<RotateCcw className="size-3.5" aria-hidden />}
              onClick={() => void client.retryJob(job.id).catch(fail)}
            >
              {t("dub.tryAgain")}
            </Button>
            <IconButton size="small" label={t("shell.close")} onClick={() => setClosed(job.id)}>
              <X className="size-3.5" aria-hidden />
            </IconButton>
          </>
        ) : (
          <IconButton size="small" label={t("dub.jobCancel")} onClick={() => void client.cancelJob(job.id).catch(fail)}>
            <X className="size-3.5" aria-hidden />
          </IconButton>
        )}
      </span>
    </div>
  );
}
