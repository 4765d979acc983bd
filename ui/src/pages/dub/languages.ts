// Languages as people call them, and those that a dub is offered in.

import i18next from "i18next";
import type { VoiceView } from "../../ipc/bindings/VoiceView";
import { LANGUAGES as NAMED } from "../ceremony/languages";

/** As BCP 47 tags: those that a consent can name, and English. */
export const LANGUAGES: readonly string[] = ["en", ...NAMED.map(([tag]) => tag)];

/** The voices of this version were recorded in it: to speak it is no dubbing. */
const OWN = "en";

const primary = (tag: string): string => tag.toLowerCase().split("-")[0] ?? tag;

/** Whether a voice may speak the language of a dub: bundled ones may, a person's as far as the consent goes. */
export function maySpeak(voice: VoiceView, to: string): boolean {
  return voice.preset || primary(to) === OWN || voice.dubInto.includes(primary(to));
}

/** They take milliseconds to make. */
const names = new Map<string, Intl.DisplayNames>();

/** The name of a language in the window's language; the tag itself where it has none. */
export function languageName(tag: string): string {
  try {
    let known = names.get(i18next.language);
    if (!known) {
      known = new Intl.DisplayNames([i18next.language], { type: "language" });
      names.set(i18next.language, known);
    }
    return known.of(tag) ?? tag;
  } catch {
    return tag;
  }
}
