// What edits do to a dub of the fake program, and how far back they can be undone.

import type { DubCueView } from "../bindings/DubCueView";
import type { DubEdit } from "../bindings/DubEdit";
import { type Cut, type Film, settled, wasMade } from "./films";
import { problem } from "./world";

/** What was made no longer fits. */
const outdated = (cue: DubCueView): DubCueView =>
  cue.state === "locked" ? cue : { ...cue, state: wasMade(cue) ? "stale" : "draft", doubt: null };

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

function cut(film: Film, edit: DubEdit): Omit<Cut, "translation"> & Partial<Cut> {
  const { speakers, cues } = film;
  const free = (at: number): DubCueView => {
    const cue = cues[at];
    if (!cue) throw problem("unknown_cue", "There is no such cue.", "Open the dub again.");
    if (cue.state === "locked") throw problem("cue_locked", `Cue ${at + 1} is locked.`, "Unlock it first.");
    return cue;
  };
  /** Cues in a range, the locked ones left out unless one is named alone. */
  const within = (first: number, last: number, change: (cue: DubCueView) => DubCueView) => {
    if (first === last) free(first);
    const next = cues.map((cue, at) => (at < first || at > last || cue.state === "locked" ? cue : change(cue)));
    return { speakers, cues: settled(next) };
  };
  const timed = (startMs: number, endMs: number) => {
    if (startMs < 0 || endMs <= startMs || endMs > film.durationMs) {
      throw problem("bad_time", "A cue cannot end before it begins, nor after the film.", "Give a later end.");
    }
    return { startMs: Math.round(startMs), endMs: Math.round(endMs) };
  };
  switch (edit.edit) {
    case "target": {
      const text = edit.text.trim();
      if (free(edit.cue).target === text) return { speakers, cues };
      return within(edit.cue, edit.cue, (cue) => outdated({ ...cue, target: text, by: "hand" }));
    }
    case "source":
      free(edit.cue);
      return within(edit.cue, edit.cue, (cue) => ({ ...cue, source: edit.text.trim() }));
    case "time": {
      const time = timed(edit.startMs, edit.endMs);
      return within(edit.cue, edit.cue, (cue) => ({ ...cue, ...time }));
    }
    case "shift": {
      const moved = cues.slice(edit.first, edit.last + 1);
      const least = Math.min(...moved.map((cue) => cue.startMs));
      const most = Math.max(...moved.map((cue) => cue.endMs));
      timed(least + edit.byMs, Math.max(most, least + 1) + edit.byMs);
      return within(edit.first, edit.last, (cue) => ({
        ...cue,
        startMs: cue.startMs + edit.byMs,
        endMs: cue.endMs + edit.byMs,
      }));
    }
    case "speaker": {
      if (edit.speaker > speakers.length)
        throw problem("unknown_speaker", "There is no such speaker.", "Choose another.");
      const letter = LETTERS[edit.speaker] ?? "?";
      const known = edit.speaker < speakers.length ? speakers : [...speakers, { letter, name: letter, voice: null }];
      const { cues } = within(edit.first, edit.last, (cue) =>
        cue.speaker === edit.speaker ? cue : outdated({ ...cue, speaker: edit.speaker }),
      );
      return { speakers: known, cues };
    }
    case "voice":
      return {
        speakers: speakers.map((cast, at) => (at === edit.speaker ? { ...cast, voice: edit.voice } : cast)),
        cues: settled(cues.map((cue) => (cue.speaker === edit.speaker ? outdated(cue) : cue))),
      };
    case "name":
      return {
        speakers: speakers.map((cast, at) => (at === edit.speaker ? { ...cast, name: edit.name } : cast)),
        cues,
      };
    case "take":
      free(edit.cue);
      return within(edit.cue, edit.cue, (cue) => ({ ...cue, take: edit.take }));
    case "recorded":
      free(edit.cue);
      return within(edit.cue, edit.cue, (cue) => {
        const plain = { ...cue, recorded: edit.recording };
        return edit.recording === null ? outdated(plain) : plain;
      });
    case "translation":
      return { speakers, cues, translation: edit.settings };
    case "lock":
      return {
        speakers,
        cues: cues.map((cue, at) => {
          if (at < edit.first || at > edit.last) return cue;
          if (edit.locked) return wasMade(cue) ? { ...cue, state: "locked" } : cue;
          return cue.state === "locked" ? { ...cue, state: "fresh" } : cue;
        }),
      };
    case "split": {
      const cue = free(edit.cue);
      const parted = cue.target === "" ? cue.source : cue.target;
      const letters = Array.from(parted);
      const [left, right] = [letters.slice(0, edit.at).join("").trim(), letters.slice(edit.at).join("").trim()];
      if (!left || !right) throw problem("out_of_range", "A cue is split between two words.", "Put the caret there.");
      const middle = Math.round(cue.startMs + ((cue.endMs - cue.startMs) * edit.at) / letters.length);
      const share = Math.round((cue.source.length * edit.at) / letters.length);
      const space = cue.source.indexOf(" ", share);
      const sourceAt = cue.target === "" ? edit.at : space < 0 ? cue.source.length : space;
      const half = (first: boolean): DubCueView => ({
        ...cue,
        id: first ? cue.id : film.nextId++,
        startMs: first ? cue.startMs : middle,
        endMs: first ? middle : cue.endMs,
        source: (first ? cue.source.slice(0, sourceAt) : cue.source.slice(sourceAt)).trim(),
        target: cue.target === "" ? "" : first ? left : right,
        state: "draft",
        take: null,
        recorded: null,
        takes: 0,
        doubt: null,
      });
      return {
        speakers,
        cues: settled([...cues.slice(0, edit.cue), half(true), half(false), ...cues.slice(edit.cue + 1)]),
      };
    }
    case "merge": {
      const [first, second] = [free(edit.cue), free(edit.cue + 1)];
      const one: DubCueView = {
        ...first,
        endMs: Math.max(first.endMs, second.endMs),
        source: `${first.source} ${second.source}`.trim(),
        target: `${first.target} ${second.target}`.trim(),
        state: "draft",
        take: null,
        recorded: null,
        takes: 0,
        doubt: null,
      };
      return { speakers, cues: settled([...cues.slice(0, edit.cue), one, ...cues.slice(edit.cue + 2)]) };
    }
    case "insert": {
      const { startMs, endMs } = timed(edit.startMs, edit.endMs);
      const added: DubCueView = {
        index: 0,
        id: film.nextId++,
        startMs,
        endMs,
        speaker: edit.speaker,
        source: "",
        target: edit.text.trim(),
        by: "hand",
        take: null,
        recorded: null,
        takes: 0,
        state: "untranslated",
        fit: null,
        doubt: null,
      };
      const letter = LETTERS[edit.speaker] ?? "?";
      const known = edit.speaker < speakers.length ? speakers : [...speakers, { letter, name: letter, voice: null }];
      return { speakers: known, cues: settled([...cues, added]) };
    }
    case "remove":
      if (edit.first === edit.last) free(edit.first);
      return {
        speakers,
        cues: settled(cues.filter((cue, at) => at < edit.first || at > edit.last || cue.state === "locked")),
      };
    case "undo":
    case "redo":
      return { speakers, cues };
  }
}

/** Takes a change down, so that it can be taken back. */
export function change(film: Film, next: Partial<Cut>): void {
  film.past.push({ speakers: film.speakers, cues: film.cues, translation: film.translation });
  film.future = [];
  Object.assign(film, next);
}

/** Changes the dub. */
export function applyCut(film: Film, edit: DubEdit): void {
  const before: Cut = { speakers: film.speakers, cues: film.cues, translation: film.translation };
  if (edit.edit === "undo" || edit.edit === "redo") {
    const [from, to] = edit.edit === "undo" ? [film.past, film.future] : [film.future, film.past];
    const step = from.pop();
    if (!step) return;
    to.push(before);
    film.speakers = step.speakers;
    film.cues = step.cues;
    film.translation = step.translation;
    return;
  }
  change(film, cut(film, edit));
}
