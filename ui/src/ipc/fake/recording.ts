// The microphone of the fake program: a voice that comes and goes, in a room that is quiet or not.

import type { LevelView } from "../bindings/LevelView";
import type { SampleView } from "../bindings/SampleView";
import type { Client } from "../client";
import { copy, problem, type World } from "./world";

type Part = Pick<
  Client,
  "listen" | "recordSample" | "stopRecording" | "samples" | "discardSample" | "sampleSound" | "importSample"
>;

/** Twenty levels a second until stopped; answers the seconds that it lasted. */
export function streamLevels(world: World, speaks: boolean, on: (level: LevelView) => void): () => number {
  const began = world.now();
  const floor = world.switches.noisy ? -37.5 : -58.2;
  const seconds = () => Math.round((world.now() - began) / 50) / 20;
  const stop = world.every(50, () => {
    const at = seconds();
    const syllable = Math.abs(Math.sin(at * 7.1)) * (0.65 + 0.35 * Math.sin(at * 1.7));
    const talking = speaks && Math.sin(at * 0.9 + 0.6) > -0.82;
    const rms = talking ? -40 + 24 * syllable : floor + 1.5 * Math.sin(at * 13);
    on({
      seconds: at,
      rmsDbfs: rms,
      peakDbfs: Math.min(0, rms + 9),
      clipped: false,
      noiseFloorDbfs: at < 0.8 ? null : floor,
    });
  });
  return () => {
    stop();
    return seconds();
  };
}

/** Holds the microphone until `stopRecording`. */
export function holdMicrophone(world: World): Promise<void> {
  if (world.endRecording) {
    throw problem("microphone_busy", "Something else records already.", "Stop the other recording first.");
  }
  return new Promise((resolve) => {
    world.endRecording = () => {
      world.endRecording = null;
      resolve();
    };
  });
}

export function recordingPart(world: World): Part {
  const nameOf = (device: string | null) =>
    device === "usb" ? "USB Studio Microphone" : device === "cable" ? "Virtual Cable Output" : "Built-in Microphone";
  return {
    listen: async (_device, on) => {
      const held = holdMicrophone(world);
      const end = streamLevels(world, false, on);
      await held;
      const seconds = end();
      if (seconds < 1) {
        return {
          noiseFloorDbfs: null,
          code: "too_short",
          good: false,
          verdict: "That was too short to tell. Listen for two seconds.",
        };
      }
      return world.switches.noisy
        ? {
            noiseFloorDbfs: -37.5,
            code: "noisy",
            good: false,
            verdict:
              "The room is noisy: the noise would be cloned with the voice. Find a quieter room, switch off fans, or move closer to the microphone and turn its level down.",
          }
        : { noiseFloorDbfs: -58.2, code: "quiet", good: true, verdict: "The room is quiet." };
    },
    recordSample: async (device, prompt, on) => {
      world.needLibrary();
      const held = holdMicrophone(world);
      const end = streamLevels(world, true, on);
      await held;
      const seconds = end();
      const speech = Math.round(seconds * 0.86 * 10) / 10;
      const sample: SampleView = {
        id: world.id("sample"),
        prompt,
        seconds,
        speechSeconds: speech,
        speechDbfs: -21.4,
        noiseFloorDbfs: world.switches.noisy ? -37.5 : -58.2,
        flaws:
          speech < 3
            ? [
                problem(
                  "sample_too_short",
                  `It holds ${speech.toFixed(1)} seconds of speech.`,
                  "Record at least three seconds of speech; ten are better.",
                ),
              ]
            : [],
        advice: world.switches.noisy
          ? [
              problem(
                "sample_noisy",
                "The room is noisy: the voice stands out by 16 dB only.",
                "Record in a quieter room or closer to the microphone: the noise is cloned with the voice.",
              ),
            ]
          : [],
        recovered: false,
        endedEarly: false,
        device: nameOf(device),
      };
      world.samples.push(sample);
      return copy(sample);
    },
    stopRecording: async () => {
      world.endRecording?.();
    },
    samples: async () => {
      world.needLibrary();
      return copy(world.samples);
    },
    discardSample: async (id) => {
      world.samples = world.samples.filter((sample) => sample.id !== id);
    },
    sampleSound: async (id) => {
      const sample = world.samples.find((sample) => sample.id === id);
      if (!sample) throw problem("sample_not_found", "This recording is no longer there.", "Record it again.");
      const letters = Math.max(1, Math.round((sample.seconds - 0.4) * 15));
      return world.sounds.speech(`sound-${id}`, sample.prompt.padEnd(letters, " ").slice(0, letters), "ann", 1);
    },
    importSample: async () => {
      if (!world.switches.demo) {
        throw problem(
          "demo_only",
          "A voice is made from the microphone only, never from a file.",
          "Record yourself, or make a demo library to try it with files.",
        );
      }
      const sample: SampleView = {
        id: world.id("sample"),
        prompt: "speaker-one.wav",
        seconds: 11.2,
        speechSeconds: 9.6,
        speechDbfs: -20.8,
        noiseFloorDbfs: -61,
        flaws: [],
        advice: [],
        recovered: false,
        endedEarly: false,
        device: "file",
      };
      world.samples.push(sample);
      return copy(sample);
    },
  };
}
