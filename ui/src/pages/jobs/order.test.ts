import { describe, expect, it } from "vitest";
import type { JobState } from "../../ipc/bindings/JobState";
import type { JobView } from "../../ipc/bindings/JobView";
import { dropped, moved, parts } from "./order";

function job(id: number, state: JobState = "queued"): JobView {
  return {
    id,
    kind: "render",
    title: `Job ${id}`,
    book: null,
    dub: null,
    state,
    done: 0,
    total: 1,
    timesRealTime: null,
    etaSeconds: null,
    audioSeconds: 0,
    elapsedSeconds: 0,
    files: [],
    problem: null,
  };
}

describe("the line of jobs", () => {
  const line = [job(3), job(1), job(2)];

  it("moves a job by one place and not beyond the ends", () => {
    expect(moved(line, 1, -1)).toBe(3);
    expect(moved(line, 3, 1)).toBe(2);
    expect(moved(line, 1, 1)).toBe(null);
    expect(moved(line, 3, -1)).toBe(undefined);
    expect(moved(line, 2, 1)).toBe(undefined);
    expect(moved(line, 9, 1)).toBe(undefined);
  });

  it("drops a job before or after another one, and nowhere where it already is", () => {
    expect(dropped(line, { job: 2, over: 3, below: false })).toBe(3);
    expect(dropped(line, { job: 3, over: 2, below: true })).toBe(null);
    expect(dropped(line, { job: 3, over: 1, below: true })).toBe(2);
    expect(dropped(line, { job: 3, over: 1, below: false })).toBe(undefined);
    expect(dropped(line, { job: 1, over: 3, below: true })).toBe(undefined);
    expect(dropped(line, { job: 1, over: null, below: true })).toBe(undefined);
  });

  it("keeps the order of those that wait and puts the newest of the ended first", () => {
    const { active, queued, ended } = parts([
      job(5, "paused"),
      job(3),
      job(1),
      job(2, "done"),
      job(4, "failed"),
      job(6, "running"),
    ]);
    expect(active.map((job) => job.id)).toEqual([6, 5]);
    expect(queued.map((job) => job.id)).toEqual([3, 1]);
    expect(ended.map((job) => job.id)).toEqual([4, 2]);
  });
});
