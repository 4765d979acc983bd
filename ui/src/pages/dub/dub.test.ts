// The parts of the open dub that need no window: states, fits, times, the timeline's numbers.

import { describe, expect, test } from "vitest";
import type { DubCueView } from "../../ipc/bindings/DubCueView";
import { changedFrom, cueAt, fitOf, gapAt, isTrouble, nextWhere, reconcile, withStates } from "./cues";
import { canSpeak, firstChoice } from "./speakable";
import { bounded, dragged, rulerStep, showing, under, xOf, zoomed } from "./timeline-view";
import { readTimecode, timecode } from "./times";
import { fromText, toText } from "./wording";

function cue(index: number, change: Partial<DubCueView> = {}): DubCueView {
  return {
    index,
    id: index + 1,
    startMs: index * 2000,
    endMs: index * 2000 + 1500,
    speaker: index % 2,
    source: "a word or two",
    target: "ein Wort oder zwei",
    by: "model",
    take: null,
    recorded: null,
    takes: 1,
    state: "fresh",
    fit: { startMs: index * 2000, seconds: 1.5, tempo: 1, overMs: 0, score: 1, isMeasured: true },
    doubt: null,
    ...change,
  };
}
const length = (seconds: number, overMs: number) => ({
  startMs: 0,
  seconds,
  tempo: 1,
  overMs,
  score: 1,
  isMeasured: true,
});

describe("times", () => {
  test("are written and read", () => {
    expect([timecode(62_450), timecode(62_450, 1), timecode(3_661_007), timecode(62_999, 0)]).toEqual([
      "1:02.450",
      "1:02.4",
      "1:01:01.007",
      "1:02",
    ]);
    for (const ms of [0, 62_450, 3_661_007, 14_399_999]) expect(readTimecode(timecode(ms))).toBe(ms);
    expect([readTimecode("1:2,5"), readTimecode("7"), readTimecode("1:60:00")]).toEqual([62_500, 7000, 7_200_000]);
    for (const wrong of ["", "x", "-1", "1:2:3:4", "1..2", "1:2.3.4", "1e3", "1.2345"])
      expect(readTimecode(wrong), wrong).toBeNull();
  });
});

describe("cues", () => {
  test("fit in words", () => {
    expect(fitOf(cue(0))).toEqual({ kind: "fits", ms: 0, measured: true });
    expect(fitOf(cue(0, { fit: length(1.8, 240) }))).toEqual({ kind: "over", ms: 240, measured: true });
    expect(fitOf(cue(0, { fit: length(1.2, 0) }))).toEqual({ kind: "under", ms: 300, measured: true });
    // Longer than its own time, but in a silence that was there: it fits.
    expect(fitOf(cue(0, { fit: length(1.7, 0) }))?.kind).toBe("fits");
    expect(fitOf(cue(0, { fit: null }))).toBeNull();
    expect([
      isTrouble(cue(0)),
      isTrouble(cue(0, { fit: length(9, 1) })),
      isTrouble(cue(0, { state: "doubtful" })),
    ]).toEqual([false, true, true]);
  });

  test("only those that differ are new objects", () => {
    const old = [cue(0), cue(1), cue(2)];
    expect(reconcile(old, [cue(0), cue(1), cue(2)])).toBe(old);
    const next = reconcile(old, [cue(0), cue(1, { fit: length(1, 0) }), cue(2), cue(3)]);
    expect(next.map((one, at) => one === old[at])).toEqual([true, false, true, false]);
    expect(withStates(old, new Map([[1, "fresh" as const]]))).toBe(old);
    expect(withStates(old, new Map([[1, "stale" as const]]))[1]?.state).toBe("stale");
  });

  test("are found by time and by state", () => {
    const cues = [cue(0), cue(1), cue(2)];
    expect([cueAt(cues, -1), cueAt(cues, 0), cueAt(cues, 3999), cueAt(cues, 4000), cueAt([], 9)]).toEqual([
      -1, 0, 1, 2, -1,
    ]);
    expect(nextWhere(cues, 2, (one) => one.index < 2)).toBe(0);
    expect(nextWhere(cues, 0, () => false)).toBeNull();
  });

  test("part between words, counted in whole characters", () => {
    expect(gapAt("one two three", 0.3)).toBe(3);
    expect(gapAt("one two three", 0.9)).toBe(7);
    expect(gapAt("🎻 music", 0.5)).toBe(1);
    expect(gapAt("word", 0.5)).toBeNull();
  });
});

