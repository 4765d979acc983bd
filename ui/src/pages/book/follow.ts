// Follows what happens to the open book elsewhere: lines that are made, jobs that end, the sound in the player.

import i18next from "i18next";
import { useEffect } from "react";
import type { JobView } from "../../ipc/bindings/JobView";
import { client } from "../../ipc/index";
import { usePlayer } from "../../player/player";
import { fail, onLines, toast, useStore } from "../../state/store";
import { refresh } from "./deeds";
import { type DeskStore, hearStates, openBook } from "./desk";
import { isMade } from "./lines";
import { hush } from "./listen";
import { batch, nextFrame } from "./news";

/** The lengths of made lines are fetched this often while a job runs; longer for long books. */
const CATCH_UP_MS = 4000;

export function useFollow(desk: DeskStore): void {
  useEffect(() => {
    const { book } = desk.getState();
    void openBook(desk);
    const states = batch((news) => hearStates(desk, news), nextFrame);
    const stops = [
      onLines(book, states.add),
      usePlayer.subscribe(({ sound }) => {
        const { head } = desk.getState();
        if (head && sound?.id !== head.sound) desk.setState({ head: null });
      }),
      followJobs(desk),
    ];
    return () => {
      states.stop();
      for (const stop of stops) stop();
      hush();
    };
  }, [desk]);
}

const over = (job: JobView) => job.state !== "running" && job.state !== "queued";

function followJobs(desk: DeskStore): () => void {
  const { book } = desk.getState();
  const mine = (jobs: JobView[]) => jobs.filter((job) => job.book === book);
  let before = new Map(mine(useStore.getState().jobs).map((job) => [job.id, job]));
  let caughtUp = performance.now();
  return useStore.subscribe(({ jobs }, { jobs: old }) => {
    if (jobs === old) return;
    let again = false;
    for (const job of mine(jobs)) {
      const known = before.get(job.id);
      if (over(job) && known && !over(known)) {
        again = true;
        if (job.kind === "export" && job.state === "done") saved(job);
      }
    }
    before = new Map(mine(jobs).map((job) => [job.id, job]));
    const { lines } = desk.getState();
    const due = performance.now() - caughtUp > CATCH_UP_MS + lines.length;
    if (!again && due) again = lines.some((line) => line.seconds === null && isMade(line));
    if (!again) return;
    caughtUp = performance.now();
    void refresh(desk);
  });
}

function saved(job: JobView): void {
  toast({
    tone: "good",
    text: i18next.t("narrate.exported", { files: job.files.join(", "), count: job.files.length }),
    action: { label: i18next.t("narrate.showFolder"), run: () => void client.showFolder("exports").catch(fail) },
  });
}
