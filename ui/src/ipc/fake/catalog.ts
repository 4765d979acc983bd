// Models that come and go, as the fake program tells of them. Empty as the real catalog is, unless `?catalog=1` fills it.

import type { CatalogView } from "../bindings/CatalogView";
import type { PullNews } from "../bindings/PullNews";
import type { Client } from "../client";
import { copy, problem, type World } from "./world";

type Part = Pick<Client, "catalog" | "pullModel" | "cancelPull" | "importModel" | "removeModel">;

const RATE = 85_000_000;

function offer(id: string, name: string, about: string, more: Partial<CatalogView>): CatalogView {
  return {
    id,
    name,
    about,
    kind: "tts",
    licence: "Apache-2.0",
    licenceUrl: "https://www.apache.org/licenses/LICENSE-2.0",
    languages: ["en", "de", "fr", "es"],
    bytes: 3_412_000_000,
    memoryBytes: 6_100_000_000,
    state: "absent",
    doneBytes: 0,
    inCatalog: true,
    coming: false,
    ...more,
  };
}

export function catalogPart(world: World): Part {
  const filled = new URLSearchParams(window.location.search).get("catalog") === "1";
  const all: CatalogView[] = filled
    ? [
        offer("wide-voice", "Wide voice", "Speaks four languages at 24 kHz, in presets and in consented voices.", {}),
        offer("quiet-ear", "Quiet ear", "Writes down what was said, in any language, also in noise.", {
          kind: "asr",
          languages: [],
          licence: "MIT",
          bytes: 1_610_000_000,
          memoryBytes: 2_200_000_000,
          state: "partial",
          doneBytes: 640_000_000,
        }),
        offer("great-voice", "Great voice", "Acts as it reads. Needs a large computer.", {
          bytes: 24_800_000_000,
          memoryBytes: 48_000_000_000,
        }),
        offer("word-finder", "Word finder", "Finds when each word of a recording was said.", {
          kind: "aligner",
          bytes: 378_000_000,
          memoryBytes: 900_000_000,
          state: "installed",
          doneBytes: 378_000_000,
        }),
      ]
    : [];
  let stop: (() => void) | null = null;

  const come = (model: CatalogView, on: (news: PullNews) => void): Promise<void> => {
    if (stop) throw problem("model_busy", "Another model is being loaded.", "Wait until it is done.");
    model.coming = true;
    return new Promise((done, failed) => {
      const end = world.every(200, () => {
        model.doneBytes = Math.min(model.bytes, model.doneBytes + RATE / 5);
        model.state = model.doneBytes < model.bytes ? "partial" : "installed";
        on({
          checking: false,
          file: "model.safetensors",
          doneBytes: model.doneBytes,
          totalBytes: model.bytes,
          bytesPerSecond: RATE,
          etaSeconds: (model.bytes - model.doneBytes) / RATE,
        });
        if (model.state === "installed") leave(done);
      });
      const leave = (say: () => void) => {
        end();
        stop = null;
        model.coming = false;
        say();
      };
      stop = () =>
        leave(() => failed(problem("interrupted", "Stopped; what is finished is kept.", "Go on when you like.")));
    });
  };
  const find = (id: string) => {
    const model = all.find((model) => model.id === id);
    if (!model) throw problem("unknown_model", "There is no such model.", "Choose one from the list.");
    return model;
  };
  return {
    catalog: async () => copy(all),
    pullModel: async (id, on) => come(find(id), on),
    cancelPull: async () => stop?.(),
    importModel: async (on) => {
      const model = all.find((model) => model.state !== "installed");
      if (!model) return null;
      await come(model, on);
      return model.name;
    },
    removeModel: async (id) => {
      const model = find(id);
      await world.sleep(200);
      Object.assign(model, { state: "absent", doneBytes: 0 });
    },
  };
}
