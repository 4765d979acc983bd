// This machine, its models, its taste and its library, as the fake program tells of them.

import type { Motion } from "../bindings/Motion";
import type { Taste } from "../bindings/Taste";
import type { Theme } from "../bindings/Theme";
import type { Client } from "../client";
import { copy, problem, type World } from "./world";

const EXPORTS = "/home/ann/Documents/Vouch";

type Part = Pick<
  Client,
  "machine" | "models" | "taste" | "saveTaste" | "openLibrary" | "devices" | "showFolder" | "diagnostics" | "subscribe"
>;

export function machinePart(world: World): Part {
  const { switches } = world;
  let taste: Taste = {
    theme: (switches.theme ?? "auto") as Theme,
    motion: (switches.motion ?? "auto") as Motion,
    language: switches.lang,
    scale: switches.scale,
    microphone: null,
    welcomed: !switches.fresh,
  };
  return {
    machine: async () => ({
      version: "0.1.0",
      system: "Linux",
      processor: "AMD Ryzen 5 5600U",
      cores: 12,
      memoryBytes: 16_641_720_320,
      gpu: switches.gpu ? "NVIDIA GeForce RTX 4070" : null,
      usesGpu: switches.gpu,
      ffmpeg: true,
      library: copy(world.library),
      exports: EXPORTS,
    }),
    models: async () => [
      {
        id: "starter",
        name: "Starter",
        about: "Reads English in four voices and clones yours. Small and quick.",
        bundled: true,
        installed: true,
        bytes: 41_943_040,
        licence: "Apache-2.0",
        languages: ["en"],
        identity: "9f3c1a7be04d52c86e1188d4a7f0b35c2d9e6471fa8c03b59e7d14620cfa8b31",
      },
      {
        id: "ear",
        name: "Ear",
        about: "Listens to the consent statement and to what was made.",
        bundled: true,
        installed: true,
        bytes: 9_437_184,
        licence: "Apache-2.0",
        languages: ["en"],
        identity: "27b0c94e8d1f6a3357cbe2904f8d71a60c5e93b8124fd7a6e0b95c3d8812f64a",
      },
    ],
    taste: async () => copy(taste),
    saveTaste: async (next) => {
      taste = copy(next);
    },
    openLibrary: async (passphrase) => {
      await world.sleep(600);
      const { state } = world.library;
      if (state !== "open") {
        const needs = state === "none_needs_passphrase" || (state === "locked" && passphrase !== null);
        if (state === "locked" && passphrase === null) {
          throw problem(
            "keyring_locked",
            "The system's keyring did not give the library's key.",
            "Unlock the keyring, or give the passphrase.",
          );
        }
        if (needs && (passphrase ?? "").length < 8) {
          throw problem("passphrase_short", "The passphrase is too short.", "Take eight characters or more.");
        }
        if (passphrase === "wrong horse") {
          throw problem("passphrase_wrong", "This passphrase does not open the library.", "Try again.");
        }
        world.library = { ...world.library, state: "open", problem: null };
        world.tell({ news: "library", library: world.library });
      }
      return copy(world.library);
    },
    devices: async () => [
      { id: "built-in", name: "Built-in Microphone", microphone: true, chosen: true, virtualCable: false },
      { id: "usb", name: "USB Studio Microphone", microphone: true, chosen: false, virtualCable: false },
      { id: "cable", name: "Virtual Cable Output", microphone: true, chosen: false, virtualCable: true },
      { id: "speakers", name: "Built-in Speakers", microphone: false, chosen: true, virtualCable: false },
    ],
    showFolder: async () => undefined,
    diagnostics: async () =>
      [
        "Vouch 0.1.0, Linux, 12 cores, 15.5 GiB",
        "engine: starter, 4 slots, processor",
        "library: open, 3 books, 6 voices",
        "last problem: export_no_space (2 hours ago)",
      ].join("\n"),
    subscribe: async (on) => {
      world.listeners.add(on);
      void hookWindow(world);
      return () => void world.listeners.delete(on);
    },
  };
}

/** Lets a test go to a page, and starts on the one that the address names. */
async function hookWindow(world: World): Promise<void> {
  const { go, useStore } = await import("../../state/store");
  Object.assign(window, { __vouch: { go, hear: world.tell, pace: world.pace, store: useStore } });
  const [page, what] = (world.switches.route ?? "").split(":");
  switch (page) {
    case "book":
      go({ page, book: Number(what ?? 1) });
      break;
    case "film":
      go({ page, dub: Number(what ?? 1) });
      break;
    case "voice":
      go({ page, voice: what ?? "ann" });
      break;
    case "speak":
      go(what ? { page, voice: what } : { page });
      break;
    case "narrate":
    case "dub":
    case "voices":
    case "ceremony":
    case "jobs":
    case "models":
    case "settings":
      go({ page });
      break;
  }
}
