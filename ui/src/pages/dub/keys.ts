// The keys of an open dub. Those that other parts may want (menus, dialogs, fields) stay theirs.

import type { KeyboardEvent as ReactKeyboardEvent } from "react";
import type { MonitorKind } from "../../ipc/bindings/MonitorKind";
import { stop } from "../../player/player";
import { type Keys, useKeys } from "../../state/keys";
import {
  assign,
  beginEdit,
  insert,
  lock,
  merge,
  nextTrouble,
  playCue,
  regenerate,
  remove,
  render,
  retime,
  shift,
  split,
  travel,
} from "./deeds";
import { type DeskStore, select } from "./desk";
import { endLine, toggleLine } from "./line";
import { monitor, pause, seekBy, shuttle, toggle, useReel } from "./reel";

/** Cues that a page key moves by. */
const PAGE = 10;
/** What an arrow with Alt moves a cue by. */
const NUDGE_MS = 50;

export const MONITORS: readonly MonitorKind[] = ["original", "dub", "mix"];

export function useDubKeys(desk: DeskStore): void {
  const active = () => desk.getState().selection.active;
  const count = () => desk.getState().cues.length;
  const here = () => useReel.getState().positionMs;
  const keys: Keys = {
    space: toggle,
    k: pause,
    l: () => shuttle(1),
    j: () => shuttle(-1),
    arrowleft: () => seekBy(-1000),
    arrowright: () => seekBy(1000),
    "shift+arrowleft": () => seekBy(-5000),
    "shift+arrowright": () => seekBy(5000),
    "alt+arrowleft": () => void shift(desk, -NUDGE_MS),
    "alt+arrowright": () => void shift(desk, NUDGE_MS),
    i: () => void retime(desk, { startMs: here() }),
    o: () => void retime(desk, { endMs: here() }),
    "[": () => void retime(desk, { startMs: here() }),
    "]": () => void retime(desk, { endMs: here() }),
    q: () => monitor(MONITORS[(MONITORS.indexOf(useReel.getState().what) + 1) % MONITORS.length] ?? "mix"),
    enter: () => playCue(desk),
    r: () => void regenerate(desk, false),
    "shift+r": () => void render(desk),
    t: () => void regenerate(desk, true),
    e: () => beginEdit(desk, active(), "target"),
    f2: () => beginEdit(desk, active(), "target"),
    "shift+e": () => beginEdit(desk, active(), "source"),
    s: () => void split(desk),
    m: () => void merge(desk),
    n: () => void insert(desk),
    v: () => toggleLine(desk),
    x: () => void lock(desk),
    d: () => nextTrouble(desk),
    delete: () => void remove(desk),
    escape: () => {
      if (desk.getState().line) endLine(desk);
      else if (useReel.getState().playing) pause();
      else stop();
    },
    "mod+z": () => void travel(desk, "undo"),
    "mod+y": () => void travel(desk, "redo"),
    "mod+shift+z": () => void travel(desk, "redo"),
    "mod+e": () => desk.setState({ exporting: true }),
  };
  for (let speaker = 0; speaker < 9; speaker += 1) keys[`${speaker + 1}`] = () => void assign(desk, speaker);
  const moves: Record<string, () => number> = {
    arrowup: () => active() - 1,
    arrowdown: () => active() + 1,
    home: () => 0,
    end: () => count() - 1,
    pageup: () => active() - PAGE,
    pagedown: () => active() + PAGE,
  };
  for (const [key, to] of Object.entries(moves)) {
    keys[key] = () => select(desk, to());
    keys[`shift+${key}`] = () => select(desk, to(), true);
  }
  for (const [key, act] of Object.entries(keys)) keys[key] = (event) => !elsewhere(event) && act(event);
  useKeys(keys);
}

/** A menu or a dialog lies over the page, or a control that has keys of its own is in hand. */
function elsewhere(event: KeyboardEvent): boolean {
  if (document.querySelector("[role=dialog], [role=menu], [role=listbox]")) return true;
  const control =
    event.target instanceof Element ? event.target.closest("[role=slider], [role=combobox], [role=radio]") : null;
  return control !== null && /^(Arrow|Page|Home|End|Enter| )/.test(event.key);
}

/** Keys of the table itself, before those of the window. */
export function tableKeys(desk: DeskStore, event: ReactKeyboardEvent): void {
  if (!(event.target instanceof HTMLElement) || event.target.id !== "cue-lines") return;
  if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
    desk.setState({ selection: { anchor: 0, active: Math.max(0, desk.getState().cues.length - 1) } });
    event.preventDefault();
  }
}

/** Undo within a field is the field's. */
export function fieldKeys(event: ReactKeyboardEvent): void {
  const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
  if (typing && (event.ctrlKey || event.metaKey) && /^[zye]$/i.test(event.key)) event.stopPropagation();
}
