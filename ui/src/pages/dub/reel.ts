// Plays the film's sound: the original, the dub or the mix, in stretches that are fetched ahead and put end to end. The
// picture and the timeline follow its position. One film at a time.

import { create } from "zustand";
import type { MonitorKind } from "../../ipc/bindings/MonitorKind";
import { client } from "../../ipc/index";
import { stop as stopPlayer, usePlayer } from "../../player/player";
import { fail } from "./problems";

/** The first stretch is short, so that it is heard soon. */
const FIRST_MS = 3_000;
const STRETCH_MS = 15_000;
/** This much is fetched before it is needed. */
const AHEAD_MS = 12_000;
/** A stretch that is fetched anew is there after about so long. */
const LEAD_MS = 1_200;
/** The mix is another one so long before and after a cue that changed. */
const AROUND_MS = 1_000;

export const RATES = [0.75, 1, 1.5, 2] as const;

interface Reel {
  dub: number | null;
  durationMs: number;
  positionMs: number;
  playing: boolean;
  /** More is asked for than is there. */
  waiting: boolean;
  what: MonitorKind;
  rate: number;
  /** Counts up with each jump. */
  jumps: number;
}

export const useReel = create<Reel>(() => ({
  dub: null,
  durationMs: 0,
  positionMs: 0,
  playing: false,
  waiting: false,
  what: "mix",
  rate: 1,
  jumps: 0,
}));

const { setState: set, getState: get } = useReel;

let context: AudioContext | null = null;
let nodes: AudioBufferSourceNode[] = [];
/** Counts up with each start, so that late answers for an older one are dropped. */
let turn = 0;
/** Milliseconds of the film where this run began, and the context's time of that. */
let base = 0;
let origin = 0;
/** Up to here the film is scheduled. */
let fetched = 0;
/** Where it ends by itself. */
let until = 0;
let pumping = false;
/** From here on what is scheduled is older than the cues. */
let stale: number | null = null;
let clock = 0;

function audio(): AudioContext {
  context ??= new AudioContext({ latencyHint: "interactive" });
  // A click or a key came before, so the browser lets us.
  void context.resume();
  return context;
}

function silence(): void {
  turn += 1;
  pumping = false;
  stale = null;
  cancelAnimationFrame(clock);
  for (const node of nodes) {
    node.onended = null;
    try {
      node.stop();
    } catch {
      // It had not begun.
    }
    node.disconnect();
  }
  nodes = [];
}

function now(): number {
  if (!context || origin === 0) return base;
  const at = base + (context.currentTime - origin) * 1000 * get().rate;
  return Math.max(base, Math.min(at, fetched));
}

async function pump(mine: number): Promise<void> {
  if (pumping) return;
  pumping = true;
  try {
    while (mine === turn) {
      const renews = stale !== null;
      // Not before the new sound can be there: until then the old one is heard.
      const from = stale === null ? fetched : Math.max(base, stale, now() + LEAD_MS);
      stale = null;
      if (renews && from >= fetched) continue;
      if (!renews && (fetched >= until || fetched - now() >= AHEAD_MS)) break;
      const to = Math.min(until, from + (from === base ? FIRST_MS : STRETCH_MS));
      const { dub, what, rate } = get();
      if (dub === null || to <= from) return;
      const sound = await client.dubMonitor(dub, Math.round(from), Math.round(to), what);
      const bytes = await client.soundBytes(sound.id, 0);
      if (mine !== turn) return;
      // It changed once more meanwhile.
      if (isStaleBefore(to)) {
        if (renews) stale = Math.min(stale ?? from, from);
        continue;
      }
      schedule(from, bytes, sound.rateHz, rate, renews);
      fetched = to;
    }
  } catch (thrown) {
    if (mine !== turn) return;
    pause();
    fail(thrown);
  } finally {
    if (mine === turn) pumping = false;
  }
}

const isStaleBefore = (ms: number): boolean => stale !== null && stale < ms;

/** The film sounds otherwise from a moment on: what was fetched ahead of there is fetched anew, while it plays. */
export function renewFrom(ms: number): void {
  if (!get().playing || get().what === "original") return;
  // A line is heard a little around its cue, by how the sound under it dips.
  const from = Math.max(0, ms - AROUND_MS);
  if (from >= fetched && !pumping) return;
  stale = Math.min(stale ?? from, from);
  void pump(turn);
}

