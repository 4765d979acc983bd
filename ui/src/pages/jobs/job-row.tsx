// One job: how far it is and when it ends, what can be done with it, what it wrote, what went wrong.

import {
  AudioLines,
  Ban,
  Check,
  ChevronDown,
  ChevronUp,
  CircleX,
  Clock,
  FolderOpen,
  GripVertical,
  Pause,
  Play,
  RotateCcw,
  X,
} from "lucide-react";
import type { DragEvent, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { JobState } from "../../ipc/bindings/JobState";
import type { JobView } from "../../ipc/bindings/JobView";
import { client } from "../../ipc/index";
import { Button, IconButton } from "../../kit/button";
import { clock, count, decimal, finish, span } from "../../kit/format";
import { Bar, Chip, type Tone, Trouble } from "../../kit/parts";
import { fail, go, refreshJobs } from "../../state/store";
import type { Drop } from "./order";

const small = "size-3";
const LOOKS: Record<JobState, { tone: Tone; icon: ReactNode }> = {
  queued: { tone: "plain", icon: <Clock className={small} aria-hidden /> },
  running: { tone: "accent", icon: <AudioLines className={small} aria-hidden /> },
  paused: { tone: "warn", icon: <Pause className={small} aria-hidden /> },
  done: { tone: "good", icon: <Check className={small} aria-hidden /> },
  failed: { tone: "bad", icon: <CircleX className={small} aria-hidden /> },
  cancelled: { tone: "plain", icon: <Ban className={small} aria-hidden /> },
};

interface InLine {
  first: boolean;
  last: boolean;
  onMove: (step: -1 | 1) => void;
  drop: Drop | null;
  onDrop: (drop: Drop | null) => void;
  onDropped: () => void;
}

const change = (act: Promise<void>): void => void act.then(refreshJobs).catch(fail);

export function JobRow({
  job,
  focused,
  onFocus,
  line,
}: {
  job: JobView;
  focused: boolean;
  onFocus: () => void;
  /** Its place among those that wait, if it waits. */
  line: InLine | null;
}) {
  const { t } = useTranslation();
  const { id, state, files, problem, book, dub } = job;
  const ended = state === "done" || state === "failed" || state === "cancelled";
  const look = LOOKS[state];
  const kind = t(`jobs.kind_${job.kind}`, { defaultValue: job.kind });
  const over = line?.drop?.over === id && line.drop.job !== id ? line.drop : null;
  const drag = line && {
    draggable: true,
    onDragStart: (event: DragEvent) => {
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", job.title);
      line.onDrop({ job: id, over: null, below: false });
    },
    onDragOver: (event: DragEvent) => {
      if (!line.drop) return;
      event.preventDefault();
      const box = event.currentTarget.getBoundingClientRect();
      const below = event.clientY > box.top + box.height / 2;
      if (line.drop.over !== id || line.drop.below !== below) line.onDrop({ ...line.drop, over: id, below });
    },
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      line.onDropped();
    },
    onDragEnd: () => line.onDrop(null),
  };
  return (
    <li
      tabIndex={focused ? 0 : -1}
      data-job={id}
      data-testid={`job-${id}`}
      onFocus={onFocus}
      aria-label={`${job.title}, ${kind}, ${t(`jobs.${state}`)}`}
      aria-keyshortcuts={line ? "Alt+ArrowUp Alt+ArrowDown" : undefined}
      className={`relative flex flex-col gap-2 rounded-card border border-line bg-surface px-4 py-3 ${line?.drop?.job === id ? "opacity-50" : ""}`}
      {...drag}
    >
      {over && (
        <span
          className={`absolute right-0 left-0 h-0.5 rounded-full bg-accent ${over.below ? "-bottom-1.5" : "-top-1.5"}`}
          aria-hidden
        />
      )}
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        {line && <GripVertical className="-ml-2 size-4 cursor-grab text-ink-faint" aria-hidden />}
        <div className="min-w-40 flex-1">
          <div className="flex items-center gap-2">
            <span className="truncate font-medium">{job.title}</span>
            <Chip tone={look.tone} icon={look.icon}>
              {t(`jobs.${state}`)}
            </Chip>
          </div>
          <p className="numbers mt-0.5 text-small text-ink-soft">{[kind, ...figures(job, t)].join(" · ")}</p>
          {files.length > 0 && (
            <p className="mt-0.5 text-small break-words" data-selectable>
              {files.slice(0, 3).join(", ")}
              {files.length > 3 && ` ${t("jobs.moreFiles", { count: files.length - 3 })}`}
            </p>
          )}
        </div>
        <div className="flex flex-wrap items-center gap-1.5">
          {line && (
            <>
              <IconButton
                label={t("jobs.up")}
                hint="Alt ↑"
                size="small"
                disabled={line.first}
                onClick={() => line.onMove(-1)}
                data-testid="job-up"
              >
                <ChevronUp className="size-4" aria-hidden />
              </IconButton>
              <IconButton
                label={t("jobs.down")}
                hint="Alt ↓"
                size="small"
                disabled={line.last}
                onClick={() => line.onMove(1)}
                data-testid="job-down"
              >
                <ChevronDown className="size-4" aria-hidden />
              </IconButton>
            </>
          )}
          {files.length > 0 && (
            <Button
              size="small"
              look="quiet"
              icon={<FolderOpen className="size-3.5" aria-hidden />}
              onClick={() => void client.showFolder("exports").catch(fail)}
              data-testid="job-folder"
            >
              {t("jobs.showFolder")}
            </Button>
          )}
          {book !== null && (
            <Button size="small" look="quiet" onClick={() => go({ page: "book", book })}>
              {t("jobs.openBook")}
            </Button>
          )}
          {dub !== null && (
            <Button size="small" look="quiet" onClick={() => go({ page: "film", dub })}>
              {t("jobs.openDub")}
            </Button>
          )}
          {(state === "running" || state === "queued") && (
            <Button
              size="small"
              icon={<Pause className="size-3.5" aria-hidden />}
              onClick={() => change(client.pauseJob(id))}
              data-testid="job-pause"
            >
              {t("jobs.pause")}
            </Button>
          )}
          {state === "paused" && (
            <Button
              size="small"
              look="main"
              icon={<Play className="size-3.5" aria-hidden />}
              onClick={() => change(client.resumeJob(id))}
              data-testid="job-resume"
            >
              {t("jobs.resume")}
            </Button>
          )}
          {!ended && (
            <Button
              size="small"
              icon={<X className="size-3.5" aria-hidden />}
              onClick={() => change(client.cancelJob(id))}
              data-testid="job-cancel"
            >
              {t("jobs.cancel")}
            </Button>
          )}
          {(state === "cancelled" || (state === "failed" && !problem)) && (
            <Button
              size="small"
              icon={<RotateCcw className="size-3.5" aria-hidden />}
              onClick={() => change(client.retryJob(id))}
              data-testid="job-retry"
            >
              {t("jobs.retry")}
            </Button>
          )}
        </div>
      </div>
      {!ended && job.total > 0 && (
        <Bar
          value={job.done / job.total}
          label={t("jobs.progress", { title: job.title })}
          tone={state === "paused" ? "warn" : "accent"}
        />
      )}
      {problem && (
        <Trouble
          problem={problem}
          mend={state === "failed" ? { label: t("jobs.retry"), act: () => change(client.retryJob(id)) } : undefined}
        />
      )}
    </li>
  );
}

/** The numbers of a job, as they are known. */
function figures(job: JobView, t: (key: string, values?: Record<string, unknown>) => string): string[] {
  const { state, done, total, timesRealTime, etaSeconds, audioSeconds, elapsedSeconds } = job;
  const ended = state === "done" || state === "failed" || state === "cancelled";
  const told: (string | false)[] = [
    total > 0 && (state !== "queued" || done > 0) && t("jobs.of", { done: count(done), total: count(total) }),
    (state === "running" || state === "done") &&
      timesRealTime !== null &&
      t("jobs.realTime", { times: decimal(timesRealTime, 1) }),
    state === "running" && etaSeconds !== null && t("jobs.left", { left: span(etaSeconds), clock: finish(etaSeconds) }),
    audioSeconds > 0 && t("jobs.sound", { sound: clock(audioSeconds) }),
    elapsedSeconds > 0 && state !== "paused" && t(ended ? "jobs.took" : "jobs.since", { time: span(elapsedSeconds) }),
  ];
  return told.filter((part): part is string => part !== false);
}
