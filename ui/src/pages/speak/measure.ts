// What can be said of a text before and while it is spoken: how long it is, how far it is, which word is meant.

import type { SayingView } from "../../ipc/bindings/SayingView";
import type { TakeView } from "../../ipc/bindings/TakeView";

/** Characters per second of speech at speed 1, until takes tell better. */
const USUAL_RATE = 15;
/** Longest text of a take, in characters, as the program has it. */
export const MOST_CHARACTERS = 50_000;
/** Longest word of a saying, in characters. */
const LONGEST_WORD = 100;

export function characters(text: string): number {
  return [...text.trim()].length;
}

/** Characters per second at speed 1, learnt from the newest takes. */
export function rateOf(takes: TakeView[]): number {
  let written = 0;
  let heard = 0;
  for (const take of takes.slice(0, 20)) {
    written += characters(take.text);
    heard += take.seconds * take.speed;
  }
  // One word alone says little about a page.
  return written > 60 && heard > 0 ? written / heard : USUAL_RATE;
}

export function expectedSeconds(text: string, speed: number, rate: number): number {
  return characters(text) / (rate * speed);
}

/** Which of so many sentences is heard after a part (0 to 1) of the whole; counted from 1. Sentences weigh what they are long. */
export function sentenceAt(text: string, part: number, sentences: number): number {
  if (sentences < 2) return 1;
  const lengths = [...new Intl.Segmenter("en", { granularity: "sentence" }).segment(text)]
    .map(({ segment }) => segment.trim().length)
    .filter((length) => length > 0);
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  let before = 0;
  let at = lengths.length;
  for (const [index, length] of lengths.entries()) {
    before += length;
    if (before > part * whole) {
      at = index + 1;
      break;
    }
  }
  // The program cuts long sentences and joins short ones, so the count is brought to its own.
  return Math.max(1, Math.min(sentences, Math.round((at / Math.max(1, lengths.length)) * sentences)));
}

/** The words that a selection means: those selected, without the signs around them, or the one at the caret. */
export function wordAt(text: string, start: number, end: number): string {
  let chosen = text.slice(start, end);
  if (start === end) {
    for (const { segment, index, isWordLike } of new Intl.Segmenter("en", { granularity: "word" }).segment(text)) {
      if (isWordLike && index <= start && start <= index + segment.length) chosen = segment;
    }
  }
  const word = chosen.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "").replace(/\s+/g, " ");
  return [...word].length > LONGEST_WORD ? "" : word;
}

/** The sayings whose words stand in a text. */
export function sayingsIn(text: string, sayings: SayingView[]): SayingView[] {
  const folded = single(text);
  return sayings.filter(({ word }) => {
    const sought = single(word);
    // Most are not there at all, which is cheaply seen.
    if (sought === "" || !folded.includes(sought)) return false;
    const signs = sought.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return new RegExp(`(?<![\\p{L}\\p{N}])${signs}(?![\\p{L}\\p{N}])`, "u").test(folded);
  });
}

/** In small letters and with single spaces. */
function single(text: string): string {
  return text.toLocaleLowerCase().replace(/\s+/g, " ").trim();
}

/** A seed that was not asked for. */
export function anySeed(): number {
  return 1 + Math.floor(Math.random() * 999_999);
}
