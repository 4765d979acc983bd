// The keys of an open book. Those that other parts may want (menus, dialogs, fields) stay theirs.

import type { KeyboardEvent as ReactKeyboardEvent } from "react";
import { usePlayer } from "../../player/player";
import { type Keys, useKeys } from "../../state/keys";
import { chooseTake, lock, nextDoubtful, regenerate, travel } from "./deeds";
import { type DeskStore, select } from "./desk";
import { playLine } from "./listen";

/** Lines that a page key moves by. */
const PAGE = 12;

export function useBookKeys(
  desk: DeskStore,
  others: { renderAll: () => void; inspector: (show?: boolean) => void },
): void {
  const active = () => desk.getState().selection.active;
  const count = () => desk.getState().lines.length;
  const keys: Keys = {
    enter: () => void playLine(desk, active(), true),
    r: () => void regenerate(desk, false),
    t: () => void regenerate(desk, true),
    "shift+r": others.renderAll,
    i: () => others.inspector(),
    e: () => desk.setState({ editing: active() }),
    f2: () => desk.setState({ editing: active() }),
    x: () => void lock(desk),
    d: () => nextDoubtful(desk),
    v: () => {
      others.inspector(true);
      requestAnimationFrame(() => document.querySelector<HTMLElement>("#line-voice [role=combobox]")?.focus());
    },
    "mod+z": () => void travel(desk, "undo"),
    "mod+y": () => void travel(desk, "redo"),
    "mod+shift+z": () => void travel(desk, "redo"),
    "mod+f": () => {
      desk.setState({ find: { ...desk.getState().find, shown: true } });
      document.querySelector<HTMLInputElement>("#find-bar input")?.select();
    },
  };
  for (let take = 0; take < 9; take += 1) keys[`${take + 1}`] = () => void chooseTake(desk, take);
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
  const control = event.target instanceof Element ? event.target.closest("[role=slider], [role=combobox]") : null;
  return control !== null && /^(Arrow|Page|Home|End|Enter)/.test(event.key);
}

/** Keys of the grid itself, before those of the window. */
export function gridKeys(desk: DeskStore, event: ReactKeyboardEvent): void {
  if (!(event.target instanceof HTMLElement) || event.target.id !== "book-lines") return;
  if (event.key === " " && beginWithSpace(desk)) event.preventDefault();
  if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
    const { lines } = desk.getState();
    desk.setState({ selection: { anchor: 0, active: Math.max(0, lines.length - 1) } });
    event.preventDefault();
  }
}

/** Undo within a field is the field's. */
export function fieldKeys(event: ReactKeyboardEvent): void {
  const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
  if (typing && (event.ctrlKey || event.metaKey) && /^[zy]$/i.test(event.key)) event.stopPropagation();
}

/** Space with nothing in the player begins with the active line. Whether it did. */
function beginWithSpace(desk: DeskStore): boolean {
  if (usePlayer.getState().sound) return false;
  const { active } = desk.getState().selection;
  void playLine(desk, active, true);
  return true;
}
