// What the window may do with the fake program's books.

import type { ChangedView } from "../bindings/ChangedView";
import type { LineView } from "../bindings/LineView";
import type { Client } from "../client";
import { applyEdit, changed, touched } from "./edits";
import { exportJob, queueOf, renderJob } from "./jobs";
import { type Chapter, RHYMES } from "./prose";
import { type Book, linesOf, make, setLine, setState, shelfOf, viewOf } from "./shelf";
import { copy, problem, type World } from "./world";

type Part = Pick<
  Client,
  | "books"
  | "importBook"
  | "importText"
  | "importSampleBook"
  | "openBook"
  | "editBook"
  | "touchedLines"
  | "removeBook"
  | "lineSound"
  | "renderLine"
  | "renderBook"
  | "exportBook"
>;

/** Headings begin with "# "; an empty line parts paragraphs. */
export function chaptersOf(title: string, text: string): Chapter[] {
  const chapters: Chapter[] = [];
  for (const block of text.split(/\n\s*\n|\n(?=#)/)) {
    const part = block.trim();
    if (part.startsWith("#")) {
      const [heading = "", ...rest] = part.split("\n");
      chapters.push([heading.replace(/^#+\s*/, ""), rest.length > 0 ? [rest.join(" ")] : []]);
    } else if (part) {
      if (chapters.length === 0) chapters.push([title, []]);
      chapters.at(-1)?.[1].push(part.replace(/\s+/g, " "));
    }
  }
  return chapters;
}

export function booksPart(world: World): Part {
  const shelf = shelfOf(world);
  const soundOf = (book: Book, line: LineView, take: number) =>
    world.sounds.speech(
      `line-${book.id}-${line.index}-${take}-${line.text.length}-${line.voice ?? book.voice}`,
      line.text,
      line.voice ?? book.voice,
      line.speed ?? book.speed,
    );
  return {
    books: async () => {
      world.needLibrary();
      return shelf.all().map((book) => viewOf(book).card);
    },
    importBook: async (voice) => {
      world.needLibrary();
      await world.sleep(500);
      const text =
        "# Sand and Ash\n\nThe furnace was never let go out. Not on Sundays, not for weddings, not in the year of the flood.\n\n# Breath\n\nYou do not blow glass, the old man said. You breathe, and the glass agrees.";
      return copy(viewOf(shelf.add("The Glassblower's Apprentice", "R. Calder", chaptersOf("", text), voice)));
    },
    importText: async (title, text, voice) => {
      world.needLibrary();
      const chapters = chaptersOf(title, text);
      if (chapters.length === 0)
        throw problem("nothing_to_read", "There is nothing to read in it.", "Paste some text.");
      return copy(viewOf(shelf.add(title, null, chapters, voice)));
    },
    importSampleBook: async (voice) => {
      world.needLibrary();
      await world.sleep(200);
      return copy(viewOf(shelf.add("Three Rhymes from Sing-Song", "Christina G. Rossetti", RHYMES, voice)));
    },
    openBook: async (id) => {
      world.needLibrary();
      return copy(viewOf(shelf.find(id)));
    },
    editBook: async (id, edit) => {
      await world.sleep(15);
      return copy(applyEdit(shelf.find(id), edit));
    },
    touchedLines: async (id, edit) => touched(shelf.find(id), edit),
    removeBook: async (id) => shelf.remove(id),
    lineSound: async (id, index, take) => {
      const book = shelf.find(id);
      const line = book.lines[index];
      if (!line || line.seconds === null) {
        throw problem("line_not_made", `Line ${index + 1} is not made yet.`, "Make it first.");
      }
      return soundOf(book, line, take ?? line.take);
    },
    renderLine: async (id, index, newTake): Promise<ChangedView> => {
      const book = shelf.find(id);
      const line = book.lines[index];
      if (!line) throw problem("out_of_range", "There is no such line.", "Open the book anew.");
      if (line.state === "locked") throw problem("line_locked", `Line ${index + 1} is locked.`, "Unlock it first.");
      const before = book.lines;
      setState(world, book, index, "rendering");
      await world.sleep(300);
      const now = book.lines[index] ?? line;
      const take = newTake && line.seconds !== null ? Math.max(now.takes, 1) : now.take;
      setLine(world, book, make(book, { ...now, take }));
      return copy(changed(book, before));
    },
    renderBook: async (id, chapters, fromLine) => {
      const book = shelf.find(id);
      const lines = linesOf(book, chapters).filter((line) => line.index >= (fromLine ?? 0));
      return renderJob(world, queueOf(world), book, lines);
    },
    exportBook: async (id, format, chapters) => {
      const book = shelf.find(id);
      const lines = linesOf(book, chapters);
      const missing = lines.filter((line) => line.seconds === null).length;
      if (missing > 0) {
        throw problem("lines_not_made", `${missing} lines are not made yet.`, "Make the book first, then export it.");
      }
      return exportJob(queueOf(world), book, format, lines);
    },
  };
}
