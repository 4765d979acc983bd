// What the parts of the fake program share: its switches, its clock, its library's state, and whom it tells.

import type { LibraryView } from "../bindings/LibraryView";
import type { News } from "../bindings/News";
import type { Problem } from "../bindings/Problem";
import type { SampleView } from "../bindings/SampleView";
import type { VoiceView } from "../bindings/VoiceView";
import { people, presets } from "./people";
import { makeSounds, type Sounds } from "./sounds";

export interface Switches {
  fresh: boolean;
  keyring: boolean;
  locked: boolean;
  demo: boolean;
  refuse: "never" | "once" | "always";
  noisy: boolean;
  theme: string | null;
  motion: string | null;
  lang: string | null;
  scale: number;
  lines: number;
  cues: number;
  gpu: boolean;
  idle: boolean;
  route: string | null;
  speed: number;
}

export interface World {
  switches: Switches;
  library: LibraryView;
  voices: VoiceView[];
  samples: SampleView[];
  sounds: Sounds;
  listeners: Set<(news: News) => void>;
  /** Ends what has the microphone, if anything has. */
  endRecording: (() => void) | null;
  tell(news: News): void;
  /** Waits, in the program's own time. */
  sleep(milliseconds: number): Promise<void>;
  /** Calls again and again in the program's own time; answers how to stop. */
  every(milliseconds: number, run: () => void): () => void;
  /** Milliseconds of the program's own time. */
  now(): number;
  /** Makes time run so many times as fast from here on. */
  pace(speed: number): void;
  /** Throws as the program does without an open library. */
  needLibrary(): void;
  id(prefix: string): string;
}

export function problem(code: string, message: string, fix: string): Problem {
  return { code, message, fix };
}

/** A copy, as what comes over a wire is. */
export function copy<T>(value: T): T {
  return structuredClone(value);
}

/** Even numbers from 0 to 1, the same ones for the same seed. */
export function dice(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 12), 0x297a2d39);
    mixed ^= mixed >>> 15;
    return (mixed >>> 0) / 4294967296;
  };
}

export function seedOf(text: string): number {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return hash >>> 0;
}

function readSwitches(query: URLSearchParams): Switches {
  const on = (name: string) => query.get(name) === "1";
  const refuse = query.get("refuse");
  return {
    fresh: on("fresh"),
    keyring: query.get("keyring") !== "0",
    locked: on("locked"),
    demo: on("demo"),
    refuse: refuse === "statement" ? "always" : refuse === "once" ? "once" : "never",
    noisy: on("noisy"),
    theme: query.get("theme"),
    motion: query.get("motion"),
    lang: query.get("lang"),
    scale: Number(query.get("scale") ?? 1) || 1,
    lines: Number(query.get("lines") ?? 0) || 0,
    cues: Number(query.get("cues") ?? 0) || 0,
    gpu: on("gpu"),
    idle: on("idle"),
    route: query.get("route"),
    speed: Number(query.get("speed") ?? 1) || 1,
  };
}

export function makeWorld(query: URLSearchParams): World {
  const switches = readSwitches(query);
  const listeners = new Set<(news: News) => void>();
  let [told, at] = [0, performance.now()];
  let count = 0;
  const world: World = {
    switches,
    library: {
      state: switches.fresh
        ? switches.keyring
          ? "none"
          : "none_needs_passphrase"
        : switches.locked
          ? "locked"
          : "open",
      demo: switches.demo,
      folder: "/home/ann/.local/share/vouch/library",
      problem: switches.locked
        ? problem(
            "library_locked",
            "The library is locked: the system's keyring did not give its key.",
            "Unlock the keyring, or give the passphrase.",
          )
        : null,
    },
    voices: switches.fresh ? presets() : [...presets(), ...people()],
    samples: [],
    sounds: makeSounds(),
    listeners,
    endRecording: null,
    tell: (news) => {
      for (const listener of listeners) listener(copy(news));
    },
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds / switches.speed)),
    every: (milliseconds, run) => {
      const timer = setInterval(run, milliseconds / switches.speed);
      return () => clearInterval(timer);
    },
    now: () => told + (performance.now() - at) * switches.speed,
    pace: (speed) => {
      [told, at] = [world.now(), performance.now()];
      switches.speed = speed;
    },
    needLibrary: () => {
      if (world.library.state === "open") return;
      throw problem("no_library", "There is no open library.", "Open the library first.");
    },
    id: (prefix) => {
      count += 1;
      return `${prefix}${count}`;
    },
  };
  return world;
}
