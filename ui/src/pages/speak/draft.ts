// What stands in the form. It outlives the page, not the window: a text is private and is written nowhere.

import { create } from "zustand";
import type { TakeForm } from "../../ipc/bindings/TakeForm";
import type { TakeView } from "../../ipc/bindings/TakeView";
import type { VoiceView } from "../../ipc/bindings/VoiceView";

export const useDraft = create<TakeForm>(() => ({ text: "", voice: "", language: "en", speed: 1, pauses: 1, seed: 1 }));

export const change = (part: Partial<TakeForm>): void => useDraft.setState(part);

/** Puts a take's text and settings back into the form. */
export function copyBack({ text, voice, speed, pauses, seed }: TakeView): void {
  change({ text, voice, speed, pauses, seed });
}

/** The voices that may speak now: the presets, then people's. */
export function speakers(voices: VoiceView[]): VoiceView[] {
  const usable = voices.filter((voice) => voice.usable && !voice.revoked);
  return [...usable.filter((voice) => voice.preset), ...usable.filter((voice) => !voice.preset)];
}

/** The chosen voice, as long as it may speak; otherwise the first that may. */
export function speaker(chosen: string, voices: VoiceView[]): VoiceView | null {
  const able = speakers(voices);
  return able.find((voice) => voice.id === chosen) ?? able[0] ?? null;
}
