// A take in the making: heard from its first sound on, told how far it is, stopped at once. Outlives the page.

import { create } from "zustand";
import type { Problem } from "../../ipc/bindings/Problem";
import type { SoundView } from "../../ipc/bindings/SoundView";
import type { TakeForm } from "../../ipc/bindings/TakeForm";
import type { TakeNews } from "../../ipc/bindings/TakeNews";
import type { TakeView } from "../../ipc/bindings/TakeView";
import { client, problemOf } from "../../ipc/index";
import { grown, play, stop, usePlayer } from "../../player/player";
import { added } from "./takes";

interface Making {
  /** What is being made; null when nothing is. */
  form: TakeForm | null;
  /** 0 until it is known. */
  sentences: number;
  /** Sound so far. */
  seconds: number;
  /** From the request to the first sound. */
  firstSound: number | null;
  /** Since the request, at the latest news. */
  elapsed: number;
  stopping: boolean;
  /** The last take that came of it. */
  made: TakeView | null;
  problem: Problem | null;
}

const idle = { form: null, sentences: 0, seconds: 0, firstSound: null, elapsed: 0, stopping: false };

export const useMaking = create<Making>(() => ({ ...idle, made: null, problem: null }));

const { setState: set, getState: get } = useMaking;

/** Makes a take and plays it as it comes. Answers it, or null where it was stopped, with its sound. */
async function run(form: TakeForm, name: string): Promise<{ take: TakeView; sound: SoundView | null } | null> {
  const began = performance.now();
  const since = () => (performance.now() - began) / 1000;
  set({ ...idle, form, made: null, problem: null });
  let sound: SoundView | null = null;
  // The player takes one piece after the other.
  let playing: Promise<void> = Promise.resolve();
  let behind = false;
  const more = (latest: () => SoundView) => {
    if (behind) return;
    behind = true;
    playing = playing
      .then(() => {
        behind = false;
        return grown(latest());
      })
      .catch(() => undefined);
  };
  const hear = (news: TakeNews) => {
    if (get().stopping) return;
    if (news.news === "began") {
      sound = news.sound;
      set({ sentences: news.sentences, seconds: sound.seconds, firstSound: since(), elapsed: since() });
      playing = play(sound, name).catch(() => undefined);
    } else if (sound) {
      sound = { ...sound, seconds: news.seconds };
      set({ seconds: news.seconds, elapsed: since() });
      more(() => sound as SoundView);
    }
  };
  try {
    const take = await client.makeTake(form, hear);
    if (!sound) return { take, sound: null };
    const whole: SoundView = {
      ...(sound as SoundView),
      seconds: take.seconds,
      complete: true,
      loudnessLufs: take.loudnessLufs,
    };
    sound = whole;
    await playing.then(() => grown(whole)).catch(() => undefined);
    return { take, sound: whole };
  } catch (thrown) {
    if (get().stopping) return null;
    // What was heard of it ends where it broke off.
    if (sound && usePlayer.getState().sound?.id === (sound as SoundView).id) stop();
    throw thrown;
  } finally {
    set(idle);
  }
}

/** Speaks what the form says and keeps the take. */
export async function speak(form: TakeForm, voiceName: string): Promise<void> {
  if (get().form) return;
  try {
    const made = await run(form, `${voiceName}: ${form.text.trim()}`);
    if (!made) return;
    set({ made: made.take });
    added(made.take, made.sound);
  } catch (thrown) {
    set({ problem: problemOf(thrown) });
  }
}

/** Lets a word be heard and keeps nothing of it. */
export async function audition(form: TakeForm): Promise<void> {
  if (get().form) return;
  const made = await run(form, form.text);
  if (made) await client.removeTake(made.take.id);
}

/** Stops making and playing. */
export async function cancel(): Promise<void> {
  if (!get().form) return;
  set({ stopping: true });
  stop();
  await client.cancelTake();
}

export const closeProblem = (): void => set({ problem: null });
