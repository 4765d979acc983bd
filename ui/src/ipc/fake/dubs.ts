// What the window may do with the fake program's dubs.

import type { CueState } from "../bindings/CueState";
import type { DubCueView } from "../bindings/DubCueView";
import type { LineTakeView } from "../bindings/LineTakeView";
import type { Client } from "../client";
import { applyCut, change } from "./cuts";
import { cardOf, type Film, heard, isMade, make, reelsOf, settled, spokenBy, spokenSeconds, viewOf } from "./films";
import { frameAt } from "./frames";
import { blank, queueOf } from "./jobs";
import { holdMicrophone, streamLevels } from "./recording";
import { peaksOf, RATE } from "./sounds";
import { copy, problem, type World } from "./world";

type Part = Pick<
  Client,
  | "dubs"
  | "beginDub"
  | "openDub"
  | "editDub"
  | "removeDub"
  | "importDubSubtitles"
  | "prepareDub"
  | "renderDub"
  | "exportDub"
  | "renderCue"
  | "cueSound"
  | "dubMonitor"
  | "recordLine"
  | "lineTakes"
  | "lineTakeSound"
  | "keepLine"
  | "discardLine"
  | "importLine"
  | "framePicture"
  | "dubPeaks"
>;

/** How much quicker than real time the fake program speaks. */
const RATE_OF_SPEECH = 9.4;

