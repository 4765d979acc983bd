// Places in a text as the program counts them: whole characters, where the page counts 16-bit units.

/** Characters before a caret. */
export function charactersBefore(text: string, caret: number): number {
  return Array.from(text.slice(0, caret)).length;
}
