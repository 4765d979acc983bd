// Holds the languages to the same keys and the same gaps, and the pages to keys that exist.

import { describe, expect, it } from "vitest";
import * as de from "./de/index";
import * as en from "./en/index";

type Tree = { [key: string]: string | Tree };

/** Dotted keys with their words. */
function flat(tree: Tree, before = ""): Map<string, string> {
  const all = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === "string") all.set(before + key, value);
    else for (const [inner, words] of flat(value, `${before}${key}.`)) all.set(inner, words);
  }
  return all;
}

const english = flat({ ...en } as Tree);
const german = flat({ ...de } as Tree);
const groups = Object.keys(en).join("|");

const files = import.meta.glob<string>(["../**/*.{ts,tsx}", "!../**/*.test.ts", "!../i18n/**", "!../ipc/**"], {
  query: "?raw",
  import: "default",
  eager: true,
});

/** Where `key` is a plural, its forms are there. */
const exists = (key: string) => english.has(key) || (english.has(`${key}_one`) && english.has(`${key}_other`));
const isGroup = (key: string) => [...english.keys()].some((known) => known.startsWith(`${key}.`));
const gaps = (words: string) => [...new Set(words.match(/\{\{\s*\w+/g) ?? [])].map((gap) => gap.slice(2).trim()).sort();

/** Keys as they stand in the source, and the beginnings and ends of those that are put together. */
function used(): { keys: Map<string, string>; beginnings: Map<string, string>; ends: Set<string> } {
  const keys = new Map<string, string>();
  const ends = new Set<string>();
  const beginnings = new Map<string, string>();
  for (const [file, source] of Object.entries(files)) {
    for (const [, key] of source.matchAll(new RegExp(`["'\`]((?:${groups})\\.[A-Za-z0-9_.]+)["'\`]`, "g"))) {
      if (key) keys.set(key, file);
    }
    for (const [, key] of source.matchAll(new RegExp(`\`((?:${groups})\\.[A-Za-z0-9_.]*)\\$\\{`, "g"))) {
      if (key) beginnings.set(key, file);
    }
    for (const [, end] of source.matchAll(/\bt\(`\$\{[^}]+\}([A-Za-z]+)`/g)) if (end) ends.add(end);
  }
  return { keys, beginnings, ends };
}

describe("the window's words", () => {
  it("are there in German as in English", () => {
    expect([...german.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it("leave the same gaps in both languages", () => {
    const differing = [...english].filter(([key, words]) => {
      const other = german.get(key);
      return other !== undefined && gaps(words).join() !== gaps(other).join();
    });
    expect(differing.map(([key]) => key)).toEqual([]);
  });

  it("say something", () => {
    const empty = [...english, ...german].filter(([, words]) => words.trim() === "").map(([key]) => key);
    expect(empty).toEqual([]);
  });

  it("exist wherever a page asks for them", () => {
    const { keys, beginnings } = used();
    expect(keys.size).toBeGreaterThan(50);
    const missing = [...keys].filter(([key]) => !exists(key) && !isGroup(key));
    const missingBeginnings = [...beginnings].filter(
      ([begin]) => ![...english.keys()].some((known) => known.startsWith(begin)),
    );
    expect([...missing, ...missingBeginnings].map(([key, file]) => `${key} in ${file}`)).toEqual([]);
  });

  it("are all asked for by a page", () => {
    const { keys, beginnings, ends } = used();
    const asked = (key: string) => {
      const base = key.replace(/_(one|other|zero)$/, "");
      if ([...ends].some((end) => key.endsWith(end) && keys.has(key.slice(0, -end.length)))) return true;
      return keys.has(key) || keys.has(base) || [...beginnings.keys()].some((begin) => key.startsWith(begin));
    };
    expect([...english.keys()].filter((key) => !asked(key))).toEqual([]);
  });
});