export function dubsPart(world: World): Part {
  const reels = reelsOf(world);
  /** Recordings that wait to be kept. */
  const lines = new Map<string, LineTakeView>();
  let recorded = -1;
  const queue = queueOf(world);
  const at = (film: Film, id: number) => film.cues.findIndex((cue) => cue.id === id);
  const tell = (film: Film, cue: number, state: CueState) => world.tell({ news: "cue", dub: film.id, cue, state });
  const put = (film: Film, place: number, cue: DubCueView) => {
    film.cues = settled(film.cues.map((old, index) => (index === place ? cue : old)));
    tell(film, place, film.cues[place]?.state ?? cue.state);
  };
  /** Sound of a stretch: the original is low and steady, the dub has each speaker's voice where a cue is made. */
  const stretch = (film: Film, fromMs: number, toMs: number, what: string) => {
    const samples = new Int16Array(Math.round(((toMs - fromMs) / 1000) * RATE));
    const add = (startMs: number, seconds: number, sound: Int16Array, gain: number) => {
      const offset = Math.round(((startMs - fromMs) / 1000) * RATE);
      const length = Math.min(sound.length, Math.round(seconds * RATE));
      for (let i = Math.max(0, -offset); i < length && offset + i < samples.length; i += 1) {
        samples[offset + i] = (samples[offset + i] ?? 0) + Math.round((sound[i] ?? 0) * gain);
      }
    };
    for (const cue of film.cues) {
      if (cue.endMs + 1500 < fromMs || cue.startMs > toMs) continue;
      const id = `film-${film.id}-${cue.id}-${cue.source.length}`;
      if (what !== "dub") {
        world.sounds.speech(id, cue.source, ["tom", "cedar", "dune"][cue.speaker % 3] ?? "tom", 1);
        add(cue.startMs, (cue.endMs - cue.startMs) / 1000, world.sounds.samples(id), what === "mix" ? 0.12 : 0.8);
      }
      if (what !== "original" && cue.takes > 0) {
        const { id } = voiced(film, cue, null);
        add(cue.fit?.startMs ?? cue.startMs, cue.fit?.seconds ?? 9, world.sounds.samples(id), 0.9);
      }
    }
    return samples;
  };
  const voiced = (film: Film, cue: DubCueView, take: number | null) => {
    const voice = spokenBy(film.speakers[cue.speaker] ?? { letter: "?", name: "?", voice: null }, cue.speaker);
    const id = `cue-${film.id}-${cue.id}-${take ?? cue.take ?? 0}-${cue.target.length}-${voice}`;
    return world.sounds.speech(id, cue.target, voice, 1);
  };
  const work = (
    film: Film,
    kind: string,
    total: number,
    change: (job: { done: number }) => void,
    file?: () => string[],
  ) =>
    queue.add(
      { ...blank, kind, title: film.title, book: null, dub: film.id, total },
      {
        step: (job, milliseconds) => {
          job.done = Math.min(total, job.done + Math.max(1, Math.round((milliseconds / 250) * (total / 25))));
          job.etaSeconds = ((total - job.done) / total) * 6.25;
          if (job.done < total) return false;
          change(job);
          if (file) job.files = file();
          return true;
        },
      },
    );

  const render = (film: Film): number => {
    const todo = film.cues.filter((cue) => cue.target !== "" && !isMade(cue.state)).map((cue) => cue.id);
    film.cues = film.cues.map((cue) => (todo.includes(cue.id) ? { ...cue, state: "queued" } : cue));
    for (const id of todo) tell(film, at(film, id), "queued");
    let made = 0;
    let credit = 0;
    return queue.add(
      { ...blank, kind: "dub", title: film.title, book: null, dub: film.id, total: todo.length },
      {
        step: (job, milliseconds) => {
          credit += (milliseconds / 1000) * RATE_OF_SPEECH;
          for (let id = todo[made]; id !== undefined; id = todo[made]) {
            const place = at(film, id);
            const cue = film.cues[place];
            const seconds = spokenSeconds(cue?.target ?? "");
            if (cue && credit < seconds) {
              if (cue.state !== "rendering") put(film, place, { ...cue, state: "rendering" });
              break;
            }
            credit -= seconds;
            if (cue) put(film, place, make(cue));
            made += 1;
            job.audioSeconds += seconds;
          }
          job.done = made;
          job.timesRealTime = RATE_OF_SPEECH;
          job.etaSeconds = ((todo.length - made) * 2.4) / RATE_OF_SPEECH;
          return made >= todo.length;
        },
        drop: () => {
          film.cues = film.cues.map((cue) =>
            cue.state === "queued" || cue.state === "rendering"
              ? { ...cue, state: cue.takes > 0 ? "stale" : "draft" }
              : cue,
          );
        },
      },
    );
  };

  return {
    dubs: async () => {
      world.needLibrary();
      return reels.all().map(cardOf);
    },
    beginDub: async (to, from) => {
      world.needLibrary();
      await world.sleep(500);
      return copy(viewOf(reels.add(to, from)));
    },
    openDub: async (id) => {
      world.needLibrary();
      return copy(viewOf(reels.find(id)));
    },
    editDub: async (id, edit) => {
      await world.sleep(15);
      const film = reels.find(id);
      applyCut(film, edit);
      return copy(viewOf(film));
    },
    removeDub: async (id) => reels.remove(id),
    importDubSubtitles: async (id, target, to) => {
      await world.sleep(300);
      const film = reels.find(id);
      change(film, {});
      if (to === "words" && target) {
        film.cues = settled(film.cues.map((cue) => ({ ...cue, target: cue.target || cue.source, by: "file" })));
        return copy(viewOf(film));
      }
      if (film.cues.length === 0) {
        heard(film);
        if (!target) film.cues = settled(film.cues.map((cue) => ({ ...cue, target: "", by: "file" })));
      } else if (target) heard(film);
      film.cues = film.cues.map((cue) => ({ ...cue, by: "file" }));
      return copy(viewOf(film));
    },
    prepareDub: async (id) => {
      const film = reels.find(id);
      return work(film, "dub", 100, () => heard(film));
    },
    renderDub: async (id) => render(reels.find(id)),
    exportDub: async (id, what) => {
      const film = reels.find(id);
      if (film.cues.every((cue) => cue.target === "")) {
        throw problem("untranslated", "Nothing is in the language of the dub yet.", "Translate it first.");
      }
      const name = `${film.title} (${film.to}).${what.container}`;
      const files = what.stems
        ? [name, `${film.title} (${film.to}) dub.flac`, `${film.title} (${film.to}).srt`]
        : [name];
      const finish = () => {
        film.cues = settled(film.cues.map((cue) => (cue.target !== "" && !isMade(cue.state) ? make(cue) : cue)));
      };
      return work(film, "dub", 100, finish, () => files);
    },
    renderCue: async (id, place, newTake) => {
      const film = reels.find(id);
      const cue = film.cues[place];
      if (!cue) throw problem("unknown_cue", "There is no such cue.", "Open the dub again.");
      if (cue.state === "locked") throw problem("cue_locked", `Cue ${place + 1} is locked.`, "Unlock it first.");
      if (cue.target === "") {
        throw problem("untranslated", `Cue ${place + 1} has no words in the dub.`, "Write them first.");
      }
      tell(film, place, "rendering");
      await world.sleep(300);
      const now = at(film, cue.id);
      const current = film.cues[now];
      if (current) put(film, now, make(current, null, newTake && cue.takes > 0));
      return copy(viewOf(film));
    },
    cueSound: async (id, place, take) => {
      const film = reels.find(id);
      const cue = film.cues[place];
      if (cue && cue.recorded !== null && take === null) return voiced(film, cue, 7);
      if (!cue || cue.takes === 0) throw problem("not_made", `Cue ${place + 1} is not made yet.`, "Make it first.");
      return voiced(film, cue, take);
    },
    recordLine: async (id, place, device, on) => {
      const film = reels.find(id);
      const cue = film.cues[place];
      if (!cue) throw problem("unknown_cue", "There is no such cue.", "Open the dub again.");
      const held = holdMicrophone(world);
      const end = streamLevels(world, true, on);
      await held;
      const seconds = end();
      if (seconds < 0.5) {
        throw problem("line_silent", "Nobody is heard to speak in this recording.", "Record it again.");
      }
      const take: LineTakeView = {
        id: world.id("line"),
        cue: cue.id,
        seconds: Math.max(0.3, Math.round(seconds * 7) / 10),
        doubt: world.switches.noisy ? "it is hardly louder than the room" : null,
        recovered: false,
        device: device ?? "Built-in Microphone",
      };
      lines.set(take.id, take);
      return copy(take);
    },
    lineTakes: async () => copy([...lines.values()]),
    lineTakeSound: async (_id, take) => {
      const line = lines.get(take);
      if (!line) throw problem("unknown_recording", "This dub has no such recording.", "Record it again.");
      return world.sounds.speech(`line-${take}`, "x".repeat(Math.max(4, Math.round(line.seconds * 15))), "ann", 1);
    },
    keepLine: async (id, place, take) => {
      const film = reels.find(id);
      const cue = film.cues[place];
      if (!lines.delete(take) || !cue) {
        throw problem("unknown_recording", "This dub has no such recording.", "Record it again.");
      }
      recorded += 1;
      applyCut(film, { edit: "recorded", cue: place, recording: recorded });
      return copy(viewOf(film));
    },
    discardLine: async (_id, take) => void lines.delete(take),
    importLine: async (id, place) => {
      const film = reels.find(id);
      recorded += 1;
      applyCut(film, { edit: "recorded", cue: place, recording: recorded });
      return copy(viewOf(film));
    },
    dubMonitor: async (id, fromMs, toMs, what) => {
      const film = reels.find(id);
      await world.sleep(60);
      if (!(toMs > fromMs) || toMs - fromMs > 60_000) throw problem("out_of_range", "That stretch is too long.", "");
      return world.sounds.put(world.id("monitor"), stretch(film, fromMs, toMs, what));
    },
    framePicture: async (id, atMs) => {
      const film = reels.find(id);
      await world.sleep(25);
      return frameAt(atMs, film.durationMs);
    },
    dubPeaks: async (id, buckets) => {
      const film = reels.find(id);
      const peaks = new Int8Array(buckets * 2);
      // A long film would take too long to add up: its peaks repeat.
      const most = film.durationMs > 240_000 ? 20_000 : film.durationMs;
      const some = Math.max(1, Math.round((buckets * most) / film.durationMs));
      const first = peaksOf(stretch(film, 0, most, "original"), some);
      for (let i = 0; i < peaks.length; i += 1) peaks[i] = first[i % first.length] ?? 0;
      return peaks;
    },
  };
}
