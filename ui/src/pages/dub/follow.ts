// Follows what happens to the open dub elsewhere: cues that are made, jobs that end.

import i18next from "i18next";
import { useEffect } from "react";
import type { CueState } from "../../ipc/bindings/CueState";
import type { JobView } from "../../ipc/bindings/JobView";
import { client } from "../../ipc/index";
import { onCues, toast, useStore } from "../../state/store";
import { nextFrame } from "../book/news";
import { changedFrom } from "./cues";
import { refresh } from "./deeds";
import { type DeskStore, hearStates, openDub } from "./desk";
import { fetchWaiting } from "./line";
import { fail } from "./problems";
import { closeReel, openReel, renewFrom } from "./reel";

/** What news do not tell (lengths, fits) is fetched this long after the last of them; later for long films. */
const CATCH_UP_MS = 1500;

export function useFollow(desk: DeskStore): void {
  useEffect(() => {
    const { dub } = desk.getState();
    void openDub(desk).then(() => fetchWaiting(desk));
    let gathered = new Map<number, CueState>();
    let withdraw: (() => void) | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asked = 0;
    const give = () => {
      withdraw?.();
      withdraw = null;
      const news = gathered;
      gathered = new Map();
      hearStates(desk, news);
    };
    const later = () => {
      const wait = CATCH_UP_MS + desk.getState().cues.length / 4;
      // News without end must not put it off for ever.
      if (timer !== undefined && performance.now() - asked < wait * 2) clearTimeout(timer);
      else if (timer !== undefined) return;
      else asked = performance.now();
      timer = setTimeout(() => {
        timer = undefined;
        void refresh(desk);
      }, wait);
    };
    const stops = [
      onCues(dub, (cue, state) => {
        gathered.set(cue, state);
        withdraw ??= nextFrame(give);
        if (state !== "queued" && state !== "rendering") later();
      }),
      desk.subscribe(({ card }, { card: before }) => {
        if (card && card !== before) openReel(dub, card.durationMs);
      }),
      // What was fetched ahead is fetched again where it sounds otherwise by now.
      desk.subscribe(({ cues }, { cues: before }) => {
        if (cues === before || before.length === 0) return;
        const from = changedFrom(before, cues);
        if (from !== null) renewFrom(from);
      }),
      followJobs(desk),
    ];
    return () => {
      withdraw?.();
      clearTimeout(timer);
      for (const stop of stops) stop();
      closeReel();
    };
  }, [desk]);
}

const over = (job: JobView) => job.state !== "running" && job.state !== "queued";

function followJobs(desk: DeskStore): () => void {
  const { dub } = desk.getState();
  const mine = (jobs: JobView[]) => jobs.filter((job) => job.dub === dub);
  let before = new Map(mine(useStore.getState().jobs).map((job) => [job.id, job]));
  return useStore.subscribe(({ jobs }, { jobs: old }) => {
    if (jobs === old) return;
    let again = false;
    for (const job of mine(jobs)) {
      const known = before.get(job.id);
      if (!over(job) || !known || over(known)) continue;
      again = true;
      if (job.state === "done" && job.files.length > 0) saved(job);
    }
    before = new Map(mine(jobs).map((job) => [job.id, job]));
    if (again) void refresh(desk);
  });
}

function saved(job: JobView): void {
  toast({
    tone: "good",
    text: i18next.t("dub.exported", { files: job.files.slice(0, 2).join(", "), count: job.files.length }),
    action: {
      label: i18next.t("dub.showFolder"),
      run: () => void client.showFolder("exports").catch((thrown) => fail(thrown)),
    },
  });
}
