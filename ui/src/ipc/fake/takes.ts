// Takes of the fake program: sound that grows while it is made, and the words that are said otherwise.

import type { SayingView } from "../bindings/SayingView";
import type { TakeForm } from "../bindings/TakeForm";
import type { TakeView } from "../bindings/TakeView";
import type { Client } from "../client";
import { secondsOf } from "./sounds";
import { copy, problem, type World } from "./world";

type Part = Pick<
  Client,
  | "makeTake"
  | "cancelTake"
  | "takes"
  | "starTake"
  | "removeTake"
  | "restoreTake"
  | "takeSound"
  | "exportTake"
  | "sayings"
  | "setSaying"
  | "removeSaying"
>;

const EARLIER: [string, string, number, boolean][] = [
  ["The tide turns at ten past four. Until then the ford can be crossed on foot.", "ann", 1, true],
  ["The tide turns at ten past four. Until then the ford can be crossed on foot.", "ann", 0.9, false],
  ["Good evening. The kitchen closes at nine, and the last ferry leaves at a quarter to ten.", "birch", 1, false],
  [
    "Before you open the valve, check that the gauge reads zero. If it does not, wait for a minute and look again. Never force it.",
    "alder",
    1.1,
    false,
  ],
];

export function takesPart(world: World): Part {
  let takes: TakeView[] = [];
  const removed = new Map<string, TakeView>();
  let making: { cancelled: boolean } | null = null;
  let sayings: SayingView[] = world.switches.fresh
    ? []
    : [
        { word: "Leominster", say: "lemster" },
        { word: "SQL", say: "sequel" },
      ];

  const nameOf = (id: string) => world.voices.find((voice) => voice.id === id)?.name ?? id;
  const keep = (form: TakeForm, seconds: number, ago: number, starred: boolean, elapsed: number): TakeView => {
    const id = world.id("take");
    const sound = world.sounds.speech(`sound-${id}`, form.text, form.voice, form.speed);
    return {
      id,
      text: form.text,
      voice: form.voice,
      voiceName: nameOf(form.voice),
      speed: form.speed,
      pauses: form.pauses,
      seed: form.seed,
      seconds,
      loudnessLufs: sound.loudnessLufs,
      starred,
      madeAt: Math.floor(Date.now() / 1000) - ago,
      model: "starter",
      firstSoundSeconds: 0.21,
      elapsedSeconds: elapsed,
    };
  };
  if (!world.switches.fresh) {
    takes = EARLIER.map(([text, voice, speed, starred], index) => {
      const seconds = secondsOf(text, speed);
      return keep(
        { text, voice, language: "en", speed, pauses: 1, seed: index + 1 },
        seconds,
        600 + index * 5_400,
        starred,
        seconds / 9.4,
      );
    });
  }
  const find = (id: string): TakeView => {
    const take = takes.find((take) => take.id === id);
    if (!take) throw problem("take_not_found", "This take is no longer there.", "Speak it again.");
    return take;
  };

  return {
    makeTake: async (form, on) => {
      if (form.text.trim() === "") throw problem("nothing_to_say", "There is nothing to say.", "Write a sentence.");
      const voice = world.voices.find((voice) => voice.id === form.voice);
      if (!voice?.usable) throw problem("revoked", "The consent to this voice has ended.", "Choose another voice.");
      if (making) throw problem("busy", "Another take is being made.", "Wait until it is done, or stop it.");
      const mine = { cancelled: false };
      making = mine;
      try {
        const seconds = secondsOf(form.text, form.speed);
        const began = world.now();
        const take = keep(form, seconds, 0, false, 0);
        const id = `sound-${take.id}`;
        await world.sleep(210);
        const step = Math.min(0.6, seconds);
        const sentences = Math.max(1, form.text.split(/[.!?]+\s/).length);
        on({ news: "began", sound: world.sounds.grow(id, step, false), sentences });
        const rate = world.switches.gpu ? 90 : 9.4;
        for (let made = step; made < seconds && !mine.cancelled; ) {
          await world.sleep(90);
          made = Math.min(seconds, made + 0.09 * rate);
          world.sounds.grow(id, made, made >= seconds);
          on({ news: "grown", seconds: made });
        }
        if (mine.cancelled) throw problem("cancelled", "It was stopped.", "");
        world.sounds.grow(id, seconds, true);
        take.elapsedSeconds = (world.now() - began) / 1000;
        takes.unshift(take);
        if (voice.usedSeconds !== null) voice.usedSeconds += seconds;
        return copy(take);
      } finally {
        making = null;
      }
    },
    cancelTake: async () => {
      if (making) making.cancelled = true;
    },
    takes: async () => copy(takes),
    starTake: async (id, starred) => {
      find(id).starred = starred;
    },
    removeTake: async (id) => {
      removed.set(id, find(id));
      takes = takes.filter((take) => take.id !== id);
    },
    restoreTake: async (id) => {
      const take = removed.get(id);
      if (!take) throw problem("take_not_found", "This take is no longer there.", "Speak it again.");
      removed.delete(id);
      takes = [...takes, take].sort((a, b) => b.madeAt - a.madeAt);
    },
    takeSound: async (id) => {
      const take = find(id);
      return world.sounds.speech(`sound-${id}`, take.text, take.voice, take.speed);
    },
    exportTake: async (id, format) => {
      const take = find(id);
      await world.sleep(150);
      const name = take.text
        .replace(/[^\p{L}\p{N} ]/gu, "")
        .slice(0, 40)
        .trim();
      return { name: `${name}.${format}`, folder: "/home/ann/Documents/Vouch" };
    },
    sayings: async () => copy(sayings),
    setSaying: async (word, say) => {
      sayings = [...sayings.filter((saying) => saying.word !== word), { word, say }].sort((a, b) =>
        a.word.localeCompare(b.word),
      );
      return copy(sayings);
    },
    removeSaying: async (word) => {
      sayings = sayings.filter((saying) => saying.word !== word);
      return copy(sayings);
    },
  };
}
