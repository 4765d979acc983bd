// The words of a grant: codes of the program as people read them, and how long it still holds.

import type { TFunction } from "i18next";
import type { VoiceView } from "../../ipc/bindings/VoiceView";
import { count, span } from "../../kit/format";

/** Days until the last day of a consent is over; negative when it is. */
export function daysLeft(until: string, now: number): number {
  const end = Date.parse(`${until}T00:00:00Z`) + 86_400_000;
  return Math.ceil((end - now) / 86_400_000) - 1;
}

/** Below this, the end is said loudly. */
export const SOON_DAYS = 14;

/** A word for a code of the program; words that are words already stay as they are. */
function known(t: TFunction, group: string, code: string): string {
  const key = code.toLowerCase().replace(/[^a-z0-9]+/g, "_");
  return t(`voices.${group}.${key}`, { defaultValue: code });
}

export const scopeWord = (t: TFunction, scope: string) => known(t, "scopes", scope);
export const modeWord = (t: TFunction, mode: string) => known(t, "modes", mode);
export const uncheckedWord = (t: TFunction, code: string) => known(t, "unchecked", code);
export const kindWord = (t: TFunction, kind: string) => known(t, "kinds", kind);
export const codeWord = (code: string) => code.replaceAll("_", " ");

/** How a bundled voice sounds. */
export const aboutWord = (t: TFunction, voice: VoiceView) =>
  t(`voices.bundled.${voice.id}`, { defaultValue: voice.about });

/** Hours as they were agreed: without minutes where there are none. */
export function hours(seconds: number): string {
  return seconds >= 3600 && seconds % 3600 === 0 ? `${count(seconds / 3600)} h` : span(seconds);
}

/** Over, taken back or otherwise mute. */
export function ended(voice: VoiceView): boolean {
  return voice.revoked || !voice.usable;
}
