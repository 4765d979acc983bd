// Jobs: what is being made, what waits in which order, what came of the rest. Live by the program's news.

import { Coffee, ListTodo } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { JobView } from "../../ipc/bindings/JobView";
import { client } from "../../ipc/index";
import { Button } from "../../kit/button";
import { Empty, Page } from "../../kit/parts";
import { fail, go, refreshJobs, useStore } from "../../state/store";
import { LibraryDoor } from "../home/library-door";
import { JobRow } from "./job-row";
import { type Drop, dropped, moved, parts } from "./order";

/** Finished jobs that are shown before one asks for all. */
const RECENT = 10;

export function Jobs() {
  const { t } = useTranslation();
  const jobs = useStore((store) => store.jobs);
  const open = useStore((store) => store.machine?.library.state === "open");
  const [all, setAll] = useState(false);
  const [drop, setDrop] = useState<Drop | null>(null);
  const [focus, setFocus] = useState<number | null>(null);
  const list = useRef<HTMLDivElement>(null);
  const { active, queued, ended } = parts(jobs);
  const shown = all ? ended : ended.slice(0, RECENT);
  const rows = [...active, ...queued, ...shown];
  const at = Math.max(
    0,
    rows.findIndex((job) => job.id === focus),
  );

  useEffect(() => {
    if (open) void refreshJobs().catch(fail);
  }, [open]);

  const rowOf = (job: number) => list.current?.querySelector<HTMLElement>(`[data-job="${job}"]`);
  const reorder = (job: number, before: number | null | undefined) => {
    if (before === undefined) return;
    const focused = list.current?.contains(document.activeElement);
    void client
      .reorderJob(job, before)
      .then(refreshJobs)
      // A row that moves in the page loses the focus on its way.
      .then(() => requestAnimationFrame(() => focused && rowOf(job)?.focus()))
      .catch(fail);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const job = rows[at];
    if (step === 0 || !job || event.defaultPrevented || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (event.altKey) {
      reorder(job.id, moved(queued, job.id, step));
      return;
    }
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
    if (next) rowOf(next.id)?.focus();
  };
  const row = (job: JobView) => {
    const place = queued.indexOf(job);
    return (
      <JobRow
        key={job.id}
        job={job}
        focused={rows[at]?.id === job.id}
        onFocus={() => setFocus(job.id)}
        line={
          place < 0
            ? null
            : {
                first: place === 0,
                last: place === queued.length - 1,
                onMove: (step) => reorder(job.id, moved(queued, job.id, step)),
                drop,
                onDrop: setDrop,
                onDropped: () => {
                  if (drop) reorder(drop.job, dropped(queued, drop));
                  setDrop(null);
                },
              }
        }
      />
    );
  };

  return (
    <Page
      title={t("jobs.title")}
      about={
        <span className="flex items-center gap-1.5">
          <Coffee className="size-3.5 shrink-0" aria-hidden />
          {t("jobs.awake")}
        </span>
      }
    >
      {!open && <LibraryDoor why={t("jobs.needsLibrary")} />}
      {open && jobs.length === 0 && (
        <Empty
          icon={<ListTodo className="size-5" aria-hidden />}
          title={t("jobs.none")}
          action={
            <Button look="main" onClick={() => go({ page: "narrate" })}>
              {t("jobs.toNarrate")}
            </Button>
          }
        >
          {t("jobs.noneHow")}
        </Empty>
      )}
      <div
        ref={list}
        onKeyDown={onKeyDown}
        role="group"
        aria-label={t("jobs.title")}
        className="mx-auto flex max-w-4xl flex-col gap-6"
      >
        <Group title={t("jobs.now")} jobs={active} row={row} />
        <Group
          title={t("jobs.waiting")}
          about={queued.length > 1 ? t("jobs.order") : undefined}
          jobs={queued}
          row={row}
        />
        <Group title={t("jobs.ended")} count={ended.length} jobs={shown} row={row} />
        {ended.length > shown.length && (
          <Button size="small" className="self-center" onClick={() => setAll(true)}>
            {t("jobs.showAll", { count: ended.length - shown.length })}
          </Button>
        )}
      </div>
    </Page>
  );
}

function Group({
  title,
  about,
  jobs,
  count = jobs.length,
  row,
}: {
  title: string;
  about?: string | undefined;
  jobs: JobView[];
  /** How many there are, shown or not. */
  count?: number;
  row: (job: JobView) => React.ReactNode;
}) {
  if (jobs.length === 0) return null;
  return (
    <section aria-label={title}>
      <h2 className="mb-2 flex items-baseline gap-2 text-base font-semibold">
        {title} <span className="numbers font-normal text-ink-soft">{count}</span>
        {about && <span className="text-small font-normal text-ink-faint">{about}</span>}
      </h2>
      <ul className="flex flex-col gap-2">{jobs.map(row)}</ul>
    </section>
  );
}
