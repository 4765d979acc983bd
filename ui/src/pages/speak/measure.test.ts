import { describe, expect, it } from "vitest";
import type { TakeView } from "../../ipc/bindings/TakeView";
import { characters, expectedSeconds, rateOf, sayingsIn, sentenceAt, wordAt } from "./measure";

function take(text: string, seconds: number, speed = 1): TakeView {
  return {
    id: "1",
    text,
    voice: "v",
    voiceName: "V",
    speed,
    pauses: 1,
    seed: 1,
    seconds,
    loudnessLufs: null,
    starred: false,
    madeAt: 0,
    model: "m",
    firstSoundSeconds: 0.1,
    elapsedSeconds: 1,
  };
}

describe("how long a text is", () => {
  it("counts what people see, without the space around it", () => {
    expect(characters("  déjà 👋 ")).toBe(6);
    expect(characters(" \n")).toBe(0);
  });

  it("learns its rate from takes, speed aside, and not from a word", () => {
    expect(rateOf([])).toBe(15);
    expect(rateOf([take("Hm.", 3)])).toBe(15);
    expect(rateOf([take("a".repeat(100), 10)])).toBe(10);
    expect(rateOf([take("a".repeat(100), 5, 2)])).toBe(10);
    expect(expectedSeconds("a".repeat(100), 2, 10)).toBe(5);
  });
});

describe("which sentence is heard", () => {
  const text = "One is short. Two is a good deal longer than the one before it was. Three.";
  it("follows their lengths", () => {
    expect(sentenceAt(text, 0, 3)).toBe(1);
    expect(sentenceAt(text, 0.5, 3)).toBe(2);
    expect(sentenceAt(text, 0.98, 3)).toBe(3);
    expect(sentenceAt(text, 1, 3)).toBe(3);
  });
  it("stays within what the program counts", () => {
    expect(sentenceAt(text, 1, 1)).toBe(1);
    expect(sentenceAt(text, 1, 6)).toBe(6);
    expect(sentenceAt("", 0, 4)).toBe(1);
  });
});

describe("which word is meant", () => {
  const text = "“Ask Dr. Amalie,” he said.";
  it("is the selected one without the signs around it", () => {
    expect(wordAt(text, 8, 17)).toBe("Amalie");
    expect(wordAt("New \n York!", 0, 11)).toBe("New York");
    expect(wordAt("x".repeat(101), 0, 101)).toBe("");
  });
  it("is the one at the caret where nothing is selected", () => {
    expect(wordAt(text, 11, 11)).toBe("Amalie");
    expect(wordAt(text, 4, 4)).toBe("Ask");
    expect(wordAt("", 0, 0)).toBe("");
  });
});

describe("which sayings count in a text", () => {
  const sayings = [
    { word: "Amalie", say: "ah-MAH-lee" },
    { word: "New York", say: "noo york" },
    { word: "C++", say: "see plus plus" },
  ];
  it("finds whole words, capitals aside", () => {
    const found = (text: string) => sayingsIn(text, sayings).map(({ word }) => word);
    expect(found("AMALIE went to new\nyork.")).toEqual(["Amalie", "New York"]);
    expect(found("Vitamin C and C++ (or so)")).toEqual(["C++"]);
    expect(found("Amalies went to York, new and old")).toEqual([]);
  });
});
