// The takes: those that are kept, their sounds, and which two of them are compared.

import { create } from "zustand";
import type { SoundFormat } from "../../ipc/bindings/SoundFormat";
import type { SoundView } from "../../ipc/bindings/SoundView";
import type { TakeView } from "../../ipc/bindings/TakeView";
import { client } from "../../ipc/index";
import { play, usePlayer } from "../../player/player";
import { fail, toast } from "../../state/store";

interface Takes {
  /** Newest first. */
  list: TakeView[];
  /** Whether the list was fetched. */
  known: boolean;
  /** Sounds by the ids of their takes. */
  sounds: Record<string, SoundView>;
  a: string | null;
  b: string | null;
  /** Ids of removed takes, the last one last. */
  removed: string[];
  starredOnly: boolean;
  /** The take that the keys are about. */
  focus: string | null;
}

export const useTakes = create<Takes>(() => ({
  list: [],
  known: false,
  sounds: {},
  a: null,
  b: null,
  removed: [],
  starredOnly: false,
  focus: null,
}));

const { setState: set, getState: get } = useTakes;

/** More than this lies below what is played, in LUFS, is not brought up to it. */
const TOO_QUIET_LUFS = -32;

let seen: string | undefined;

/** Fetches the takes of a library. Another one numbers its own anew, so nothing known of the last one counts there. */
export async function reload(library = seen): Promise<void> {
  if (library !== seen) set({ sounds: {}, a: null, b: null, removed: [], focus: null });
  seen = library;
  const list = await client.takes();
  const there = (id: string | null) => (list.some((take) => take.id === id) ? id : null);
  set({ list, known: true, a: there(get().a), b: there(get().b), focus: there(get().focus) });
}

export function shown({ list, starredOnly }: Takes): TakeView[] {
  return starredOnly ? list.filter((take) => take.starred) : list;
}

export function added(take: TakeView, sound: SoundView | null): void {
  const { list, sounds } = get();
  set({
    list: [take, ...list.filter((other) => other.id !== take.id)],
    sounds: sound ? { ...sounds, [take.id]: sound } : sounds,
    focus: take.id,
  });
}

export async function soundOf(take: TakeView): Promise<SoundView> {
  const known = get().sounds[take.id];
  if (known) return known;
  const sound = await client.takeSound(take.id);
  set({ sounds: { ...get().sounds, [take.id]: sound } });
  return sound;
}

/** Drops a sound that the program no longer holds. */
export function forget(id: string): void {
  const { [id]: _, ...sounds } = get().sounds;
  set({ sounds });
}

export function nameOf(take: TakeView): string {
  return `${take.voiceName}: ${take.text}`;
}

export async function playTake(take: TakeView, from = 0): Promise<void> {
  try {
    await play(await soundOf(take), nameOf(take), from);
  } catch {
    // The program keeps only so many sounds in memory: ask once more.
    forget(take.id);
    await soundOf(take)
      .then((sound) => play(sound, nameOf(take), from))
      .catch(fail);
  }
}

export function mark(side: "a" | "b", take: string): void {
  const other = side === "a" ? "b" : "a";
  const taken = get()[side] === take;
  set({ [side]: taken ? null : take, [other]: get()[other] === take ? null : get()[other] } as Partial<Takes>);
}

/** Plays a side from where the sound in hand is. A side that is not marked yet becomes the focused take. */
export async function compare(side: "a" | "b"): Promise<void> {
  const { focus, list, sounds, a, b } = get();
  if (!get()[side] && focus) mark(side, focus);
  const take = list.find((take) => take.id === get()[side]);
  if (!take) return;
  const now = usePlayer.getState();
  const compared = [a, b].some((id) => id && sounds[id]?.id === now.sound?.id);
  const from = compared && now.sound && now.position < take.seconds - 0.05 ? now.position : 0;
  await playTake(take, from);
}

/** Whether two takes can be brought to the same loudness. */
export function matched(takes: (TakeView | undefined)[]): boolean {
  return takes.every((take) => !take || (take.loudnessLufs !== null && take.loudnessLufs >= TOO_QUIET_LUFS));
}

export async function star(take: TakeView): Promise<void> {
  const to = (starred: boolean) =>
    set({ list: get().list.map((other) => (other.id === take.id ? { ...other, starred } : other)) });
  to(!take.starred);
  await client.starTake(take.id, !take.starred).catch((thrown) => {
    to(take.starred);
    fail(thrown);
  });
}

export async function remove(take: TakeView, words: { removed: string; undo: string }): Promise<void> {
  try {
    await client.removeTake(take.id);
  } catch (thrown) {
    fail(thrown);
    return;
  }
  const { list, removed, focus, a, b } = get();
  const at = list.findIndex((other) => other.id === take.id);
  const rest = list.filter((other) => other.id !== take.id);
  set({
    list: rest,
    removed: [...removed, take.id],
    focus: focus === take.id ? (rest[Math.min(at, rest.length - 1)]?.id ?? null) : focus,
    a: a === take.id ? null : a,
    b: b === take.id ? null : b,
  });
  toast({
    tone: "plain",
    text: words.removed,
    action: { label: words.undo, run: () => void restore(take.id) },
  });
}

/** Brings back a removed take; without an id, the last one. */
export async function restore(id = get().removed.at(-1)): Promise<void> {
  if (!id) return;
  set({ removed: get().removed.filter((other) => other !== id) });
  await client
    .restoreTake(id)
    .then(() => reload())
    .then(() => set({ focus: id }))
    .catch(fail);
}

export async function exportTake(
  take: TakeView,
  format: SoundFormat,
  words: (name: string) => { saved: string; show: string },
): Promise<void> {
  try {
    const saved = await client.exportTake(take.id, format);
    const { saved: text, show } = words(saved.name);
    toast({
      tone: "good",
      text,
      action: { label: show, run: () => void client.showFolder("exports").catch(fail) },
    });
  } catch (thrown) {
    fail(thrown);
  }
}
