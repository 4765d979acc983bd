// The book that lies open: its lines as the program has them, what is selected, edited, played. Pages draw it; deeds change it.

import { createContext, useContext } from "react";
import { createStore, type StoreApi, useStore as useZustand } from "zustand";
import type { BookCardView } from "../../ipc/bindings/BookCardView";
import type { BookEdit } from "../../ipc/bindings/BookEdit";
import type { ChangedView } from "../../ipc/bindings/ChangedView";
import type { ChapterView } from "../../ipc/bindings/ChapterView";
import type { LineState } from "../../ipc/bindings/LineState";
import type { LineView } from "../../ipc/bindings/LineView";
import type { Problem } from "../../ipc/bindings/Problem";
import { client, problemOf } from "../../ipc/index";
import { reconcile, replaced, withStates } from "./lines";
import { moveTo, type Selection, within } from "./selection";

export interface Desk {
  book: number;
  card: BookCardView | null;
  chapters: ChapterView[];
  lines: readonly LineView[];
  warnings: string[];
  canUndo: boolean;
  canRedo: boolean;
  /** Why it could not be opened. */
  problem: Problem | null;
  selection: Selection;
  /** The line whose words are edited. */
  editing: number | null;
  /** Lines that are made out of turn. */
  busy: ReadonlySet<number>;
  /** The line that was last made out of turn, and how long it took. */
  made: { line: number; seconds: number; already: boolean } | null;
  /** The line whose sound is in the player. */
  head: { line: number; sound: string } | null;
  /** A place that the grid is asked to show; counts up with each wish. */
  reveal: { line: number; align: "auto" | "start"; count: number };
  /** A change that waits for a yes. */
  asked: { edit: BookEdit; touched: number } | null;
  find: { shown: boolean; query: string };
  /** The word that "say it as" is about, and the line where it was met. */
  saying: { word: string; line: number } | null;
}

export type DeskStore = StoreApi<Desk>;

export function createDesk(book: number): DeskStore {
  return createStore<Desk>(() => ({
    book,
    card: null,
    chapters: [],
    lines: [],
    warnings: [],
    canUndo: false,
    canRedo: false,
    problem: null,
    selection: { anchor: 0, active: 0 },
    editing: null,
    busy: new Set(),
    made: null,
    head: null,
    reveal: { line: 0, align: "auto", count: 0 },
    asked: null,
    find: { shown: false, query: "" },
    saying: null,
  }));
}

export const DeskContext = createContext<DeskStore | null>(null);

export function useDeskStore(): DeskStore {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error("no book is open here");
  return desk;
}

export function useDesk<T>(pick: (desk: Desk) => T): T {
  return useZustand(useDeskStore(), pick);
}

/** News that came while the book was fetched: they are younger than what is fetched. */
const late = new WeakMap<DeskStore, Map<number, LineState>>();

/** Fetches the book; scrolling, selection and the line in hand stay. A failure is shown only where nothing is shown yet. */
export async function openBook(desk: DeskStore): Promise<void> {
  const young = new Map<number, LineState>();
  late.set(desk, young);
  try {
    const view = await client.openBook(desk.getState().book);
    const { lines: old, selection } = desk.getState();
    desk.setState({
      card: view.card,
      chapters: view.chapters,
      lines: withStates(reconcile(old, view.lines), young),
      warnings: view.warnings,
      canUndo: view.canUndo,
      canRedo: view.canRedo,
      problem: null,
      selection: within(selection, view.lines.length),
    });
  } catch (thrown) {
    if (desk.getState().card) throw thrown;
    desk.setState({ problem: problemOf(thrown) });
  } finally {
    if (late.get(desk) === young) late.delete(desk);
  }
}

/** Takes in what an edit changed. */
export async function takeIn(desk: DeskStore, changed: ChangedView): Promise<void> {
  const { card, canUndo, canRedo } = changed;
  if (changed.reordered) {
    // Playing on by number would read the wrong line.
    desk.setState({ card, canUndo, canRedo, made: null, head: null, busy: new Set() });
    await openBook(desk);
    return;
  }
  desk.setState({ card, canUndo, canRedo, lines: replaced(desk.getState().lines, changed.lines) });
}

export function hearStates(desk: DeskStore, news: ReadonlyMap<number, LineState>): void {
  const young = late.get(desk);
  if (young) for (const [line, state] of news) young.set(line, state);
  const lines = withStates(desk.getState().lines, news);
  if (lines !== desk.getState().lines) desk.setState({ lines });
}

/** Selects a line, or stretches the selection to it; `show` scrolls there. */
export function select(desk: DeskStore, line: number, stretch = false, show: "auto" | "start" | null = "auto"): void {
  const { selection, lines, reveal } = desk.getState();
  const next = moveTo(selection, line, lines.length, stretch);
  desk.setState({
    selection: next,
    ...(show ? { reveal: { line: next.active, align: show, count: reveal.count + 1 } } : {}),
  });
}

/** Gives the focus back to the lines, where the keys are. */
export function focusLines(): void {
  document.getElementById("book-lines")?.focus({ preventScroll: true });
}
