// What edits do to a book of the fake program, and how far back they can be undone.

import type { BookEdit } from "../bindings/BookEdit";
import type { ChangedView } from "../bindings/ChangedView";
import type { LineView } from "../bindings/LineView";
import { type Book, cardOf, type Draft, isMade } from "./shelf";
import { problem } from "./world";

export function changed(book: Book, before: LineView[]): ChangedView {
  const reordered = before.length !== book.lines.length;
  return {
    lines: reordered ? [] : book.lines.filter((line, index) => line !== before[index]),
    reordered,
    card: cardOf(book),
    canUndo: book.past.length > 0,
    canRedo: book.future.length > 0,
  };
}

const renumbered = (lines: LineView[]) =>
  lines.map((line, index) => (line.index === index ? line : { ...line, index }));
/** What was made no longer fits. */
const outdated = (line: LineView): LineView =>
  line.state === "locked"
    ? line
    : { ...line, state: isMade(line.state) || line.state === "stale" ? "stale" : "draft", doubt: null };

function edited(book: Book, edit: BookEdit): Draft {
  const { voice, speed, lines } = book;
  const within = (first: number, last: number, change: (line: LineView) => LineView) =>
    lines.map((line, index) => (index < first || index > last ? line : change(line)));
  const free = (at: number): LineView => {
    const line = lines[at];
    if (!line) throw problem("out_of_range", "There is no such line.", "Open the book anew.");
    if (line.state === "locked") throw problem("line_locked", `Line ${at + 1} is locked.`, "Unlock it first.");
    return line;
  };
  switch (edit.edit) {
    case "text": {
      const text = edit.text.trim();
      if (text === "") throw problem("empty_line", "A line needs a word.", "Write something, or remove the line.");
      return free(edit.line).text === text
        ? { voice, speed, lines }
        : { voice, speed, lines: within(edit.line, edit.line, (line) => outdated({ ...line, text })) };
    }
    case "voice":
      return { voice, speed, lines: within(edit.first, edit.last, (line) => outdated({ ...line, voice: edit.voice })) };
    case "speed":
      return { voice, speed, lines: within(edit.first, edit.last, (line) => outdated({ ...line, speed: edit.speed })) };
    case "book_voice":
      return { voice: edit.voice, speed, lines: lines.map((line) => (line.voice === null ? outdated(line) : line)) };
    case "book_speed":
      return { voice, speed: edit.speed, lines: lines.map((line) => (line.speed === null ? outdated(line) : line)) };
    case "pause":
      free(edit.line);
      return { voice, speed, lines: within(edit.line, edit.line, (line) => ({ ...line, pauseSeconds: edit.seconds })) };
    case "take":
      free(edit.line);
      return { voice, speed, lines: within(edit.line, edit.line, (line) => ({ ...line, take: edit.take })) };
    case "lock":
      return {
        voice,
        speed,
        lines: within(edit.first, edit.last, (line) => {
          if (edit.locked) return isMade(line.state) || line.state === "stale" ? { ...line, state: "locked" } : line;
          return line.state === "locked" ? { ...line, state: "fresh" } : line;
        }),
      };
    case "split": {
      const line = free(edit.line);
      const letters = Array.from(line.text);
      const [left, right] = [letters.slice(0, edit.at).join("").trim(), letters.slice(edit.at).join("").trim()];
      if (!left || !right) throw problem("out_of_range", "A line is split between two words.", "Put the caret there.");
      const half = (text: string): LineView => ({
        ...line,
        text,
        state: "draft",
        seconds: null,
        take: 0,
        takes: 0,
        doubt: null,
      });
      const halves = [{ ...half(left), pauseSeconds: 0.3 }, half(right)];
      return {
        voice,
        speed,
        lines: renumbered([...lines.slice(0, edit.line), ...halves, ...lines.slice(edit.line + 1)]),
      };
    }
    case "merge": {
      const [first, second] = [free(edit.line), free(edit.line + 1)];
      if (first.chapter !== second.chapter) {
        throw problem("out_of_range", "The line to merge must be followed by one of its chapter.", "");
      }
      const text = `${first.text} ${second.text}`;
      const one: LineView = {
        ...first,
        text,
        pauseSeconds: second.pauseSeconds,
        state: "draft",
        seconds: null,
        takes: 0,
        take: 0,
        doubt: null,
      };
      return { voice, speed, lines: renumbered([...lines.slice(0, edit.line), one, ...lines.slice(edit.line + 2)]) };
    }
    case "remove":
      return { voice, speed, lines: renumbered(lines.filter((_, index) => index < edit.first || index > edit.last)) };
    case "undo":
    case "redo":
      return { voice, speed, lines };
  }
}

/** Lines as they were; those that say the same as now keep what was made of them since. */
function restored(then: LineView[], now: LineView[]): LineView[] {
  if (then.length !== now.length) return then;
  return then.map((line, index) => {
    const current = now[index];
    if (!current) return line;
    const same =
      line.text === current.text &&
      line.voice === current.voice &&
      line.speed === current.speed &&
      line.take === current.take &&
      line.pauseSeconds === current.pauseSeconds &&
      (line.state === "locked") === (current.state === "locked");
    return same && (current.state !== "stale" || line.state === "stale") ? current : line;
  });
}

/** Changes the book and tells what differs. */
export function applyEdit(book: Book, edit: BookEdit): ChangedView {
  const before: Draft = { voice: book.voice, speed: book.speed, lines: book.lines };
  if (edit.edit === "undo" || edit.edit === "redo") {
    const [from, to] = edit.edit === "undo" ? [book.past, book.future] : [book.future, book.past];
    const step = from.pop();
    if (step) {
      to.push(before);
      book.voice = step.voice;
      book.speed = step.speed;
      book.lines = restored(step.lines, book.lines);
    }
    return changed(book, before.lines);
  }
  const after = edited(book, edit);
  Object.assign(book, after);
  book.past.push(before);
  book.future = [];
  return changed(book, before.lines);
}

export function touched(book: Book, edit: BookEdit): number {
  if (edit.edit === "undo" || edit.edit === "redo") return 0;
  const after = edited(book, edit);
  if (after.lines.length !== book.lines.length) return Math.abs(after.lines.length - book.lines.length);
  return after.lines.filter((line, index) => line !== book.lines[index]).length;
}
