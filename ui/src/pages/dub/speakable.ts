// Which languages what is installed can speak.

import { useEffect, useState } from "react";
import { client } from "../../ipc/index";

const primary = (tag: string): string => tag.toLowerCase().split("-")[0] ?? tag;

/** The bundled voices speak it. */
const BUNDLED = ["en"];

/** Languages that can be spoken now, by their primary tags; null until it is known. */
export function useSpeakable(asks: boolean): ReadonlySet<string> | null {
  const [tags, setTags] = useState<ReadonlySet<string> | null>(null);
  useEffect(() => {
    if (!asks) return;
    let gone = false;
    const know = (more: string[]) => !gone && setTags(new Set([...BUNDLED, ...more].map(primary)));
    client
      .catalog()
      .then((models) => {
        const speak = models.filter((model) => model.kind === "tts" && model.state === "installed");
        know(speak.flatMap((model) => model.languages));
      })
      .catch(() => know([]));
    return () => {
      gone = true;
    };
  }, [asks]);
  return tags;
}

/** What a dub is begun in: the window's language if it can be spoken, else the first that can; not the film's. */
export function firstChoice(speakable: ReadonlySet<string>, window: string, from: string | null): string {
  const wanted = [primary(window), ...[...speakable].sort()];
  const other = wanted.find((tag) => speakable.has(tag) && (from === null || primary(from) !== tag));
  // A film in the only language that can be spoken: its lines can still be recorded, or a model be had.
  return other ?? [primary(window), "en", "de"].find((tag) => from === null || primary(from) !== tag) ?? "en";
}

export const canSpeak = (speakable: ReadonlySet<string>, tag: string): boolean => speakable.has(primary(tag));
