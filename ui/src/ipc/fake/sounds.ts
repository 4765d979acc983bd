// Sounds of the fake program: vowels of summed sines under the envelope of syllables, made when they are first asked for.

import type { SoundView } from "../bindings/SoundView";
import type { Client } from "../client";
import { dice, seedOf, type World } from "./world";

export const RATE = 16_000;
/** Letters read in a second at speed 1. */
export const LETTERS_PER_SECOND = 15;

const PITCH: Record<string, number> = { alder: 98, birch: 205, cedar: 124, dune: 148, ann: 188, tom: 112 };

interface Sound {
  view: SoundView;
  make: () => Int16Array;
  samples: Int16Array | null;
}

export interface Sounds {
  /** Registers a sound that is made from a text; the same text sounds the same. */
  speech(id: string, text: string, voice: string, speed: number): SoundView;
  /** Says how far a sound that is being made has come. */
  grow(id: string, seconds: number, complete: boolean): SoundView;
  samples(id: string): Int16Array;
  /** Registers a sound that is made already. */
  put(id: string, samples: Int16Array): SoundView;
}

export function secondsOf(text: string, speed: number): number {
  return Math.round((0.4 + text.length / LETTERS_PER_SECOND / speed) * 100) / 100;
}

function synthesize(seconds: number, pitch: number, seed: number): Int16Array {
  const random = dice(seed);
  const samples = new Int16Array(Math.round(seconds * RATE));
  let at = Math.round(0.06 * RATE);
  let phase = 0;
  while (at < samples.length - 0.1 * RATE) {
    const length = Math.round((0.11 + random() * 0.16) * RATE);
    const loud = 0.25 + random() * 0.6;
    const bright = 0.2 + random() * 0.8;
    const tone = pitch * (0.9 + random() * 0.25);
    for (let i = 0; i < length && at + i < samples.length; i += 1) {
      const part = i / length;
      const envelope = Math.sin(Math.PI * part) ** 0.7 * loud;
      phase += (2 * Math.PI * tone * (1 - 0.06 * part)) / RATE;
      const voice = Math.sin(phase) + 0.5 * Math.sin(2 * phase) + 0.35 * bright * Math.sin(5 * phase + 1);
      samples[at + i] = Math.round(voice * envelope * 9_500);
    }
    at += length + Math.round((random() < 0.16 ? 0.1 + random() * 0.22 : 0.015) * RATE);
  }
  return samples;
}

export function makeSounds(): Sounds {
  const all = new Map<string, Sound>();
  const find = (id: string): Sound => {
    const sound = all.get(id);
    if (!sound) throw { code: "sound_not_found", message: "This sound is no longer there.", fix: "Make it again." };
    return sound;
  };
  return {
    speech: (id, text, voice, speed) => {
      const seconds = secondsOf(text, speed);
      const known = all.get(id);
      if (known) return { ...known.view };
      const view: SoundView = { id, rateHz: RATE, seconds, complete: true, loudnessLufs: -21 - (seedOf(id) % 40) / 10 };
      all.set(id, { view, make: () => synthesize(seconds, PITCH[voice] ?? 150, seedOf(id + text)), samples: null });
      return { ...view };
    },
    grow: (id, seconds, complete) => {
      const { view } = find(id);
      view.seconds = seconds;
      view.complete = complete;
      return { ...view };
    },
    put: (id, samples) => {
      const view: SoundView = { id, rateHz: RATE, seconds: samples.length / RATE, complete: true, loudnessLufs: null };
      all.set(id, { view, make: () => samples, samples });
      return { ...view };
    },
    samples: (id) => {
      const sound = find(id);
      sound.samples ??= sound.make();
      return sound.samples.subarray(0, Math.round(sound.view.seconds * RATE));
    },
  };
}

/** Lowest and highest of each stretch, as signed bytes. */
export function peaksOf(samples: Int16Array, buckets: number): Int8Array {
  const peaks = new Int8Array(buckets * 2);
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    const from = Math.floor((bucket * samples.length) / buckets);
    const to = Math.max(from + 1, Math.floor(((bucket + 1) * samples.length) / buckets));
    let low = 0;
    let high = 0;
    for (let i = from; i < to; i += 1) {
      const sample = samples[i] ?? 0;
      if (sample < low) low = sample;
      if (sample > high) high = sample;
    }
    peaks[bucket * 2] = low >> 8;
    peaks[bucket * 2 + 1] = high >> 8;
  }
  return peaks;
}

export function soundPart(world: World): Pick<Client, "soundBytes" | "peaks"> {
  return {
    soundBytes: async (sound, from) => {
      await world.sleep(4);
      return new Uint8Array(world.sounds.samples(sound).slice(from >> 1).buffer).buffer;
    },
    peaks: async (sound, buckets) => {
      await world.sleep(4);
      return peaksOf(world.sounds.samples(sound), Math.max(1, Math.min(buckets, 20_000)));
    },
  };
}
