// How loud the microphone is: green, amber, red, with the number beside it; never the colour alone. The words look at the
// loudest of the last moments, so that the pause between two words is not called too quiet.

import { useRef } from "react";
import { useTranslation } from "react-i18next";
import type { LevelView } from "../ipc/bindings/LevelView";

const LEAST = -60;
/** Seconds for which a peak, and a clipped one, stay in sight. */
const HELD_SECONDS = 1.5;
const CLIPPED_SECONDS = 3;

interface Held {
  peak: number;
  peakAt: number;
  rms: number;
  rmsAt: number;
  clippedAt: number;
  last: number;
}

const NOTHING: Held = { peak: LEAST, peakAt: 0, rms: LEAST, rmsAt: 0, clippedAt: -100, last: 0 };

function part(dbfs: number): number {
  return Math.max(0, Math.min(1, (dbfs - LEAST) / -LEAST));
}

/** What is remembered after one more look at the level. */
export function hold(held: Held, level: LevelView): Held {
  const at = level.seconds;
  // A clock that went back is a new recording.
  const before = at < held.last ? NOTHING : held;
  const fresh = (since: number) => at - since <= HELD_SECONDS;
  const keepPeak = fresh(before.peakAt) && before.peak > level.peakDbfs;
  const keepRms = fresh(before.rmsAt) && before.rms > level.rmsDbfs;
  return {
    peak: keepPeak ? before.peak : level.peakDbfs,
    peakAt: keepPeak ? before.peakAt : at,
    rms: keepRms ? before.rms : level.rmsDbfs,
    rmsAt: keepRms ? before.rmsAt : at,
    clippedAt: level.clipped ? at : before.clippedAt,
    last: at,
  };
}

export function LevelMeter({
  level,
  quiet,
}: {
  level: LevelView | null;
  /** Judges nothing: silence is what is asked for. */
  quiet?: boolean;
}) {
  const { t } = useTranslation();
  const memory = useRef<Held>(NOTHING);
  if (level) memory.current = hold(memory.current, level);
  const held = level ? memory.current : NOTHING;
  const rms = level ? Math.max(LEAST, level.rmsDbfs) : LEAST;
  const clipped = level !== null && level.seconds - held.clippedAt <= CLIPPED_SECONDS;
  const [words, tone] = clipped
    ? [t("ceremony.meterClipped"), "font-medium text-bad"]
    : held.rms < -45
      ? [t("ceremony.meterQuiet"), "text-warn"]
      : held.rms > -12
        ? [t("ceremony.meterLoud"), "text-warn"]
        : [t("ceremony.meterGood"), "text-good"];
  return (
    <div className="flex items-center gap-3">
      <div
        role="meter"
        aria-label={t("ceremony.meter")}
        aria-valuemin={LEAST}
        aria-valuemax={0}
        aria-valuenow={Math.round(rms)}
        aria-valuetext={level && !quiet ? words : undefined}
        className="relative h-3 min-w-0 flex-1 overflow-hidden rounded-full border border-line bg-sunken"
      >
        <div
          className="absolute inset-0"
          style={{
            clipPath: `inset(0 ${(1 - part(rms)) * 100}% 0 0)`,
            background: "linear-gradient(90deg, var(--good) 0 72%, var(--warn) 82%, var(--record) 94%)",
          }}
        />
        {level && (
          <div
            className="absolute inset-y-0 w-0.5 bg-ink"
            style={{ left: `calc(${part(held.peak) * 100}% - 2px)` }}
            aria-hidden
          />
        )}
      </div>
      <span className="numbers w-12 text-right text-small text-ink-soft">
        {level ? `${rms.toFixed(0)} dB` : "– dB"}
      </span>
      <span className={`w-20 text-small ${tone}`}>{level && !quiet ? words : ""}</span>
    </div>
  );
}
