// The parts of the open book that need no window: selection, news, finding, estimates.

import { describe, expect, test } from "vitest";
import type { JobView } from "../../ipc/bindings/JobView";
import type { LineState } from "../../ipc/bindings/LineState";
import type { LineView } from "../../ipc/bindings/LineView";
import { estimate, measuredRate } from "./estimate";
import { findLines, nextFound, pieces, wordAt, wordsOf } from "./find";
import { countOf, isMade, isWaiting, madeByChapter, nextWhere, reconcile, replaced, withStates } from "./lines";
import { batch } from "./news";
import { first, holds, last, moveTo, within } from "./selection";
import { charactersBefore } from "./split";

function line(index: number, change: Partial<LineView> = {}): LineView {
  return {
    index,
    chapter: 0,
    paragraph: 0,
    text: `Line ${index}`,
    voice: null,
    speed: null,
    pauseSeconds: 0.4,
    take: 0,
    takes: 1,
    state: "draft",
    seconds: null,
    doubt: null,
    ...change,
  };
}

describe("selection", () => {
  test("moves, stretches both ways and stays in the book", () => {
    const at = moveTo({ anchor: 4, active: 4 }, 6, 10, true);
    expect([first(at), last(at), holds(at, 5), holds(at, 7)]).toEqual([4, 6, true, false]);
    const back = moveTo(at, 2, 10, true);
    expect([first(back), last(back)]).toEqual([2, 4]);
    expect(moveTo(back, 99, 10, false)).toEqual({ anchor: 9, active: 9 });
    expect(moveTo(back, -3, 10, false)).toEqual({ anchor: 0, active: 0 });
    expect(within({ anchor: 8, active: 9 }, 3)).toEqual({ anchor: 2, active: 2 });
    expect(within({ anchor: 8, active: 9 }, 0)).toEqual({ anchor: 0, active: 0 });
  });
});

describe("news of lines", () => {
  test("thousands of news are given once, the last of each line", () => {
    const given: ReadonlyMap<number, LineState>[] = [];
    const calls: (() => void)[] = [];
    const states = batch(
      (news) => given.push(news),
      (call) => {
        calls.push(call);
        return () => calls.splice(calls.indexOf(call), 1);
      },
    );
    for (let at = 0; at < 3000; at += 1) states.add(at % 1000, at < 2000 ? "rendering" : "fresh");
    expect(calls).toHaveLength(1);
    calls[0]?.();
    expect(given).toHaveLength(1);
    expect(given[0]?.size).toBe(1000);
    expect(given[0]?.get(7)).toBe("fresh");
    states.add(1, "stale");
    states.stop();
    expect(calls).toHaveLength(0);
    states.flush();
    expect(given).toHaveLength(1);
  });

  test("only lines that differ are new objects", () => {
    const old = [line(0), line(1), line(2)];
    expect(withStates(old, new Map([[1, "draft" as const]]))).toBe(old);
    expect(withStates(old, new Map([[9, "fresh" as const]]))).toBe(old);
    const next = withStates(old, new Map([[1, "fresh" as const]]));
    expect([next[0] === old[0], next[1] === old[1], next[1]?.state]).toEqual([true, false, "fresh"]);
    const again = reconcile(old, [line(0), line(1, { seconds: 2 }), line(2), line(3)]);
    expect(again.map((line, at) => line === old[at])).toEqual([true, false, true, false]);
    expect(replaced(old, [line(2, { text: "new" }), line(7)]).map((line) => line.text)).toEqual([
      "Line 0",
      "Line 1",
      "new",
    ]);
  });
});

describe("states", () => {
  test("what is made, what waits", () => {
    const lines = [
      line(0, { state: "fresh", seconds: 1 }),
      line(1, { state: "locked" }),
      line(2, { state: "locked", seconds: 2 }),
      line(3, { state: "queued", chapter: 1 }),
      line(4, { state: "stale", seconds: 3, chapter: 1 }),
      line(5, { state: "doubtful", seconds: 3, chapter: 1 }),
    ];
    expect(countOf(lines, isMade)).toBe(3);
    expect(countOf(lines, isWaiting)).toBe(2);
    const chapters = [0, 1].map((at) => ({ title: "", firstLine: at * 3, lines: 3 }));
    expect(madeByChapter(lines, chapters)).toEqual([2, 1]);
    expect(nextWhere(lines, 5, (line) => line.state === "doubtful")).toBe(5);
    expect(nextWhere(lines, 2, (line) => line.state === "fresh")).toBe(0);
    expect(nextWhere(lines, 0, (line) => line.text === "")).toBeNull();
  });
});

describe("find", () => {
  const lines = ["The ninth gate", "a Gate, a gate", "none"].map((text, index) => line(index, { text }));
  test("lines whatever the case, round and round", () => {
    expect(findLines(lines, " GATE ")).toEqual([0, 1]);
    expect(findLines(lines, "  ")).toEqual([]);
    expect([nextFound([2, 5], 2, 1), nextFound([2, 5], 5, 1), nextFound([2, 5], 2, -1), nextFound([], 0, 1)]).toEqual([
      5, 2, 5, -1,
    ]);
  });
  test("pieces join to the text", () => {
    expect(pieces("a Gate, a gate", "gate")).toEqual(["a ", "Gate", ", a ", "gate", ""]);
    expect(pieces("İstanbul gate", "gate").join("")).toBe("İstanbul gate");
  });
  test("the word under the pointer", () => {
    expect(wordAt("Don’t go, Zoë-Ann!", 3)).toBe("Don’t");
    expect(wordAt("Don’t go, Zoë-Ann!", 12)).toBe("Zoë-Ann");
    expect(wordAt("one — two", 4)).toBeNull();
    expect(wordsOf("so it is, so it was")).toEqual(["so", "it", "is", "was"]);
  });
  test("a caret counts whole characters", () => {
    expect(charactersBefore("𝄞 music 🎻!", 3)).toBe(2);
    expect(charactersBefore("plain", 3)).toBe(3);
  });
});

describe("estimate", () => {
  const job = (id: number, kind: string, timesRealTime: number | null): JobView => ({
    id,
    kind,
    title: "",
    book: 1,
    dub: null,
    state: "done",
    done: 1,
    total: 1,
    timesRealTime,
    etaSeconds: null,
    audioSeconds: 0,
    elapsedSeconds: 0,
    files: [],
    problem: null,
  });
  test("the latest measured rate of rendering", () => {
    expect(measuredRate([job(3, "render", 6), job(5, "export", 90), job(4, "render", 8), job(9, "render", null)])).toBe(
      8,
    );
    expect(measuredRate([])).toBeNull();
  });
  test("the rest by its letters", () => {
    const lines = [line(0, { text: "x".repeat(100), state: "fresh" }), line(1, { text: "x".repeat(300) })];
    expect(estimate(lines, 40, 5)).toEqual({ lines: 2, made: 1, audioSeconds: 40, renderSeconds: 6 });
    expect(estimate(lines, 40, null).renderSeconds).toBeNull();
    // Once enough is made, what was measured counts.
    const long = [line(0, { text: "x".repeat(500), state: "fresh", seconds: 50 }), line(1, { text: "x".repeat(100) })];
    expect(estimate(long, 600, 10).renderSeconds).toBeCloseTo(1);
    expect(estimate([], 0, 5).renderSeconds).toBe(0);
  });
});
