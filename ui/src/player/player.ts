// Plays sounds by their ids, from samples fetched in byte ranges: also sounds that are still being made. One sound at a
// time. Gain is set per sound, so that takes are compared at the same loudness.

import { create } from "zustand";
import type { SoundView } from "../ipc/bindings/SoundView";
import { client } from "../ipc/index";

/** Loudness that everything is played at, in LUFS. */
const PLAYED_AT_LUFS = -20;
/** Never louder than this, in dB: a whisper stays a whisper. */
const MOST_GAIN_DB = 12;

interface Playing {
  /** The sound in hand; null when there is none. */
  sound: SoundView | null;
  /** What it is called on the page, such as "line 12". */
  name: string;
  playing: boolean;
  /** Seconds. */
  position: number;
  seconds: number;
  /** More is expected than is there. */
  waiting: boolean;
}

export const usePlayer = create<Playing>(() => ({
  sound: null,
  name: "",
  playing: false,
  position: 0,
  seconds: 0,
  waiting: false,
}));

const set = usePlayer.setState;
const get = usePlayer.getState;

let context: AudioContext | null = null;
let gain: GainNode | null = null;
let samples = new Float32Array(0);
/** Seconds of the sound that are scheduled. */
let scheduled = 0;
/** Time of the context at which the sound's second 0 would have been. */
let origin = 0;
let nodes: AudioBufferSourceNode[] = [];
let clock = 0;
/** Counts up with each sound, so that late answers for an older one are dropped. */
let turn = 0;
let after: (() => void) | null = null;

function audio(): AudioContext {
  context ??= new AudioContext({ latencyHint: "interactive" });
  if (!gain) {
    gain = context.createGain();
    gain.connect(context.destination);
  }
  // A click or a key came before, so the browser lets us.
  void context.resume();
  return context;
}

function gainFor(sound: SoundView): number {
  if (sound.loudnessLufs === null) return 1;
  return 10 ** (Math.min(MOST_GAIN_DB, PLAYED_AT_LUFS - sound.loudnessLufs) / 20);
}

/** Puts what has arrived into the schedule. */
function schedule(): void {
  const { sound, playing } = get();
  if (!sound || !playing || !context || !gain) return;
  const have = samples.length / sound.rateHz;
  if (have <= scheduled) return;
  const now = context.currentTime;
  // Fell behind: go on from now, without a jump in the sound.
  if (origin + scheduled < now) origin = now + 0.03 - scheduled;
  const from = Math.round(scheduled * sound.rateHz);
  const piece = samples.subarray(from);
  const buffer = context.createBuffer(1, piece.length, sound.rateHz);
  buffer.copyToChannel(new Float32Array(piece), 0);
  const node = context.createBufferSource();
  node.buffer = buffer;
  node.connect(gain);
  node.start(origin + scheduled);
  nodes.push(node);
  scheduled = have;
  set({ waiting: false });
}

function silence(): void {
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

function tick(): void {
  cancelAnimationFrame(clock);
  const { sound, playing } = get();
  if (!sound || !playing || !context) return;
  const at = Math.max(0, Math.min(context.currentTime - origin, scheduled));
  if (at >= scheduled && sound.complete && scheduled > 0) {
    silence();
    const then = after;
    set({ playing: false, position: get().seconds });
    then?.();
    return;
  }
  set({ position: at, waiting: at >= scheduled && !sound.complete });
  clock = requestAnimationFrame(tick);
}

let fetching: Promise<void> = Promise.resolve();

/** Fetches what came since the last time. One after the other: each begins where the one before has ended. */
function fetchMore(mine: number): Promise<void> {
  fetching = fetching.catch(() => undefined).then(() => (mine === turn ? fetchNow(mine) : undefined));
  return fetching;
}

async function fetchNow(mine: number): Promise<void> {
  const { sound } = get();
  if (!sound) return;
  const bytes = await client.soundBytes(sound.id, samples.length * 2);
  if (mine !== turn || bytes.byteLength < 2) return;
  const fresh = new Int16Array(bytes, 0, bytes.byteLength >> 1);
  const joined = new Float32Array(samples.length + fresh.length);
  joined.set(samples);
  for (let i = 0; i < fresh.length; i += 1) joined[samples.length + i] = (fresh[i] ?? 0) / 32768;
  samples = joined;
  set({ seconds: Math.max(get().seconds, samples.length / sound.rateHz) });
  schedule();
}

/** Plays a sound from a second of it. `then` runs if it is heard to its end. */
export async function play(sound: SoundView, name: string, from = 0, then: (() => void) | null = null): Promise<void> {
  stop();
  const mine = ++turn;
  after = then;
  samples = new Float32Array(0);
  const now = audio().currentTime;
  if (gain) gain.gain.value = gainFor(sound);
  scheduled = from;
  origin = now + 0.02 - from;
  set({ sound, name, playing: true, position: from, seconds: sound.seconds, waiting: true });
  await fetchMore(mine);
  if (mine === turn) tick();
}

/** The sound in hand has grown, or is complete. */
export async function grown(sound: SoundView): Promise<void> {
  if (get().sound?.id !== sound.id) return;
  set({ sound, seconds: Math.max(sound.seconds, get().seconds) });
  await fetchMore(turn);
}

export function pause(): void {
  if (!get().playing) return;
  silence();
  set({ playing: false });
}

export function resume(): void {
  const { sound, playing, position, seconds } = get();
  if (!sound || playing) return;
  seekTo(position >= seconds - 0.02 ? 0 : position, true);
}

export function toggle(): void {
  if (get().playing) pause();
  else resume();
}

/** Moves to a second of the sound in hand. */
export function seek(to: number): void {
  seekTo(to, get().playing);
}

function seekTo(to: number, playing: boolean): void {
  const { sound, seconds } = get();
  if (!sound) return;
  silence();
  const at = Math.max(0, Math.min(to, seconds));
  scheduled = at;
  origin = audio().currentTime + 0.02 - at;
  set({ position: at, playing });
  if (playing) {
    schedule();
    tick();
  }
}

export function stop(): void {
  turn += 1;
  after = null;
  silence();
  cancelAnimationFrame(clock);
  set({ sound: null, name: "", playing: false, position: 0, seconds: 0, waiting: false });
}
