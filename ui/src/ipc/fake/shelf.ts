// The books of the fake program: how they are made from words, and what of them is made.

import type { BookCardView } from "../bindings/BookCardView";
import type { BookView } from "../bindings/BookView";
import type { LineState } from "../bindings/LineState";
import type { LineView } from "../bindings/LineView";
import { type Chapter, LAMP, longBook, sentencesOf } from "./prose";
import { secondsOf } from "./sounds";
import { problem, type World } from "./world";

export interface Draft {
  voice: string;
  speed: number;
  lines: LineView[];
}

export interface Book extends Draft {
  id: number;
  title: string;
  author: string | null;
  chapters: string[];
  warnings: string[];
  past: Draft[];
  future: Draft[];
}

export const isMade = (state: LineState) => state === "fresh" || state === "doubtful" || state === "locked";

export function bookOf(id: number, title: string, author: string | null, chapters: Chapter[], voice: string): Book {
  const lines: LineView[] = [];
  const add = (text: string, chapter: number, paragraph: number | null, pauseSeconds: number) =>
    lines.push({
      index: lines.length,
      chapter,
      paragraph,
      text,
      voice: null,
      speed: null,
      pauseSeconds,
      take: 0,
      takes: 0,
      state: "draft",
      seconds: null,
      doubt: null,
    });
  for (const [chapter, [heading, paragraphs]] of chapters.entries()) {
    add(heading, chapter, null, 1.2);
    for (const [paragraph, text] of paragraphs.entries()) {
      const parts = sentencesOf(text);
      for (const [index, part] of parts.entries())
        add(part, chapter, paragraph, index === parts.length - 1 ? 0.7 : 0.3);
    }
  }
  const titles = chapters.map(([heading]) => heading);
  return { id, title, author, chapters: titles, voice, speed: 1, lines, warnings: [], past: [], future: [] };
}

/** Made as it now stands. */
export function make(book: Book, line: LineView, doubt: string | null = null): LineView {
  const seconds = secondsOf(line.text, line.speed ?? book.speed);
  return { ...line, state: doubt ? "doubtful" : "fresh", doubt, seconds, takes: Math.max(line.takes, line.take + 1) };
}

const TOO_LONG = "it goes on too long: 9 seconds for a text of about 4";
const SILENCE = "there is a silence of 1.8 seconds in it";

function sampleBook(): Book {
  const book = bookOf(1, "The Lamp at Harrow Point", "E. M. Tarrant", LAMP, "alder");
  book.warnings = ["One picture was left out.", "A table on page 12 is read row by row."];
  book.lines = book.lines.map((line, index) => {
    if (index === 5) return make(book, line, TOO_LONG);
    if (index === 17) return make(book, line, SILENCE);
    if (index === 7 || index === 8) return { ...make(book, line), state: "locked" };
    if (index === 11 || index === 20) return { ...make(book, line), state: "stale" };
    if (index === 9) return make(book, { ...line, voice: "cedar", take: 2, takes: 3 });
    if (index === 13) return make(book, { ...line, speed: 0.9 });
    if (index < 24) return make(book, line);
    if (index === 24 || index === 25) return { ...line, state: "rendering" };
    if (index < 33) return { ...line, state: "queued" };
    return line;
  });
  return book;
}

/** A long book of which some is made; lines in all states. */
function generated(id: number, title: string, lines: number, made: number, voice: string): Book {
  const book = bookOf(id, title, "Anonymous", longBook(lines, id), voice);
  book.lines = book.lines.map((line, index) => {
    if (index >= made) return line;
    if (made === lines) return make(book, line);
    if (index % 97 === 40) return make(book, line, TOO_LONG);
    if (index % 61 === 30) return { ...make(book, line), state: "stale" };
    return make(book, line);
  });
  return book;
}

export interface Shelf {
  all(): Book[];
  find(id: number): Book;
  add(title: string, author: string | null, chapters: Chapter[], voice: string): Book;
  remove(id: number): void;
}

const shelves = new WeakMap<World, Shelf>();

export function shelfOf(world: World): Shelf {
  const known = shelves.get(world);
  if (known) return known;
  const books = new Map<number, Book>();
  let next = 20;
  if (!world.switches.fresh) {
    books.set(1, sampleBook());
    books.set(2, generated(2, "Letters from the Salt Works", 1_240, 310, "ann"));
    books.set(
      3,
      generated(3, "Field Notes on Mosses, with an Appendix on Liverworts of the Northern Bogs", 64, 64, "birch"),
    );
    const { lines } = world.switches;
    if (lines > 0) books.set(9, generated(9, "The Long Coast Road", lines, Math.floor(lines / 4), "cedar"));
  }
  const shelf: Shelf = {
    all: () => [...books.values()],
    find: (id) => {
      const book = books.get(id);
      if (!book) throw problem("book_not_found", "This book is no longer there.", "Import it again.");
      return book;
    },
    add: (title, author, chapters, voice) => {
      next += 1;
      const book = bookOf(next, title, author, chapters, voice);
      books.set(next, book);
      return book;
    },
    remove: (id) => void books.delete(id),
  };
  shelves.set(world, shelf);
  return shelf;
}

export function cardOf(book: Book): BookCardView {
  let expectedSeconds = 0;
  let fresh = 0;
  for (const line of book.lines) {
    expectedSeconds += (line.seconds ?? secondsOf(line.text, line.speed ?? book.speed)) + line.pauseSeconds;
    if (isMade(line.state)) fresh += 1;
  }
  const { id, title, author, voice, speed } = book;
  return {
    id,
    title,
    author,
    voice,
    speed,
    chapters: book.chapters.length,
    lines: book.lines.length,
    fresh,
    expectedSeconds,
  };
}

export function viewOf(book: Book): BookView {
  const chapters = book.chapters.map((title) => ({ title, firstLine: 0, lines: 0 }));
  for (const line of book.lines) {
    const chapter = chapters[line.chapter];
    if (!chapter) continue;
    if (chapter.lines === 0) chapter.firstLine = line.index;
    chapter.lines += 1;
  }
  const { lines, warnings } = book;
  return {
    card: cardOf(book),
    chapters,
    lines,
    warnings,
    canUndo: book.past.length > 0,
    canRedo: book.future.length > 0,
  };
}

/** Lines of the chapters as in "1-3,5"; all without. */
export function linesOf(book: Book, chapters: string | null): LineView[] {
  if (chapters === null) return book.lines;
  const wanted = new Set<number>();
  for (const part of chapters.split(",")) {
    const [first, last = first] = part.split("-").map(Number);
    if (first === undefined || last === undefined || !(first > 0) || first > last || last > book.chapters.length) {
      throw problem("bad_chapters", `“${chapters}” names no chapters of this book.`, "Write them as in 1-3,5.");
    }
    for (let at = first; at <= last; at += 1) wanted.add(at - 1);
  }
  return book.lines.filter((line) => wanted.has(line.chapter));
}

export function setLine(world: World, book: Book, line: LineView): void {
  // A new list: what an edit looked at must not change below it.
  book.lines = book.lines.with(line.index, line);
  world.tell({ news: "line", book: book.id, line: line.index, state: line.state });
}

export function setState(world: World, book: Book, index: number, state: LineState): void {
  const line = book.lines[index];
  if (line) setLine(world, book, { ...line, state });
}
