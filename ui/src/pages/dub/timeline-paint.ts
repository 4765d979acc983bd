// Paints the timeline: ruler, the film's sound, one track for each speaker with its cues.

import type { DubCueView } from "../../ipc/bindings/DubCueView";
import { cueAt, isMade } from "./cues";
import { speakerHue } from "./marks";
import { rulerStep, type View, xOf } from "./timeline-view";
import { timecode } from "./times";

export const RULER = 18;

export interface Scene {
  view: View;
  wide: number;
  wave: number;
  track: number;
  speakers: number;
  cues: readonly DubCueView[];
  durationMs: number;
  peaks: Int8Array | null;
  isChosen: (index: number) => boolean;
  /** Times that a drag gives, by the cue's place. */
  moved: (index: number) => { startMs: number; endMs: number } | null;
  dark: boolean;
}

/** More cues in sight than this have no words. */
const WORDY = 400;
/** No cue is thought to be longer than so many of those after it. */
const BACK = 80;

export function paintTimeline(canvas: HTMLCanvasElement, scene: Scene): void {
  const paint = canvas.getContext("2d");
  if (!paint) return;
  const { view, wide, wave, track, speakers, durationMs } = scene;
  const high = RULER + wave + Math.max(1, speakers) * track;
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.round(wide * scale);
  canvas.height = Math.round(high * scale);
  paint.scale(scale, scale);
  const style = getComputedStyle(canvas);
  const token = (name: string) => style.getPropertyValue(name);
  const font = style.fontFamily;
  paint.fillStyle = token("--sunken");
  paint.fillRect(0, 0, wide, high);
  const end = xOf(view, durationMs);
  for (let row = 0; row < speakers; row += 1) {
    paint.fillStyle = token(row % 2 === 0 ? "--ground" : "--sunken");
    paint.fillRect(0, RULER + wave + row * track, Math.min(wide, end), track);
  }
  ruler(paint, scene, token, font, high);
  if (scene.peaks && wave > 0) sound(paint, scene, token("--ink-faint"));
  const first = Math.max(0, cueAt(scene.cues, view.fromMs) - BACK);
  const last = cueAt(scene.cues, view.fromMs + wide * view.msPerPx);
  const wordy = last - first < WORDY + BACK;
  for (let at = first; at <= last; at += 1) {
    const cue = scene.cues[at];
    if (cue) block(paint, scene, cue, at, token, wordy ? font : null);
  }
}

function ruler(
  paint: CanvasRenderingContext2D,
  { view, wide, durationMs }: Scene,
  token: (name: string) => string,
  font: string,
  high: number,
): void {
  const step = rulerStep(view.msPerPx);
  const places = step < 1000 ? 1 : 0;
  paint.font = `10px ${font}`;
  paint.textBaseline = "middle";
  const until = Math.min(durationMs, view.fromMs + wide * view.msPerPx);
  for (let ms = Math.floor(view.fromMs / step) * step; ms <= until; ms += step) {
    const x = Math.round(xOf(view, ms)) + 0.5;
    paint.fillStyle = token("--line");
    paint.fillRect(x - 0.5, 0, 1, high);
    paint.fillStyle = token("--ink-faint");
    const words = timecode(ms, places);
    if (x + paint.measureText(words).width + 4 < wide) paint.fillText(words, x + 4, RULER / 2);
  }
}

const known = new WeakMap<Int8Array, number>();

/** Quiet films are drawn as tall as loud ones. */
function loudest(peaks: Int8Array): number {
  let most = known.get(peaks);
  if (most === undefined) {
    most = 16;
    for (const peak of peaks) most = Math.max(most, Math.abs(peak));
    known.set(peaks, most);
  }
  return most;
}

function sound(paint: CanvasRenderingContext2D, { view, wide, wave, durationMs, peaks }: Scene, colour: string): void {
  if (!peaks) return;
  const count = peaks.length >> 1;
  const middle = RULER + wave / 2;
  paint.fillStyle = colour;
  const loud = 128 / loudest(peaks);
  for (let x = 0; x < wide; x += 2) {
    const from = Math.floor(((view.fromMs + x * view.msPerPx) / durationMs) * count);
    const to = Math.max(from + 1, Math.floor(((view.fromMs + (x + 2) * view.msPerPx) / durationMs) * count));
    if (from >= count) break;
    let [low, top] = [0, 0];
    // At most so many are looked at for one stroke: a long film has thousands.
    const stride = Math.max(1, Math.floor((to - from) / 8));
    for (let i = from; i < Math.min(to, count); i += stride) {
      low = Math.min(low, peaks[2 * i] ?? 0);
      top = Math.max(top, peaks[2 * i + 1] ?? 0);
    }
    const tall = Math.max(1, ((top - low) / 256) * loud * (wave - 4));
    paint.fillRect(x, middle - (top / 128) * loud * (wave / 2 - 2), 1.5, tall);
  }
}

function block(
  paint: CanvasRenderingContext2D,
  scene: Scene,
  cue: DubCueView,
  at: number,
  token: (name: string) => string,
  font: string | null,
): void {
  const { view, wide, wave, track, dark } = scene;
  const time = scene.moved(at) ?? cue;
  const x = xOf(view, time.startMs);
  const width = Math.max(1.5, xOf(view, time.endMs) - x - 0.5);
  if (x > wide || x + width < 0) return;
  const y = RULER + wave + cue.speaker * track + 2;
  const high = track - 4;
  const hue = speakerHue(cue.speaker);
  const made = isMade(cue);
  const bare = cue.target === "";
  const solid = `oklch(${dark ? 0.47 : 0.5} 0.115 ${hue})`;
  const pale = dark ? `oklch(0.32 0.05 ${hue})` : `oklch(0.92 0.04 ${hue})`;
  const chosen = scene.isChosen(at);
  paint.beginPath();
  paint.roundRect(x, y, width, high, Math.min(3, width / 2));
  paint.fillStyle = made ? solid : pale;
  paint.fill();
  if (width > 4 && (!made || chosen)) {
    paint.setLineDash(bare && !chosen ? [3, 2] : []);
    paint.lineWidth = chosen ? 2 : 1;
    paint.strokeStyle = chosen ? token("--ink") : solid;
    paint.stroke();
    paint.setLineDash([]);
  }
  // Where it sounds: a bar at its foot, and what is too long in red.
  if (cue.fit && time === cue && width > 3) {
    const from = xOf(view, cue.fit.startMs);
    const until = xOf(view, cue.fit.startMs + cue.fit.seconds * 1000);
    paint.fillStyle = solid;
    paint.fillRect(from, y + high - 3, Math.max(1, until - from), 3);
    if (made) {
      // Within the block it would not be seen.
      const [left, right] = [Math.max(from, x), Math.min(until, x + width)];
      paint.fillStyle = "oklch(1 0 0 / 0.65)";
      paint.fillRect(left, y + high - 3, Math.max(0, right - left), 2);
    }
    if (cue.fit.overMs > 0) {
      const over = cue.fit.overMs / view.msPerPx;
      paint.fillStyle = token("--bad");
      paint.fillRect(until - over, y + 3, Math.max(2, over), high - 3);
    }
  }
  if (!font || width < 26 || track < 14) return;
  paint.save();
  paint.beginPath();
  paint.rect(x + 4, y, width - 8, high);
  paint.clip();
  paint.font = `10.5px ${font}`;
  paint.textBaseline = "middle";
  paint.fillStyle = made ? "oklch(1 0 0 / 0.96)" : token("--ink-soft");
  paint.fillText(cue.target || cue.source, Math.max(x + 5, 3), y + high / 2 - 0.5);
  paint.restore();
}