function schedule(from: number, bytes: ArrayBuffer, rateHz: number, rate: number, renews: boolean): void {
  const here = audio();
  const whole = new Int16Array(bytes, 0, bytes.byteLength >> 1);
  if (whole.length === 0) return;
  const buffer = here.createBuffer(1, whole.length, rateHz);
  const channel = buffer.getChannelData(0);
  for (let i = 0; i < whole.length; i += 1) channel[i] = (whole[i] ?? 0) / 32768;
  if (origin === 0) origin = here.currentTime + 0.04;
  let at = origin + (from - base) / 1000 / rate;
  let skip = 0;
  if (at < here.currentTime) {
    if (renews) {
      // The old sound went on meanwhile: join it where it is.
      const late = here.currentTime + 0.03 - at;
      skip = late * rate;
      at += late;
    } else {
      // Fell behind: go on from now, without a jump in the film.
      origin += here.currentTime + 0.03 - at;
      at = here.currentTime + 0.03;
    }
  }
  if (renews) {
    // What was to be heard from here on gives way.
    for (const old of nodes) {
      try {
        old.stop(at);
      } catch {
        // It is over.
      }
    }
  }
  if (skip >= buffer.duration) return;
  const node = here.createBufferSource();
  node.buffer = buffer;
  node.playbackRate.value = rate;
  node.connect(here.destination);
  node.onended = () => {
    nodes = nodes.filter((one) => one !== node);
  };
  node.start(at, skip);
  nodes.push(node);
}

/** Shows a moment without any sound; what played ends. */
export function showAt(ms: number): void {
  if (get().playing) pause();
  set({ positionMs: Math.max(0, Math.min(ms, get().durationMs)) });
}

function tick(): void {
  cancelAnimationFrame(clock);
  if (!get().playing) return;
  const at = now();
  if (at >= until) {
    silence();
    set({ positionMs: until, playing: false, waiting: false });
    return;
  }
  set({ positionMs: at, waiting: at >= fetched });
  if (fetched < until && fetched - at < AHEAD_MS) void pump(turn);
  clock = requestAnimationFrame(tick);
}

/** Plays from a moment to another, or to the film's end. */
export function playFrom(ms: number, to: number | null = null): void {
  const { dub, durationMs } = get();
  if (dub === null || durationMs === 0) return;
  stopPlayer();
  silence();
  audio();
  base = Math.max(0, Math.min(ms, durationMs));
  fetched = base;
  origin = 0;
  until = Math.min(durationMs, to ?? durationMs);
  if (until <= base) return;
  set({ playing: true, waiting: true, positionMs: base });
  void pump(turn);
  tick();
}

export function pause(): void {
  if (!get().playing) return;
  const at = now();
  silence();
  set({ playing: false, waiting: false, positionMs: at });
}

export function toggle(): void {
  const { playing, positionMs, durationMs } = get();
  if (playing) pause();
  else playFrom(positionMs >= durationMs - 40 ? 0 : positionMs);
}

/** Moves to a moment; goes on playing if it did. */
export function seek(ms: number): void {
  const { playing, durationMs, jumps } = get();
  const at = Math.max(0, Math.min(ms, durationMs));
  set({ positionMs: at, jumps: jumps + 1 });
  if (playing) playFrom(at);
}

export const seekBy = (ms: number): void => seek(get().positionMs + ms);

function again(): void {
  const { playing, positionMs } = get();
  if (playing) playFrom(positionMs, until < get().durationMs ? until : null);
}

export function monitor(what: MonitorKind): void {
  if (get().what === what) return;
  set({ what });
  again();
}

/** One step faster, or slower; plays if it did not. */
export function shuttle(step: 1 | -1): void {
  const { playing, rate } = get();
  if (!playing) {
    set({ rate: 1 });
    if (step > 0) toggle();
    else seekBy(-2000);
    return;
  }
  const at = RATES.indexOf(rate as (typeof RATES)[number]);
  if (step < 0 && rate <= 1) {
    seekBy(-2000);
    return;
  }
  const next = RATES[Math.max(0, Math.min(RATES.length - 1, at + step))] ?? 1;
  const place = get().positionMs;
  set({ rate: next });
  playFrom(place);
}

export function openReel(dub: number, durationMs: number): void {
  const { dub: before } = get();
  if (before === dub) {
    set({ durationMs });
    return;
  }
  silence();
  set({ dub, durationMs, positionMs: 0, playing: false, waiting: false, rate: 1 });
}

export function closeReel(): void {
  silence();
  set({ dub: null, durationMs: 0, positionMs: 0, playing: false, waiting: false });
}

// A sound that is played elsewhere in the window ends the film's.
usePlayer.subscribe(({ playing }, { playing: before }) => {
  if (playing && !before) pause();
});
