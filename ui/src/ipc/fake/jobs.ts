// The line of jobs of the fake program: one runs at a time, tells how fast it is, and can be held, moved and tried again.

import type { JobView } from "../bindings/JobView";
import type { LineView } from "../bindings/LineView";
import type { Client } from "../client";
import { type Book, make, setLine, setState, shelfOf } from "./shelf";
import { secondsOf } from "./sounds";
import { copy, problem, type World } from "./world";

type Part = Pick<Client, "jobs" | "pauseJob" | "resumeJob" | "cancelJob" | "retryJob" | "reorderJob">;

interface Work {
  /** Goes on for this many milliseconds of the program's time; answers whether it is done. */
  step(job: JobView, milliseconds: number): boolean;
  /** What is undone when it is cancelled. */
  drop?(): void;
}

export interface Queue {
  jobs: JobView[];
  works: Map<number, Work>;
  add(job: Omit<JobView, "id">, work: Work): number;
}

const TICK = 250;
const SLOTS = 4;
const queues = new WeakMap<World, Queue>();

export const blank: Omit<JobView, "id" | "kind" | "title" | "book" | "total"> = {
  dub: null,
  state: "queued",
  done: 0,
  timesRealTime: null,
  etaSeconds: null,
  audioSeconds: 0,
  elapsedSeconds: 0,
  files: [],
  problem: null,
};

export function queueOf(world: World): Queue {
  const known = queues.get(world);
  if (known) return known;
  let next = 40;
  const queue: Queue = {
    jobs: [],
    works: new Map(),
    add: (job, work) => {
      next += 1;
      const view: JobView = { id: next, ...job };
      queue.jobs.push(view);
      queue.works.set(next, work);
      world.tell({ news: "job", job: view });
      return next;
    },
  };
  queues.set(world, queue);
  if (!world.switches.fresh) fill(world, queue);
  let loaded = false;
  world.every(TICK, () => {
    const job = queue.jobs.find((job) => job.state === "running") ?? queue.jobs.find((job) => job.state === "queued");
    const works = job ? run(world, queue, job) : false;
    if (works || loaded) world.tell({ news: "load", active: works ? SLOTS - 1 : 0, slots: SLOTS });
    loaded = works;
  });
  return queue;
}

function run(world: World, queue: Queue, job: JobView): boolean {
  if (world.library.state !== "open") return false;
  job.state = "running";
  job.elapsedSeconds += TICK / 1000;
  const done = queue.works.get(job.id)?.step(job, TICK) ?? true;
  if (done) {
    job.state = "done";
    job.etaSeconds = null;
  }
  world.tell({ news: "job", job });
  return !done;
}

export function renderJob(world: World, queue: Queue, book: Book, lines: LineView[], unseen = false): number {
  const todo = lines.filter((line) => !["fresh", "doubtful", "locked"].includes(line.state)).map((line) => line.index);
  const rate = world.switches.gpu ? 88 : 9.4;
  let at = 0;
  /** Sound that could have been made by now and was not. */
  let credit = 0;
  if (!unseen) for (const index of todo) setState(world, book, index, "queued");
  const secondsAt = (index: number) => {
    const line = book.lines[index];
    return line ? secondsOf(line.text, line.speed ?? book.speed) : 0;
  };
  return queue.add(
    { ...blank, kind: "render", title: book.title, book: book.id, total: todo.length },
    {
      step: (job, milliseconds) => {
        const wobble = 1 + 0.06 * Math.sin(job.elapsedSeconds * 1.3);
        credit += (milliseconds / 1000) * rate * wobble;
        for (let index = todo[at]; index !== undefined; index = todo[at]) {
          const seconds = secondsAt(index);
          if (credit < seconds) {
            if (book.lines[index]?.state !== "rendering") setState(world, book, index, "rendering");
            break;
          }
          credit -= seconds;
          const line = book.lines[index];
          const doubt = index % 43 === 17 ? "there is a silence of 1.4 seconds in it" : null;
          if (line) setLine(world, book, make(book, line, doubt));
          at += 1;
          job.audioSeconds += seconds;
        }
        job.done = at;
        job.timesRealTime = Math.round(rate * wobble * 10) / 10;
        // An average line stands for those that are left: adding up thousands at each step would be slow.
        job.etaSeconds = ((todo.length - at) * (at > 0 ? job.audioSeconds / at : 4.5)) / rate;
        return at >= todo.length;
      },
      drop: () => {
        for (const index of todo.slice(at)) {
          const line = book.lines[index];
          if (line) setState(world, book, index, line.seconds === null ? "draft" : "stale");
        }
      },
    },
  );
}

