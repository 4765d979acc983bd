// A glossary as text: one term in each line, as in "lamp = Lampe".

import type { TermView } from "../../ipc/bindings/TermView";

export const MOST_TERMS = 500;
const MOST_SIGNS = 100;
export const MOST_TONE = 200;

export const toText = (terms: readonly TermView[]): string => terms.map(({ from, to }) => `${from} = ${to}`).join("\n");

/** The terms, or the number of the first line that is none. */
export function fromText(text: string): TermView[] | { line: number } {
  const terms: TermView[] = [];
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const parts = line.split(/\t|=|→/);
    const [from, to] = [parts[0]?.trim() ?? "", parts.slice(1).join("=").trim()];
    if (!from || !to || Array.from(from).length > MOST_SIGNS || Array.from(to).length > MOST_SIGNS) {
      return { line: at + 1 };
    }
    terms.push({ from, to });
    if (terms.length > MOST_TERMS) return { line: at + 1 };
  }
  return terms;
}
