// Keys that work on a page or everywhere. A key is written as in "mod+k", "shift+r", "?"; mod is Ctrl, or Cmd on a Mac.

import { useEffect, useRef } from "react";

export type Keys = Record<string, (event: KeyboardEvent) => void>;

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName);
}

function name(event: KeyboardEvent): string {
  const parts: string[] = [];
  if (event.ctrlKey || event.metaKey) parts.push("mod");
  if (event.altKey) parts.push("alt");
  const key = event.key === " " ? "space" : event.key.toLowerCase();
  // A shifted sign such as "?" already says so; a shifted letter or named key does not.
  if (event.shiftKey && (key.length > 1 || /\p{L}/u.test(key))) parts.push("shift");
  parts.push(key);
  return parts.join("+");
}

/** Who listens, the newest last: a page's keys go before those that work everywhere. */
const listening: { current: Keys }[] = [];

function press(event: KeyboardEvent): void {
  if (event.defaultPrevented) return;
  const pressed = name(event);
  if (isTyping(event.target) && !pressed.startsWith("mod+") && pressed !== "escape") return;
  // Enter and space on a control are the control's.
  const control =
    event.target instanceof HTMLElement && event.target.closest("button, a, [role=option], [role=menuitem]");
  if (control && (pressed === "enter" || pressed === "space")) return;
  for (const keys of [...listening].reverse()) {
    const act = keys.current[pressed];
    if (!act) continue;
    event.preventDefault();
    act(event);
    return;
  }
}

/** Listens while the component is there. Keys that work everywhere go behind those of a page. Plain keys stay silent while the user types; those with mod do not. */
export function useKeys(keys: Keys, active = true, everywhere = false): void {
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    if (!active) return;
    if (listening.length === 0) window.addEventListener("keydown", press);
    if (everywhere) listening.unshift(current);
    else listening.push(current);
    return () => {
      listening.splice(listening.indexOf(current), 1);
      if (listening.length === 0) window.removeEventListener("keydown", press);
    };
  }, [active, everywhere]);
}
