// Voices of the fake program, their log, and their end.

import type { LogView } from "../bindings/LogView";
import type { VoiceView } from "../bindings/VoiceView";
import type { Client } from "../client";
import { copy, problem, type World } from "./world";

type Part = Pick<
  Client,
  "voices" | "voiceSound" | "renameVoice" | "wouldDie" | "revokeVoice" | "voiceLog" | "exportVoice" | "saveReceipt"
>;

const FOLDER = "/home/ann/Documents/Vouch";

function logOf(voice: VoiceView): LogView[] {
  const began = voice.grantedAt ?? 0;
  const line = (number: number, later: number, kind: string, code: string | null, seconds: number | null): LogView => ({
    number,
    time: began + later,
    kind,
    code,
    seconds,
  });
  const lines = [
    line(1, -900, "sample_added", null, 12),
    line(2, -780, "sample_added", null, 14),
    line(3, -300, "challenge_shown", null, null),
    line(4, -262, "challenge_failed", "word_timing", null),
    line(5, -60, "challenge_shown", null, null),
    line(6, 0, "granted", null, null),
  ];
  if ((voice.usedSeconds ?? 0) > 0) {
    lines.push(
      line(7, 3_600, "used", null, 184),
      line(8, 90_000, "used", null, 2_912),
      line(9, 97_000, "exported", null, null),
      line(10, 640_000, "refused", "over_cap", null),
    );
  }
  if (voice.revoked) lines.push(line(11, 3_000_000, "revoked", null, null), line(12, 3_000_004, "purged", null, null));
  return lines;
}

export function voicesPart(world: World): Part {
  const isOpen = () => world.library.state === "open";
  const find = (id: string): VoiceView => {
    const voice = world.voices.find((voice) => voice.id === id);
    if (!voice) throw problem("voice_not_found", "This voice is no longer there.", "Choose another voice.");
    return voice;
  };
  return {
    voices: async () => copy(world.voices.filter((voice) => voice.preset || isOpen())),
    voiceSound: async (id) => {
      const voice = find(id);
      if (!voice.usable) throw problem("revoked", "The consent to this voice has ended.", "Choose another voice.");
      await world.sleep(250);
      return world.sounds.speech(`voice-${id}`, "The harbour was still asleep when the first boat went out.", id, 1);
    },
    renameVoice: async (id, name) => {
      find(id).name = name;
      world.tell({ news: "voices" });
    },
    wouldDie: async (id) => {
      find(id);
      return { samples: 3, segments: 412, seconds: 2_912 };
    },
    revokeVoice: async (id) => {
      const voice = find(id);
      await world.sleep(500);
      voice.revoked = true;
      voice.usable = false;
      voice.about = "Ended by its owner. What was made of it and the recordings are erased.";
      world.tell({ news: "voices" });
    },
    voiceLog: async (id) => {
      world.needLibrary();
      const voices = world.voices.filter((voice) => !voice.preset && (id === null || voice.id === id));
      return voices.flatMap(logOf);
    },
    exportVoice: async (id, passphrase) => {
      const voice = find(id);
      if (passphrase.length < 8) {
        throw problem("passphrase_short", "The passphrase is too short.", "Take eight characters or more.");
      }
      await world.sleep(400);
      return { name: `${voice.name}.vouch-voice`, folder: FOLDER };
    },
    saveReceipt: async (id) => ({ name: `${find(id).name} consent receipt.txt`, folder: FOLDER }),
  };
}
