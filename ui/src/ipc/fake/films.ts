// The dubs of the fake program: how they are made from words, how well their cues fit, and what of them is made.

import type { CueFitView } from "../bindings/CueFitView";
import type { CueState } from "../bindings/CueState";
import type { DubCardView } from "../bindings/DubCardView";
import type { DubCueView } from "../bindings/DubCueView";
import type { DubSpeakerView } from "../bindings/DubSpeakerView";
import type { DubTranslationView } from "../bindings/DubTranslationView";
import type { DubView } from "../bindings/DubView";
import { FERRY, type Said } from "./film-words";
import { problem, type World } from "./world";

export interface Cast {
  letter: string;
  name: string;
  voice: string | null;
}

/** What edits change. */
export interface Cut {
  speakers: Cast[];
  cues: DubCueView[];
  translation: DubTranslationView;
}

export interface Film extends Cut {
  id: number;
  title: string;
  film: string;
  from: string | null;
  to: string;
  durationMs: number;
  hasPicture: boolean;
  added: number;
  warnings: string[];
  nextId: number;
  past: Cut[];
  future: Cut[];
}

const PROGRAMS_CHOICE = ["birch", "cedar", "dune", "alder"];
/** Letters that are spoken in a second of a dub. */
const LETTERS_PER_SECOND = 15.5;
const FASTEST = 1.12;

export const isMade = (state: CueState) => state === "fresh" || state === "doubtful" || state === "locked";

/** Whether it was ever made. */
export const wasMade = (cue: DubCueView) => cue.takes > 0;

export function spokenSeconds(text: string): number {
  return Math.round((0.25 + text.length / LETTERS_PER_SECOND) * 1000) / 1000;
}

/** How a cue fits its time, with the silence before the next one to borrow from. */
export function fitOf(cue: DubCueView, next: DubCueView | undefined): CueFitView | null {
  if (cue.target.trim() === "" && cue.recorded === null) return null;
  const natural = spokenSeconds(cue.target) * (1 - 0.06 * (cue.take ?? 0));
  const room =
    (next ? Math.max(cue.endMs, Math.min(next.startMs - 80, cue.endMs + 400)) : cue.endMs + 400) - cue.startMs;
  const tempo = Math.min(FASTEST, Math.max(1, (natural * 1000) / room));
  const seconds = Math.round((natural / tempo) * 1000) / 1000;
  const overMs = Math.max(0, Math.round(seconds * 1000 - room));
  const score = Math.max(0, 1 - overMs / 800 - (tempo - 1));
  return {
    startMs: cue.startMs,
    seconds,
    tempo: Math.round(tempo * 100) / 100,
    overMs,
    score,
    isMeasured: wasMade(cue) || cue.recorded !== null,
  };
}

/** Cues in order, with their places and fits, each state agreeing with its words. */
export function settled(cues: readonly DubCueView[]): DubCueView[] {
  const sorted = cues.slice().sort((a, b) => a.startMs - b.startMs || a.id - b.id);
  return sorted.map((cue, index) => {
    const fit = fitOf(cue, sorted[index + 1]);
    const bare = cue.target.trim() === "";
    let { state } = cue;
    if (cue.recorded !== null && state !== "locked") state = "fresh";
    else if (bare) state = "untranslated";
    else if (state === "untranslated") state = "draft";
    return { ...cue, index, fit, state };
  });
}

function cueOf(
  id: number,
  speaker: number,
  startMs: number,
  endMs: number,
  source: string,
  target: string,
): DubCueView {
  return {
    index: 0,
    id,
    startMs,
    endMs,
    speaker,
    source,
    target,
    by: target ? "model" : "ear",
    take: null,
    recorded: null,
    takes: 0,
    state: target ? "draft" : "untranslated",
    fit: null,
    doubt: null,
  };
}

/** Made as it now stands. */
export function make(cue: DubCueView, doubt: string | null = null, newTake = false): DubCueView {
  const takes = Math.max(1, newTake ? cue.takes + 1 : cue.takes);
  return { ...cue, state: doubt ? "doubtful" : "fresh", doubt, takes, take: newTake ? takes - 1 : cue.take };
}

function laid(words: readonly Said[], translated: boolean): { cues: DubCueView[]; endMs: number } {
  let at = 0;
  const cues: DubCueView[] = [];
  for (const [speaker, before, source, target] of words) {
    at += Math.round(before * 1000);
    const long = Math.round((0.5 + source.length / 15) * 1000);
    cues.push(cueOf(cues.length + 1, speaker, at, at + long, source, translated ? target : ""));
    at += long;
  }
  return { cues, endMs: at };
}

function film(id: number, title: string, file: string, change: Partial<Film>): Film {
  return {
    id,
    title,
    film: file,
    from: "en",
    to: "de",
    durationMs: 180_000,
    hasPicture: true,
    added: Math.floor(Date.now() / 1000) - 86_400 * id,
    warnings: [],
    nextId: 1000,
    speakers: [],
    cues: [],
    translation: { glossary: [], tone: null },
    past: [],
    future: [],
    ...change,
  };
}

const FAMILY = (): Cast[] => [
  { letter: "A", name: "Ines", voice: "ann" },
  { letter: "B", name: "Marten", voice: "alder" },
  { letter: "C", name: "C", voice: null },
];