describe("the timeline", () => {
  const film = 100_000;
  test("zooms where the pointer is and stays in the film", () => {
    const view = { fromMs: 20_000, msPerPx: 20 };
    const closer = zoomed(view, 0.5, 300, film, 1000);
    expect(xOf(closer, 26_000)).toBeCloseTo(300);
    expect(zoomed(view, 1e9, 300, film, 1000).fromMs).toBe(0);
    expect(xOf(zoomed(view, 1e9, 300, film, 1000), film)).toBeLessThan(1000);
    expect(bounded({ fromMs: 1e9, msPerPx: 20 }, film, 1000).fromMs).toBeLessThan(film);
    expect(bounded({ fromMs: 0, msPerPx: Number.POSITIVE_INFINITY }, film, 1000).msPerPx).toBeGreaterThan(100);
  });

  test("turns its page only when a moment is out of sight", () => {
    const view = { fromMs: 0, msPerPx: 20 };
    expect(showing(view, 10_000, film, 1000)).toBe(view);
    const turned = showing(view, 50_000, film, 1000);
    expect(xOf(turned, 50_000)).toBeCloseTo(100);
  });

  test("marks are far enough apart", () => {
    for (const scale of [2, 20, 120, 4000]) expect(rulerStep(scale) / scale).toBeGreaterThanOrEqual(64);
  });

  test("an edge is taken near it, the middle elsewhere, and only on its own track", () => {
    const cues = [cue(0), cue(1), cue(2, { state: "locked" })];
    const view = { fromMs: 0, msPerPx: 10 };
    expect(under(cues, view, 2, 0)).toEqual({ at: 0, grip: "start" });
    expect(under(cues, view, 152, 0)).toEqual({ at: 0, grip: "end" });
    expect(under(cues, view, 75, 0)).toEqual({ at: 0, grip: "move" });
    expect(under(cues, view, 75, 1)).toBeNull();
    expect(under(cues, view, 180, 0)).toBeNull();
    // A locked one can be chosen, not retimed.
    expect(under(cues, view, 401, 0)).toEqual({ at: 2, grip: "move" });
  });

  test("dragging keeps a cue in the film and long enough", () => {
    const one = { startMs: 1000, endMs: 2000 };
    expect(dragged(one, "start", 5000, film)).toEqual({ startMs: 1880, endMs: 2000 });
    expect(dragged(one, "end", -5000, film)).toEqual({ startMs: 1000, endMs: 1120 });
    expect(dragged(one, "end", 1e9, film).endMs).toBe(film);
    expect(dragged(one, "move", -5000, film)).toEqual({ startMs: 0, endMs: 1000 });
    expect(dragged(one, "move", 250.4, film)).toEqual({ startMs: 1250, endMs: 2250 });
  });
});

describe("what plays is fetched anew", () => {
  test("from the first cue on that sounds otherwise, and for nothing else", () => {
    const cues = [cue(0), cue(1), cue(2), cue(3)];
    const other = (at: number, change: Partial<DubCueView>) =>
      cues.map((one, index) => (index === at ? { ...one, ...change } : one));
    expect(changedFrom(cues, cues)).toBe(null);
    expect(changedFrom(cues, other(2, { source: "other", by: "hand", takes: 2 }))).toBe(null);
    expect(changedFrom(cues, other(2, { recorded: 0 }))).toBe(4000);
    expect(changedFrom(cues, other(2, { state: "stale" }))).toBe(4000);
    expect(changedFrom(cues, other(2, { startMs: 3500 }))).toBe(3500);
    expect(changedFrom(other(1, { state: "queued" }), other(1, { state: "rendering" }))).toBe(null);
    expect(changedFrom(other(1, { state: "rendering" }), cues)).toBe(2000);
    expect(changedFrom(cues, cues.slice(0, 3))).toBe(6000);
  });
});

describe("what can be spoken", () => {
  test("decides the language that a dub is begun in", () => {
    const starter = new Set(["en"]);
    expect(firstChoice(starter, "en", null)).toBe("en");
    expect(firstChoice(starter, "de", null)).toBe("en");
    expect(firstChoice(new Set(["en", "de"]), "de", null)).toBe("de");
    expect(firstChoice(new Set(["en", "de"]), "de", "de")).toBe("en");
    expect(firstChoice(starter, "en", "en-GB")).toBe("de");
    expect([canSpeak(starter, "en-US"), canSpeak(starter, "de")]).toEqual([true, false]);
  });
});

describe("a glossary", () => {
  test("is written a term a line", () => {
    const terms = [
      { from: "the lamp", to: "die Lampe" },
      { from: "ferry", to: "Fähre" },
    ];
    expect(fromText(toText(terms))).toEqual(terms);
    expect(fromText("\n a\tb \n\nc → d\n")).toEqual([
      { from: "a", to: "b" },
      { from: "c", to: "d" },
    ]);
  });
  test("says which line is none", () => {
    for (const wrong of ["a = b\nc", "a = b\n= c", `a = b\n${"x".repeat(101)} = y`]) {
      expect(fromText(wrong)).toEqual({ line: 2 });
    }
    expect(fromText(Array.from({ length: 501 }, (_, at) => `a${at} = b`).join("\n"))).toEqual({ line: 501 });
  });
});
