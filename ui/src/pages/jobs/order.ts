// Which jobs are where on the page, and what a move in the line means to the program.

import type { JobView } from "../../ipc/bindings/JobView";

/** A job held over another one. */
export interface Drop {
  job: number;
  over: number | null;
  /** Below its middle. */
  below: boolean;
}

export function parts(jobs: JobView[]): { active: JobView[]; queued: JobView[]; ended: JobView[] } {
  const running = jobs.filter((job) => job.state === "running");
  const paused = jobs.filter((job) => job.state === "paused");
  const ended = jobs.filter((job) => job.state === "done" || job.state === "failed" || job.state === "cancelled");
  return {
    active: [...running, ...paused],
    queued: jobs.filter((job) => job.state === "queued"),
    ended: ended.sort((one, other) => other.id - one.id),
  };
}

/** Before which job one goes when it moves by a step; null: to the end; undefined: it cannot. */
export function moved(queued: JobView[], job: number, step: -1 | 1): number | null | undefined {
  const at = queued.findIndex((other) => other.id === job);
  const to = at + step;
  if (at < 0 || to < 0 || to >= queued.length) return undefined;
  return (step < 0 ? queued[to]?.id : queued[to + 1]?.id) ?? null;
}

/** Before which job a held one goes when it is let go; undefined: it stays. */
export function dropped(queued: JobView[], { job, over, below }: Drop): number | null | undefined {
  const at = queued.findIndex((other) => other.id === job);
  const onto = queued.findIndex((other) => other.id === over);
  if (at < 0 || onto < 0) return undefined;
  const to = below ? onto + 1 : onto;
  return to === at || to === at + 1 ? undefined : (queued[to]?.id ?? null);
}
