// Holds the two sides of the door together: what the window invokes is what the program offers, by the same names.

import { describe, expect, it } from "vitest";
import { fake } from "./fake";
import tauriSource from "./tauri.ts?raw";

const sources = import.meta.glob<string>("../../../src-tauri/src/commands{.rs,/*.rs}", {
  query: "?raw",
  import: "default",
  eager: true,
});
const list = Object.entries(sources).find(([path]) => path.endsWith("/commands.rs"))?.[1];
/** Arguments that the program gives itself. */
const OWN = /^(State|AppHandle|Window|WebviewWindow|Webview|Held)\b|^tauri::/;

const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Commands with the names of their arguments, as the program offers them. */
function offered(): Map<string, string[]> {
  const commands = new Map<string, string[]>();
  for (const source of Object.values(sources)) {
    const text = source.replace(/\/\/.*$/gm, "");
    for (const [, name, rest] of text.matchAll(
      /#\[tauri::command[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*pub\s+(?:async\s+)?fn\s+(\w+)(?:<[^(]*>)?\s*\(([\s\S]*?)\)\s*(?:->|\{)/g,
    )) {
      if (!name || rest === undefined) continue;
      // Commas within <…> belong to a type.
      let depth = 0;
      const parts = [""];
      for (const sign of rest) {
        if ("<([".includes(sign)) depth += 1;
        if (">)]".includes(sign)) depth -= 1;
        if (sign === "," && depth === 0) parts.push("");
        else parts[parts.length - 1] += sign;
      }
      const names = parts
        .map((part) => part.trim().split(/:\s*([\s\S]*)/))
        .filter(([argument, type]) => argument && type && !OWN.test(type.trim()))
        .map(([argument]) => camel((argument ?? "").replace(/^mut\s+/, "")));
      commands.set(name, names.sort());
    }
  }
  return commands;
}

/** Commands with the names of their arguments, as the window invokes them. */
function invoked(): Map<string, string[]> {
  const commands = new Map<string, string[]>();
  for (const [, name, given] of tauriSource.matchAll(/invoke\("(\w+)"(?:,\s*\{([^}]*)\})?/g)) {
    if (!name) continue;
    const names = (given ?? "")
      .split(",")
      .map((part) => part.split(":")[0]?.trim() ?? "")
      .filter(Boolean);
    commands.set(name, names.sort());
  }
  return commands;
}

describe("the door between window and program", () => {
  it.skipIf(!list)("has the same commands on both sides", () => {
    const body = /commands!\s*\{([\s\S]*?)\n\}/.exec(list?.replace(/macro_rules![\s\S]*?\n\}/, "") ?? "")?.[1] ?? "";
    const names = body
      .split(";")
      .flatMap((module) => module.split(":")[1]?.trim().split(/\s+/) ?? [])
      .filter(Boolean);
    expect(names.length).toBeGreaterThan(40);
    expect([...invoked().keys()].sort()).toEqual(names.sort());
  });

  it.skipIf(!list)("gives each command the arguments that it takes", () => {
    const program = offered();
    const differing = [...invoked()].filter(([name, given]) => given.join() !== program.get(name)?.join());
    expect(differing.map(([name, given]) => `${name}: ${given} / ${program.get(name)}`)).toEqual([]);
  });
});

describe("the fake client", () => {
  it("does all that the real one does", () => {
    const methods = [...tauriSource.matchAll(/^ {2}(\w+): (?:async )?\(/gm)].map(([, name]) => name ?? "");
    expect(methods.length).toBeGreaterThan(50);
    Object.assign(globalThis, { window: { location: { search: "?idle=1" } } });
    expect(Object.keys(fake()).sort()).toEqual(methods.sort());
  });
});
