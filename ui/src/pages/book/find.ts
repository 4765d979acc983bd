// Finding words in the lines of a book, and the word under the pointer. No React.

import type { LineView } from "../../ipc/bindings/LineView";

/** Indices of the lines that hold the query, whatever its case. */
export function findLines(lines: readonly LineView[], query: string): number[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === "") return [];
  const found: number[] = [];
  for (const line of lines) if (line.text.toLowerCase().includes(wanted)) found.push(line.index);
  return found;
}

/** Which of the found lines comes next from a line, going round; -1 if none is found. */
export function nextFound(found: readonly number[], from: number, step: 1 | -1): number {
  if (found.length === 0) return -1;
  if (step === 1) return found.find((line) => line > from) ?? (found[0] as number);
  return found.findLast((line) => line < from) ?? (found[found.length - 1] as number);
}

/** A text in pieces: those at odd places are the query. */
export function pieces(text: string, query: string): string[] {
  const wanted = query.trim().toLowerCase();
  const low = text.toLowerCase();
  // A letter whose small form is longer would shift the places.
  if (wanted === "" || low.length !== text.length) return [text];
  const all: string[] = [];
  let from = 0;
  for (;;) {
    const at = low.indexOf(wanted, from);
    if (at < 0) break;
    all.push(text.slice(from, at), text.slice(at, at + wanted.length));
    from = at + wanted.length;
  }
  all.push(text.slice(from));
  return all;
}

const WORD = /[\p{L}\p{M}\p{N}]+(?:['’-][\p{L}\p{M}\p{N}]+)*/gu;

/** The word around a place of a text, null between words. */
export function wordAt(text: string, at: number): string | null {
  for (const match of text.matchAll(WORD)) {
    if (at >= match.index && at <= match.index + match[0].length) return match[0];
  }
  return null;
}

/** Each word of a text once, as written. */
export function wordsOf(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(WORD), (match) => match[0]))];
}
