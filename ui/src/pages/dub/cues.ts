// What the cues of a dub say about it: what is made, what waits, how they fit, how to take in news. Plain data, no React.

import type { CueState } from "../../ipc/bindings/CueState";
import type { DubCueView } from "../../ipc/bindings/DubCueView";

/** As it stands, its sound is there. */
export function isMade(cue: DubCueView): boolean {
  return cue.state === "fresh" || cue.state === "doubtful" || cue.state === "locked";
}

/** There is a sound of it, though it may be an older one. */
export function hasSound(cue: DubCueView): boolean {
  return isMade(cue) || cue.takes > 0 || cue.recorded !== null;
}

/** It has words, has to be made, and nobody has it in hand. */
export function isWaiting(cue: DubCueView): boolean {
  return cue.state === "draft" || cue.state === "stale";
}

export function countOf(cues: readonly DubCueView[], test: (cue: DubCueView) => boolean): number {
  let sum = 0;
  for (const cue of cues) if (test(cue)) sum += 1;
  return sum;
}

/** Somebody should look at it: it is doubted, or too long for its time. */
export function isTrouble(cue: DubCueView): boolean {
  return cue.state === "doubtful" || (cue.fit?.overMs ?? 0) > 0;
}

function sameFit(a: DubCueView["fit"], b: DubCueView["fit"]): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.startMs === b.startMs &&
    a.seconds === b.seconds &&
    a.tempo === b.tempo &&
    a.overMs === b.overMs &&
    a.isMeasured === b.isMeasured
  );
}

function same(a: DubCueView, b: DubCueView): boolean {
  return (
    a.id === b.id &&
    a.index === b.index &&
    a.startMs === b.startMs &&
    a.endMs === b.endMs &&
    a.speaker === b.speaker &&
    a.source === b.source &&
    a.target === b.target &&
    a.by === b.by &&
    a.take === b.take &&
    a.recorded === b.recorded &&
    a.takes === b.takes &&
    a.state === b.state &&
    a.doubt === b.doubt &&
    sameFit(a.fit, b.fit)
  );
}

/** The new cues, but the old object wherever nothing differs, so that its row is not drawn again. */
export function reconcile(old: readonly DubCueView[], fresh: readonly DubCueView[]): readonly DubCueView[] {
  let differs = old.length !== fresh.length;
  const next = fresh.map((cue, at) => {
    const before = old[at];
    if (before && same(before, cue)) return before;
    differs = true;
    return cue;
  });
  return differs ? next : old;
}

/** Cues with news of their states taken in; the same array if nothing differs. */
export function withStates(cues: readonly DubCueView[], news: ReadonlyMap<number, CueState>): readonly DubCueView[] {
  let next: DubCueView[] | null = null;
  for (const [index, state] of news) {
    const cue = cues[index];
    if (!cue || cue.state === state) continue;
    next ??= cues.slice();
    next[index] = { ...cue, state };
  }
  return next ?? cues;
}

/** From which moment on the film sounds otherwise than before, in milliseconds; null if it does not. */
export function changedFrom(old: readonly DubCueView[], now: readonly DubCueView[]): number | null {
  const begins = (cue: DubCueView) => Math.min(cue.startMs, cue.fit?.startMs ?? cue.startMs);
  const known = new Map(old.map((cue) => [cue.id, cue]));
  let from: number | null = null;
  const at = (cue: DubCueView) => {
    from = Math.min(from ?? Infinity, begins(cue));
  };
  for (const cue of now) {
    const before = known.get(cue.id);
    known.delete(cue.id);
    if (before === cue || (before && soundsLike(before, cue))) continue;
    if (before && isMade(before)) at(before);
    if (isMade(cue)) at(cue);
  }
  for (const gone of known.values()) if (isMade(gone)) at(gone);
  return from;
}

function soundsLike(a: DubCueView, b: DubCueView): boolean {
  return (
    isMade(a) === isMade(b) &&
    a.startMs === b.startMs &&
    a.endMs === b.endMs &&
    a.speaker === b.speaker &&
    a.target === b.target &&
    a.take === b.take &&
    a.recorded === b.recorded &&
    sameFit(a.fit, b.fit)
  );
}

/** The next cue after `from` that passes, going round once; null if there is none. */
export function nextWhere(
  cues: readonly DubCueView[],
  from: number,
  test: (cue: DubCueView) => boolean,
): number | null {
  for (let step = 1; step <= cues.length; step += 1) {
    const at = (from + step) % cues.length;
    const cue = cues[at];
    if (cue && test(cue)) return at;
  }
  return null;
}

/** The last cue that has begun at a moment of the film; -1 before the first. */
export function cueAt(cues: readonly DubCueView[], ms: number): number {
  let [low, high] = [0, cues.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cues[middle]?.startMs ?? 0) <= ms) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export type Fit = { kind: "over" | "under" | "fits"; ms: number; measured: boolean };

/** Less than this is not worth a word. */
const EVEN_MS = 80;

/** How a cue fits, for people: too long by so much, short by so much, or as it should be. */
export function fitOf(cue: DubCueView): Fit | null {
  const { fit } = cue;
  if (!fit) return null;
  const measured = fit.isMeasured;
  if (fit.overMs > 0) return { kind: "over", ms: fit.overMs, measured };
  const spare = Math.round(cue.endMs - cue.startMs - fit.seconds * 1000);
  if (spare > EVEN_MS) return { kind: "under", ms: spare, measured };
  return { kind: "fits", ms: 0, measured };
}

/** Where to part a text that is spoken from start to end, at a moment: the nearest gap between words, in whole characters. */
export function gapAt(text: string, part: number): number | null {
  const letters = Array.from(text);
  const wanted = Math.max(0, Math.min(1, part)) * letters.length;
  let best: number | null = null;
  for (const [at, letter] of letters.entries()) {
    if (!/\s/.test(letter) || at === 0 || at === letters.length - 1) continue;
    if (best === null || Math.abs(at - wanted) < Math.abs(best - wanted)) best = at;
  }
  return best;
}
