// Signs of a cue: its state, who speaks, how it fits, whose words they are. Never the colour alone.

import type { TFunction } from "i18next";
import {
  AudioLines,
  Captions,
  CircleCheck,
  CircleDashed,
  CircleHelp,
  Clock3,
  Ear,
  Languages,
  Lock,
  type LucideIcon,
  PenLine,
  RefreshCw,
  Sparkles,
  TriangleAlert,
} from "lucide-react";
import type { CueAuthor } from "../../ipc/bindings/CueAuthor";
import type { CueState } from "../../ipc/bindings/CueState";
import { decimal } from "../../kit/format";
import type { Fit } from "./cues";

export const STATES: Record<CueState, { icon: LucideIcon; colour: string; word: string }> = {
  untranslated: { icon: Languages, colour: "text-warn", word: "dub.stateUntranslated" },
  draft: { icon: CircleDashed, colour: "text-ink-faint", word: "dub.stateDraft" },
  queued: { icon: Clock3, colour: "text-ink-soft", word: "dub.stateQueued" },
  rendering: { icon: AudioLines, colour: "text-accent-text", word: "dub.stateRendering" },
  fresh: { icon: CircleCheck, colour: "text-good", word: "dub.stateFresh" },
  stale: { icon: RefreshCw, colour: "text-warn", word: "dub.stateStale" },
  doubtful: { icon: CircleHelp, colour: "text-bad", word: "dub.stateDoubtful" },
  locked: { icon: Lock, colour: "text-ink-soft", word: "dub.stateLocked" },
};

export const AUTHORS: Record<CueAuthor, { icon: LucideIcon; word: string }> = {
  file: { icon: Captions, word: "dub.byFile" },
  ear: { icon: Ear, word: "dub.byEar" },
  model: { icon: Sparkles, word: "dub.byModel" },
  hand: { icon: PenLine, word: "dub.byHand" },
};

export function StateSign({ state, className = "size-4" }: { state: CueState; className?: string }) {
  const { icon: Icon, colour } = STATES[state];
  return <Icon className={`shrink-0 ${colour} ${className}`} aria-hidden />;
}

/** Far enough apart that neighbours in the list differ. */
const HUES = [255, 40, 150, 320, 205, 85, 290, 10, 175];

export const speakerHue = (speaker: number): number => HUES[speaker % HUES.length] ?? 255;

export function SpeakerBadge({
  speaker,
  letter,
  size = "base",
}: {
  speaker: number;
  letter: string;
  size?: "small" | "base";
}) {
  const box = size === "small" ? "size-5 text-tiny" : "size-6 text-small";
  return (
    <span
      aria-hidden
      className={`inline-flex shrink-0 items-center justify-center rounded font-semibold text-[white] ${box}`}
      style={{ background: `oklch(0.5 0.12 ${speakerHue(speaker)})` }}
    >
      {letter}
    </span>
  );
}

/** "240 ms" or "1.2 s". */
export function briefly(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${decimal(ms / 1000, 1)} s`;
}

export function fitWords(fit: Fit, t: TFunction): string {
  const words =
    fit.kind === "over"
      ? t("dub.fitOver", { time: briefly(fit.ms) })
      : fit.kind === "under"
        ? t("dub.fitUnder", { time: briefly(fit.ms) })
        : t("dub.fitEven");
  return fit.measured ? words : t("dub.fitGuessed", { words });
}

/** As short as it can be: "+240 ms", "−320 ms", "fits"; a guess has a "≈" before it. */
export function FitBadge({ fit, t }: { fit: Fit; t: TFunction }) {
  const { kind, ms, measured } = fit;
  const tone = kind === "over" ? "bg-bad-soft text-bad" : measured ? "text-ink-soft" : "text-ink-faint";
  const brief = kind === "fits" ? t("dub.fits") : `${kind === "over" ? "+" : "−"}${briefly(ms)}`;
  return (
    <span
      className={`numbers inline-flex h-5 items-center gap-1 rounded px-1 text-tiny whitespace-nowrap ${kind === "over" ? "font-medium" : ""} ${tone}`}
    >
      {kind === "over" && <TriangleAlert className="size-3" aria-hidden />}
      <span aria-hidden>
        {measured ? "" : "≈ "}
        {brief}
      </span>
      <span className="sr-only">{fitWords(fit, t)}</span>
    </span>
  );
}
