// What every page may look at: where we are, this machine, voices, jobs, taste. Truth stays in the program; this follows its news.

import i18next from "i18next";
import { create } from "zustand";
import type { CueState } from "../ipc/bindings/CueState";
import type { JobView } from "../ipc/bindings/JobView";
import type { LineState } from "../ipc/bindings/LineState";
import type { Machine } from "../ipc/bindings/Machine";
import type { News } from "../ipc/bindings/News";
import type { Problem } from "../ipc/bindings/Problem";
import type { Taste } from "../ipc/bindings/Taste";
import type { VoiceView } from "../ipc/bindings/VoiceView";
import { client, problemOf } from "../ipc/index";

export type Route =
  | { page: "home" }
  | { page: "speak"; voice?: string }
  | { page: "narrate" }
  | { page: "book"; book: number }
  | { page: "dub" }
  | { page: "film"; dub: number }
  | { page: "voices" }
  | { page: "voice"; voice: string }
  | { page: "ceremony" }
  | { page: "jobs" }
  | { page: "models" }
  | { page: "settings" };

export interface Toast {
  id: number;
  tone: "good" | "bad" | "plain";
  text: string;
  problem?: Problem;
  action?: { label: string; run: () => void };
}

interface Store {
  route: Route;
  machine: Machine | null;
  voices: VoiceView[];
  jobs: JobView[];
  load: { active: number; slots: number };
  taste: Taste;
  hovering: boolean;
  /** Name of a film that came in from outside; the next dub that is begun takes it. */
  film: string | null;
  /** Name of subtitles that were dropped on the window; the dub that lies open asks what they are. */
  subtitles: string | null;
  toasts: Toast[];
  /** Which of the two overlays that work everywhere is open. */
  overlay: "palette" | "keys" | null;
  /** Leaves the page only if it agrees; pages with running recordings set it. */
  leave: (() => boolean) | null;
}

const taste: Taste = { theme: "auto", motion: "auto", language: null, scale: 1, microphone: null, welcomed: false };

export const useStore = create<Store>(() => ({
  route: { page: "home" },
  machine: null,
  voices: [],
  jobs: [],
  load: { active: 0, slots: 0 },
  taste,
  hovering: false,
  film: null,
  subtitles: null,
  toasts: [],
  overlay: null,
  leave: null,
}));

const { setState: set, getState: get } = useStore;

export function go(route: Route): void {
  const { leave } = get();
  if (leave && !leave()) return;
  set({ route, overlay: null });
}

export function open(overlay: Store["overlay"]): void {
  set({ overlay });
}

let toastCount = 0;

export function toast(toast: Omit<Toast, "id">): void {
  toastCount += 1;
  set({ toasts: [...get().toasts.slice(-3), { ...toast, id: toastCount }] });
}

export function dismiss(id: number): void {
  set({ toasts: get().toasts.filter((toast) => toast.id !== id) });
}

/** Shows a failure with its words and its mend. */
export function fail(thrown: unknown): void {
  const problem = problemOf(thrown);
  toast({ tone: "bad", text: problem.message, problem });
}

export async function refreshVoices(): Promise<void> {
  set({ voices: await client.voices() });
}

export async function refreshMachine(): Promise<void> {
  set({ machine: await client.machine() });
}

export async function refreshJobs(): Promise<void> {
  set({ jobs: await client.jobs() });
}

export async function changeTaste(change: Partial<Taste>): Promise<void> {
  const taste = { ...get().taste, ...change };
  set({ taste });
  await client.saveTaste(taste).catch(fail);
}

type LineListener = (line: number, state: LineState) => void;
const lineListeners = new Map<number, Set<LineListener>>();

/** Tells a page of the lines of one book as they are made. Answers how to stop. */
export function onLines(book: number, listener: LineListener): () => void {
  const all = lineListeners.get(book) ?? new Set();
  all.add(listener);
  lineListeners.set(book, all);
  return () => all.delete(listener);
}

type CueListener = (cue: number, state: CueState) => void;
const cueListeners = new Map<number, Set<CueListener>>();

/** Tells a page of the cues of one dub as they are made. Answers how to stop. */
export function onCues(dub: number, listener: CueListener): () => void {
  const all = cueListeners.get(dub) ?? new Set();
  all.add(listener);
  cueListeners.set(dub, all);
  return () => all.delete(listener);
}

export function hear(news: News): void {
  switch (news.news) {
    case "job": {
      const others = get().jobs.filter((job) => job.id !== news.job.id);
      const known = get().jobs.findIndex((job) => job.id === news.job.id);
      const jobs =
        known < 0 ? [...others, news.job] : get().jobs.map((job) => (job.id === news.job.id ? news.job : job));
      set({ jobs });
      break;
    }
    case "line":
      for (const listener of lineListeners.get(news.book) ?? []) listener(news.line, news.state);
      break;
    case "cue":
      for (const listener of cueListeners.get(news.dub) ?? []) listener(news.cue, news.state);
      break;
    case "load":
      set({ load: { active: news.active, slots: news.slots } });
      break;
    case "voices":
      void refreshVoices().catch(fail);
      break;
    case "library": {
      const { machine } = get();
      if (machine) set({ machine: { ...machine, library: news.library } });
      void Promise.all([refreshVoices(), refreshJobs()]).catch(fail);
      break;
    }
    case "book":
      go({ page: "book", book: news.book });
      break;
    case "film":
      set({ film: news.name });
      go({ page: "dub" });
      break;
    case "subtitles":
      if (get().route.page === "film") set({ subtitles: news.name });
      else toast({ tone: "plain", text: i18next.t("dub.dropNeedsDub") });
      break;
    case "refused":
      fail(news.problem);
      break;
    case "hover":
      set({ hovering: news.over });
      break;
  }
}

/** Everything that must be there before the first page is drawn. */
export async function begin(): Promise<void> {
  const [machine, voices, taste] = await Promise.all([client.machine(), client.voices(), client.taste()]);
  const open = machine.library.state === "open";
  set({ machine, voices, taste, jobs: open ? await client.jobs() : [] });
  await client.subscribe(hear);
}
