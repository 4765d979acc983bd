// The dub that lies open: its cues as the program has them, what is selected and edited. Pages draw it; deeds change it.

import { createContext, useContext } from "react";
import { createStore, type StoreApi, useStore as useZustand } from "zustand";
import type { CueState } from "../../ipc/bindings/CueState";
import type { DubCardView } from "../../ipc/bindings/DubCardView";
import type { DubCueView } from "../../ipc/bindings/DubCueView";
import type { DubSpeakerView } from "../../ipc/bindings/DubSpeakerView";
import type { DubTranslationView } from "../../ipc/bindings/DubTranslationView";
import type { DubView } from "../../ipc/bindings/DubView";
import type { LineTakeView } from "../../ipc/bindings/LineTakeView";
import type { Problem } from "../../ipc/bindings/Problem";
import { client, problemOf } from "../../ipc/index";
import { moveTo, type Selection, within } from "../book/selection";
import { reconcile, withStates } from "./cues";
import type { LineWork } from "./line";

export type Side = "source" | "target";

export interface Desk {
  dub: number;
  card: DubCardView | null;
  speakers: readonly DubSpeakerView[];
  cues: readonly DubCueView[];
  fitScore: number;
  warnings: readonly string[];
  canUndo: boolean;
  canRedo: boolean;
  /** Why it could not be opened. */
  problem: Problem | null;
  selection: Selection;
  /** The cue, by its number, whose words are edited. */
  editing: { id: number; side: Side } | null;
  /** Cues, by their numbers, that are made out of turn. */
  busy: ReadonlySet<number>;
  /** A place that the table is asked to show; counts up with each wish. */
  reveal: { cue: number; count: number };
  exporting: boolean;
  translation: DubTranslationView;
  /** Its glossary and tone are written. */
  wording: boolean;
  /** Subtitles of one side are wished for. */
  bringing: Side | null;
  /** A line that is recorded right now. */
  line: LineWork | null;
  /** Recordings of lines that nobody has kept or discarded. */
  waiting: readonly LineTakeView[];
}

export type DeskStore = StoreApi<Desk>;

export function createDesk(dub: number): DeskStore {
  return createStore<Desk>(() => ({
    dub,
    card: null,
    speakers: [],
    cues: [],
    fitScore: 0,
    warnings: [],
    canUndo: false,
    canRedo: false,
    problem: null,
    selection: { anchor: 0, active: 0 },
    editing: null,
    busy: new Set(),
    reveal: { cue: 0, count: 0 },
    exporting: false,
    translation: { glossary: [], tone: null },
    wording: false,
    bringing: null,
    line: null,
    waiting: [],
  }));
}

export const DeskContext = createContext<DeskStore | null>(null);

export function useDeskStore(): DeskStore {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error("no dub is open here");
  return desk;
}

export function useDesk<T>(pick: (desk: Desk) => T): T {
  return useZustand(useDeskStore(), pick);
}

/** The cue in hand. */
export const activeCue = (desk: Desk): DubCueView | undefined => desk.cues[desk.selection.active];

/** News that came while the dub was fetched: they are younger than what is fetched. */
const late = new WeakMap<DeskStore, Map<number, CueState>>();

/** Takes in the dub as the program has it; the selection stays on the same cues, wherever they are now. */
export function takeIn(desk: DeskStore, view: DubView, young: ReadonlyMap<number, CueState> | null = null): void {
  const { cues: old, selection } = desk.getState();
  let cues = reconcile(old, view.cues);
  if (young) cues = withStates(cues, young);
  const place = (at: number): number => {
    const id = old[at]?.id;
    if (id === undefined || cues[at]?.id === id) return at;
    const found = cues.findIndex((cue) => cue.id === id);
    return found < 0 ? at : found;
  };
  const kept = { anchor: place(selection.anchor), active: place(selection.active) };
  const next = within(kept, cues.length);
  desk.setState({
    card: view.card,
    speakers: view.speakers,
    cues,
    fitScore: view.fitScore,
    translation: view.translation,
    warnings: view.warnings,
    canUndo: view.canUndo,
    canRedo: view.canRedo,
    problem: null,
    selection: next.anchor === selection.anchor && next.active === selection.active ? selection : next,
  });
}

/** Fetches the dub. A failure is shown only where nothing is shown yet. */
export async function openDub(desk: DeskStore): Promise<void> {
  const young = new Map<number, CueState>();
  late.set(desk, young);
  try {
    takeIn(desk, await client.openDub(desk.getState().dub), young);
  } catch (thrown) {
    if (desk.getState().card) throw thrown;
    desk.setState({ problem: problemOf(thrown) });
  } finally {
    if (late.get(desk) === young) late.delete(desk);
  }
}

export function hearStates(desk: DeskStore, news: ReadonlyMap<number, CueState>): void {
  const young = late.get(desk);
  if (young) for (const [cue, state] of news) young.set(cue, state);
  const cues = withStates(desk.getState().cues, news);
  if (cues !== desk.getState().cues) desk.setState({ cues });
}

/** Selects a cue, or stretches the selection to it; `show` scrolls there. */
export function select(desk: DeskStore, cue: number, stretch = false, show = true): void {
  const { selection, cues, reveal } = desk.getState();
  const next = moveTo(selection, cue, cues.length, stretch);
  desk.setState({ selection: next, ...(show ? { reveal: { cue: next.active, count: reveal.count + 1 } } : {}) });
}

/** Gives the focus back to the cues, where the keys are. */
export function focusCues(): void {
  document.getElementById("cue-lines")?.focus({ preventScroll: true });
}
