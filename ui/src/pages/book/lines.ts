// What the lines of a book say about it: what is made, what waits, how to take in news. Plain data, no React.

import type { ChapterView } from "../../ipc/bindings/ChapterView";
import type { LineState } from "../../ipc/bindings/LineState";
import type { LineView } from "../../ipc/bindings/LineView";

/** Its sound is there as the line now stands. */
export function isMade(line: LineView): boolean {
  if (line.state === "locked") return line.seconds !== null;
  return line.state === "fresh" || line.state === "doubtful";
}

/** Nobody has it in hand yet, and it has to be made. */
export function isWaiting(line: LineView): boolean {
  return !isMade(line) && line.state !== "queued" && line.state !== "rendering";
}

export function countOf(lines: readonly LineView[], test: (line: LineView) => boolean): number {
  let sum = 0;
  for (const line of lines) if (test(line)) sum += 1;
  return sum;
}

/** Made lines of each chapter, in one pass. */
export function madeByChapter(lines: readonly LineView[], chapters: readonly ChapterView[]): number[] {
  const made = new Array<number>(chapters.length).fill(0);
  for (const line of lines) if (isMade(line)) made[line.chapter] = (made[line.chapter] ?? 0) + 1;
  return made;
}

function same(a: LineView, b: LineView): boolean {
  return (
    a.index === b.index &&
    a.chapter === b.chapter &&
    a.paragraph === b.paragraph &&
    a.text === b.text &&
    a.voice === b.voice &&
    a.speed === b.speed &&
    a.pauseSeconds === b.pauseSeconds &&
    a.take === b.take &&
    a.takes === b.takes &&
    a.state === b.state &&
    a.seconds === b.seconds &&
    a.doubt === b.doubt
  );
}

/** The new lines, but the old object wherever nothing differs, so that its row is not drawn again. */
export function reconcile(old: readonly LineView[], fresh: readonly LineView[]): LineView[] {
  return fresh.map((line, at) => {
    const before = old[at];
    return before && same(before, line) ? before : line;
  });
}

/** Lines with some of them replaced, by index. */
export function replaced(lines: readonly LineView[], changed: readonly LineView[]): LineView[] {
  const next = lines.slice();
  for (const line of changed) if (line.index < next.length) next[line.index] = line;
  return next;
}

/** Lines with news of their states taken in; the same array if nothing differs. */
export function withStates(lines: readonly LineView[], news: ReadonlyMap<number, LineState>): readonly LineView[] {
  let next: LineView[] | null = null;
  for (const [index, state] of news) {
    const line = lines[index];
    if (!line || line.state === state) continue;
    next ??= lines.slice();
    next[index] = { ...line, state };
  }
  return next ?? lines;
}

/** The next line after `from` that passes, going round once; null if there is none. */
export function nextWhere(lines: readonly LineView[], from: number, test: (line: LineView) => boolean): number | null {
  for (let step = 1; step <= lines.length; step += 1) {
    const line = lines[(from + step) % lines.length];
    if (line && test(line)) return line.index;
  }
  return null;
}
