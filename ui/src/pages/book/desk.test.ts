// The open book against a program that answers late: news that are younger than an answer win, the place is kept.

import { beforeEach, expect, test, vi } from "vitest";
import type { BookView } from "../../ipc/bindings/BookView";
import type { LineState } from "../../ipc/bindings/LineState";
import { createDesk, hearStates, openBook, select, takeIn } from "./desk";

const program = vi.hoisted(() => ({ openBook: vi.fn() }));
vi.mock("../../ipc/index", () => ({
  client: program,
  problemOf: (thrown: unknown) => ({ code: "x", message: String(thrown), fix: "" }),
}));

function book(states: LineState[]): BookView {
  return {
    card: {
      id: 1,
      title: "T",
      author: null,
      voice: "v",
      speed: 1,
      chapters: 1,
      lines: states.length,
      fresh: 0,
      expectedSeconds: 9,
    },
    chapters: [{ title: "", firstLine: 0, lines: states.length }],
    lines: states.map((state, index) => ({
      index,
      chapter: 0,
      paragraph: 0,
      text: `Line ${index}`,
      voice: null,
      speed: null,
      pauseSeconds: 0,
      take: 0,
      takes: 1,
      state,
      seconds: null,
      doubt: null,
    })),
    warnings: [],
    canUndo: false,
    canRedo: false,
  };
}

beforeEach(() => program.openBook.mockReset());

test("news that come while the book is fetched are not undone by the older answer", async () => {
  const desk = createDesk(1);
  program.openBook.mockResolvedValueOnce(book(["queued", "queued"]));
  await openBook(desk);
  let answer: (view: BookView) => void = () => {};
  program.openBook.mockReturnValueOnce(new Promise<BookView>((done) => (answer = done)));
  const opening = openBook(desk);
  hearStates(desk, new Map([[0, "fresh"]]));
  answer(book(["rendering", "rendering"]));
  await opening;
  expect(desk.getState().lines.map((line) => line.state)).toEqual(["fresh", "rendering"]);
  // Once it is there, an answer counts again.
  program.openBook.mockResolvedValueOnce(book(["stale", "stale"]));
  await openBook(desk);
  expect(desk.getState().lines.map((line) => line.state)).toEqual(["stale", "stale"]);
});

test("opening anew keeps the place, and the objects of lines that are the same", async () => {
  const desk = createDesk(1);
  program.openBook.mockResolvedValue(book(["fresh", "fresh", "fresh"]));
  await openBook(desk);
  select(desk, 2);
  const before = desk.getState().lines[1];
  await openBook(desk);
  expect(desk.getState().lines[1]).toBe(before);
  expect(desk.getState().selection.active).toBe(2);
  program.openBook.mockResolvedValue(book(["fresh"]));
  const { card } = book(["fresh"]);
  await takeIn(desk, { lines: [], reordered: true, card, canUndo: true, canRedo: false });
  expect(desk.getState().selection).toEqual({ anchor: 0, active: 0 });
});

test("a failure is a page of its own only where nothing is shown yet", async () => {
  const desk = createDesk(1);
  program.openBook.mockRejectedValueOnce("gone");
  await openBook(desk);
  expect(desk.getState().problem?.message).toBe("gone");
  program.openBook.mockResolvedValueOnce(book(["fresh"]));
  await openBook(desk);
  expect(desk.getState().problem).toBeNull();
  program.openBook.mockRejectedValueOnce("gone");
  await expect(openBook(desk)).rejects.toBe("gone");
  expect(desk.getState().problem).toBeNull();
});