/** A film with cues in all states. */
export function ferry(id: number): Film {
  const { cues, endMs } = laid(FERRY, true);
  const stated = cues.map((cue, at) => {
    if (at === 0 || at === 1) return { ...make(cue), state: "locked" as const, by: "hand" as const };
    if (at === 8) return make({ ...cue, by: "hand" }, "it says “einen”, and “keinen” is written");
    if (at === 4) return { ...make(cue), take: 1, takes: 3 };
    if (at === 12 || at === 17) return { ...make(cue), state: "stale" as const, by: "hand" as const };
    if (at === 9) return { ...make(cue), by: "file" as const };
    if (at < 22) return make(cue);
    if (at === 22) return { ...cue, state: "rendering" as const };
    if (at < 27) return { ...cue, state: "queued" as const };
    return cue;
  });
  return film(id, "The Last Ferry", "The Last Ferry.mov", {
    durationMs: Math.max(186_000, endMs + 3000),
    speakers: FAMILY(),
    cues: settled(stated),
    warnings: ["Two people speak at once at 1:12; only the louder one is written down."],
  });
}

/** A generated film of so many cues. */
function generated(id: number, count: number): Film {
  const cues: DubCueView[] = [];
  let at = 1000;
  for (let n = 0; n < count; n += 1) {
    const [speaker, before, source, target] = FERRY[n % 33] ?? FERRY[0] ?? [0, 0, "", ""];
    at += Math.round(before * 500);
    const long = Math.round((0.5 + source.length / 15) * 1000);
    const cue = cueOf(n + 1, speaker, at, at + long, source, target);
    cues.push(n < count / 4 ? make(cue) : cue);
    at += long;
  }
  return film(id, "The Long Coast Road", "The Long Coast Road.mkv", {
    durationMs: at + 2000,
    nextId: count + 1000,
    speakers: FAMILY(),
    cues: settled(cues),
  });
}

export function cardOf(film: Film): DubCardView {
  const { id, title, from, to, durationMs, hasPicture, added, cues } = film;
  return {
    id,
    title,
    film: film.film,
    from,
    to,
    durationMs,
    hasPicture,
    cues: cues.length,
    fresh: cues.filter((cue) => isMade(cue.state)).length,
    untranslated: cues.filter((cue) => cue.state === "untranslated").length,
    added,
  };
}

export const spokenBy = (cast: Cast, at: number): string =>
  cast.voice ?? PROGRAMS_CHOICE[at % PROGRAMS_CHOICE.length] ?? "birch";

export function viewOf(film: Film): DubView {
  const counts = new Map<number, number>();
  for (const cue of film.cues) counts.set(cue.speaker, (counts.get(cue.speaker) ?? 0) + 1);
  const speakers: DubSpeakerView[] = film.speakers.map((cast, at) => ({
    ...cast,
    spokenBy: spokenBy(cast, at),
    cues: counts.get(at) ?? 0,
  }));
  const fits = film.cues.flatMap((cue) => (cue.fit ? [cue.fit.score] : []));
  const fitScore = fits.length > 0 ? fits.reduce((sum, score) => sum + score, 0) / fits.length : 0;
  const { cues, warnings, translation } = film;
  const [canUndo, canRedo] = [film.past.length > 0, film.future.length > 0];
  return { card: cardOf(film), speakers, cues, translation, fitScore, warnings, canUndo, canRedo };
}

/** What listening and translating find. */
export function heard(film: Film): void {
  if (film.cues.length === 0) {
    film.speakers = FAMILY().map((cast) => ({ ...cast, name: cast.letter, voice: null }));
    film.cues = settled(laid(FERRY, true).cues);
    return;
  }
  const words = new Map(FERRY.map(([, , source, target]) => [source, target]));
  film.cues = settled(
    film.cues.map((cue) =>
      cue.target === "" ? { ...cue, target: words.get(cue.source) || `Auf Deutsch: ${cue.source}`, by: "model" } : cue,
    ),
  );
}

export interface Reels {
  all(): Film[];
  find(id: number): Film;
  add(to: string, from: string | null): Film;
  remove(id: number): void;
}

const shelves = new WeakMap<World, Reels>();

export function reelsOf(world: World): Reels {
  const known = shelves.get(world);
  if (known) return known;
  const films = new Map<number, Film>();
  let next = 20;
  if (!world.switches.fresh) {
    films.set(1, ferry(1));
    const { cues } = laid(FERRY, false);
    const title = "Harbour Walk, the Director's Commentary with Subtitles from the Archive";
    films.set(
      2,
      film(2, title, "Harbour Walk.mkv", {
        speakers: FAMILY().slice(0, 2),
        cues: settled(cues.map((cue) => ({ ...cue, speaker: Math.min(1, cue.speaker), by: "file" }))),
      }),
    );
    films.set(3, film(3, "Interview 7", "Interview 7.wav", { from: null, hasPicture: false, durationMs: 2_412_000 }));
    if (world.switches.cues > 0) films.set(9, generated(9, world.switches.cues));
  }
  const reels: Reels = {
    all: () => [...films.values()],
    find: (id) => {
      const film = films.get(id);
      if (!film) throw problem("unknown_dub", "This dub is no longer there.", "Begin it again.");
      return film;
    },
    add: (to, from) => {
      next += 1;
      const made = film(next, "Evening Ferry", "Evening Ferry.mp4", { from, to, added: Math.floor(Date.now() / 1000) });
      films.set(next, made);
      return made;
    },
    remove: (id) => void films.delete(id),
  };
  shelves.set(world, reels);
  return reels;
}