export function exportJob(queue: Queue, book: Book, format: string, lines: LineView[]): number {
  const seconds = lines.reduce((sum, line) => sum + (line.seconds ?? 0) + line.pauseSeconds, 0);
  return queue.add(
    { ...blank, kind: "export", title: book.title, book: book.id, total: 100 },
    {
      step: (job) => {
        job.done = Math.min(100, job.done + 4);
        job.audioSeconds = (seconds * job.done) / 100;
        job.timesRealTime = job.audioSeconds / job.elapsedSeconds;
        job.etaSeconds = ((100 - job.done) / 4) * (TICK / 1000);
        if (job.done >= 100) job.files = [`${book.title}.${format}`];
        return job.done >= 100;
      },
    },
  );
}

/** What was done before the window opened, and what goes on. */
function fill(world: World, queue: Queue): void {
  const past = (id: number, change: Partial<JobView>): JobView => ({
    id,
    ...blank,
    kind: "render",
    title: "Field Notes on Mosses, with an Appendix on Liverworts of the Northern Bogs",
    book: 3,
    total: 64,
    ...change,
  });
  queue.jobs.push(
    past(31, { state: "done", done: 64, timesRealTime: 9.6, audioSeconds: 262, elapsedSeconds: 27.3 }),
    past(32, {
      kind: "export",
      state: "failed",
      total: 100,
      done: 62,
      elapsedSeconds: 3.1,
      problem: problem(
        "export_no_space",
        "The disk is full: 212 MB are needed and 40 MB are free.",
        "Make room, or choose another folder, and try again.",
      ),
    }),
    past(33, {
      kind: "export",
      state: "done",
      total: 100,
      done: 100,
      audioSeconds: 262,
      elapsedSeconds: 4.4,
      timesRealTime: 59.5,
      files: ["Field Notes on Mosses.m4b"],
    }),
  );
  queue.works.set(32, { step: () => true });
  if (world.switches.idle) return;
  const shelf = shelfOf(world);
  const letters = shelf.find(2);
  renderJob(world, queue, letters, letters.lines, true);
  const mosses = shelf.find(3);
  exportJob(queue, mosses, "mp3", mosses.lines);
  exportJob(queue, mosses, "flac", mosses.lines);
}

export function jobsPart(world: World): Part {
  const queue = queueOf(world);
  const find = (id: number): JobView => {
    const job = queue.jobs.find((job) => job.id === id);
    if (!job) throw problem("job_not_found", "This job is no longer there.", "Start it again.");
    return job;
  };
  const turn = (id: number, state: JobView["state"], from: JobView["state"][]) => {
    const job = find(id);
    if (!from.includes(job.state)) throw problem("job_state", "The job cannot do that now.", "");
    job.state = state;
    job.etaSeconds = null;
    world.tell({ news: "job", job });
    return job;
  };
  return {
    jobs: async () => copy(queue.jobs),
    pauseJob: async (id) => void turn(id, "paused", ["queued", "running"]),
    resumeJob: async (id) => void turn(id, "queued", ["paused"]),
    cancelJob: async (id) => {
      turn(id, "cancelled", ["queued", "running", "paused"]);
      queue.works.get(id)?.drop?.();
    },
    retryJob: async (id) => {
      const job = turn(id, "queued", ["failed", "cancelled"]);
      job.problem = null;
      world.tell({ news: "job", job });
    },
    reorderJob: async (id, before) => {
      const job = find(id);
      const others = queue.jobs.filter((other) => other.id !== id);
      const at = before === null ? others.length : others.findIndex((other) => other.id === before);
      queue.jobs = others.toSpliced(at < 0 ? others.length : at, 0, job);
    },
  };
}
