// How long the book will be and how long it takes to make the rest, from what was measured. No React.

import type { JobView } from "../../ipc/bindings/JobView";
import type { LineView } from "../../ipc/bindings/LineView";
import { isMade } from "./lines";

export interface Estimate {
  lines: number;
  made: number;
  /** Of the finished book. */
  audioSeconds: number;
  /** To make what is not made; null until something was measured on this machine. */
  renderSeconds: number | null;
}

/** Seconds of sound made in a second, as last measured by a job; null if none was. */
export function measuredRate(jobs: readonly JobView[]): number | null {
  let latest: JobView | null = null;
  for (const job of jobs) {
    if (job.kind === "export" || !job.timesRealTime || job.timesRealTime <= 0) continue;
    if (!latest || job.id > latest.id) latest = job;
  }
  return latest?.timesRealTime ?? null;
}

/** Lines share the expected length by their letters; what is made is counted as measured. */
export function estimate(lines: readonly LineView[], expectedSeconds: number, rate: number | null): Estimate {
  let letters = 0;
  let lettersLeft = 0;
  let made = 0;
  let madeSeconds = 0;
  let lettersMeasured = 0;
  for (const line of lines) {
    letters += line.text.length;
    if (!isMade(line)) {
      lettersLeft += line.text.length;
      continue;
    }
    made += 1;
    if (line.seconds !== null) {
      madeSeconds += line.seconds;
      lettersMeasured += line.text.length;
    }
  }
  // Enough was made to know how fast the voice reads.
  const each = lettersMeasured > 400 ? madeSeconds / lettersMeasured : letters > 0 ? expectedSeconds / letters : 0;
  return {
    lines: lines.length,
    made,
    audioSeconds: expectedSeconds,
    renderSeconds: rate === null ? null : (lettersLeft * each) / rate,
  };
}
