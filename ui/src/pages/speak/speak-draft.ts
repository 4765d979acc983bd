// Speaks what the form says, or a take once more.

import type { TakeView } from "../../ipc/bindings/TakeView";
import { fail, useStore } from "../../state/store";
import { change, copyBack, speaker, useDraft } from "./draft";
import { speak } from "./making";
import { anySeed, characters, MOST_CHARACTERS } from "./measure";

/** Speaks the form as it stands. */
export function speakDraft(): void {
  const draft = useDraft.getState();
  const voice = speaker(draft.voice, useStore.getState().voices);
  const long = characters(draft.text);
  if (voice && long > 0 && long <= MOST_CHARACTERS) void speak({ ...draft, voice: voice.id }, voice.name).catch(fail);
}

/** Says a take once more, with another seed. Where its voice may no longer speak, the form waits for another one. */
export function again(take: TakeView): void {
  copyBack(take);
  change({ seed: anySeed() });
  if (speaker(take.voice, useStore.getState().voices)?.id === take.voice) speakDraft();
}
