// The model that is on its way. It outlives the page: whoever leaves and comes back finds it as far as it has come.

import { create } from "zustand";
import type { Problem } from "../../ipc/bindings/Problem";
import type { PullNews } from "../../ipc/bindings/PullNews";
import { client, problemOf } from "../../ipc/index";

interface Coming {
  /** Id of the model; "" while it is still to be recognised; null when none is on its way. */
  id: string | null;
  news: PullNews | null;
  stopping: boolean;
  /** What became of the latest try, and for which model. */
  trouble: { id: string; problem: Problem } | null;
  /** Counts what came and went: whoever shows the list asks again. */
  changes: number;
}

export const useComing = create<Coming>(() => ({ id: null, news: null, stopping: false, trouble: null, changes: 0 }));

const { setState: set, getState: get } = useComing;

async function run<T>(id: string, work: (on: (news: PullNews) => void) => Promise<T>): Promise<T | null> {
  if (get().id !== null) return null;
  set({ id, news: null, stopping: false, trouble: null });
  try {
    return await work((news) => set({ news }));
  } catch (thrown) {
    const problem = problemOf(thrown);
    // Who stopped it knows.
    if (problem.code !== "interrupted") set({ trouble: { id, problem } });
    return null;
  } finally {
    set({ id: null, news: null, stopping: false, changes: get().changes + 1 });
  }
}

/** Gets a model, or goes on with one. Says whether it is here now. */
export async function pull(id: string): Promise<boolean> {
  const done = await run(id, (on) => client.pullModel(id, on).then(() => true));
  return done === true;
}

/** Asks for a folder and installs the model that lies in it; answers its name. */
export function bring(): Promise<string | null> {
  return run("", (on) => client.importModel(on));
}

export async function stop(): Promise<void> {
  set({ stopping: true });
  await client.cancelPull();
}

/** Something about the list changed in another way. */
export function changed(): void {
  set({ trouble: null, changes: get().changes + 1 });
}
