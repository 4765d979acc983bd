// Where the timeline looks and what lies under the pointer. Plain numbers, no React.

import type { DubCueView } from "../../ipc/bindings/DubCueView";
import { cueAt } from "./cues";

export interface View {
  fromMs: number;
  msPerPx: number;
}

/** Closest look. */
const LEAST_MS_PER_PX = 2;
/** Room after the film's end, in pixels. */
const TAIL_PX = 24;
/** How near an edge must be to be taken. */
const GRIP_PX = 5;
/** Shorter than this on the screen, a cue has no edges to take. */
const GRIPPABLE_PX = 14;
/** Shortest cue that dragging makes. */
export const SHORTEST_MS = 120;

export const xOf = (view: View, ms: number): number => (ms - view.fromMs) / view.msPerPx;
export const msOf = (view: View, x: number): number => view.fromMs + x * view.msPerPx;

/** A view within the film. */
export function bounded(view: View, durationMs: number, wide: number): View {
  const whole = durationMs / Math.max(1, wide - TAIL_PX);
  const msPerPx = Math.max(LEAST_MS_PER_PX, Math.min(view.msPerPx, Math.max(LEAST_MS_PER_PX, whole)));
  const most = Math.max(0, durationMs - (wide - TAIL_PX) * msPerPx);
  return { msPerPx, fromMs: Math.max(0, Math.min(view.fromMs, most)) };
}

/** Closer (`by` below 1) or farther, with what is at `x` staying there. */
export function zoomed(view: View, by: number, x: number, durationMs: number, wide: number): View {
  const at = msOf(view, x);
  const { msPerPx } = bounded({ ...view, msPerPx: view.msPerPx * by }, durationMs, wide);
  return bounded({ msPerPx, fromMs: at - x * msPerPx }, durationMs, wide);
}

/** A view that shows a moment; the same one if it does already. */
export function showing(view: View, ms: number, durationMs: number, wide: number): View {
  const x = xOf(view, ms);
  if (x >= 0 && x <= wide - TAIL_PX) return view;
  return bounded({ ...view, fromMs: ms - wide * 0.1 * view.msPerPx }, durationMs, wide);
}

const STEPS_MS = [
  100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000,
];

/** Milliseconds between two marks of the ruler that are far enough apart for words. */
export function rulerStep(msPerPx: number): number {
  return STEPS_MS.find((step) => step / msPerPx >= 64) ?? 3_600_000;
}

export type Grip = "start" | "end" | "move";

/** Cues looked at on the way back from a moment: more do not overlap. */
const BACK = 80;

/** The cue of a speaker under the pointer, and what of it was taken. */
export function under(
  cues: readonly DubCueView[],
  view: View,
  x: number,
  speaker: number,
): { at: number; grip: Grip } | null {
  const reach = GRIP_PX * view.msPerPx;
  const ms = msOf(view, x);
  const last = cueAt(cues, ms + reach);
  let found: { at: number; grip: Grip; far: number } | null = null;
  for (let at = last; at >= Math.max(0, last - BACK); at -= 1) {
    const cue = cues[at];
    if (!cue || cue.speaker !== speaker || ms > cue.endMs + reach) continue;
    const grips = cue.endMs - cue.startMs > GRIPPABLE_PX * view.msPerPx && cue.state !== "locked";
    const [toStart, toEnd] = [Math.abs(ms - cue.startMs), Math.abs(ms - cue.endMs)];
    const inside = ms >= cue.startMs && ms <= cue.endMs;
    const grip: Grip | null =
      grips && Math.min(toStart, toEnd) <= reach ? (toStart <= toEnd ? "start" : "end") : inside ? "move" : null;
    if (!grip) continue;
    const far = inside ? 0 : Math.min(toStart, toEnd);
    if (!found || far < found.far) found = { at, grip, far };
  }
  return found && { at: found.at, grip: found.grip };
}

/** What a drag does to a cue's time: an edge alone, or all of it; never shorter than it may be, never outside of the film. */
export function dragged(
  cue: { startMs: number; endMs: number },
  grip: Grip,
  byMs: number,
  durationMs: number,
): { startMs: number; endMs: number } {
  const { startMs, endMs } = cue;
  const by = Math.round(byMs);
  if (grip === "start") return { startMs: Math.max(0, Math.min(startMs + by, endMs - SHORTEST_MS)), endMs };
  if (grip === "end") return { startMs, endMs: Math.min(durationMs, Math.max(endMs + by, startMs + SHORTEST_MS)) };
  const moved = Math.max(-startMs, Math.min(by, durationMs - endMs));
  return { startMs: startMs + moved, endMs: endMs + moved };
}
