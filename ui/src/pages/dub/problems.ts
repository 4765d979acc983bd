// Failures of dubbing in the window's own words, by their codes, with what this page can do about them. What has no words
// here is shown in the program's.

import i18next from "i18next";
import type { Problem } from "../../ipc/bindings/Problem";
import { problemOf } from "../../ipc/index";
import { fail as failPlainly, go, toast } from "../../state/store";
import type { DeskStore } from "./desk";

/** The words for a failure; the program's own where the window has none. */
export function said(problem: Problem): Problem {
  const key = `dub.problem.${problem.code}`;
  if (!i18next.exists(key)) return problem;
  const fix = `dub.mend.${problem.code}`;
  return { ...problem, message: i18next.t(key), fix: i18next.exists(fix) ? i18next.t(fix) : "" };
}

export interface Mend {
  label: string;
  run: () => void;
}

/** What the open dub can do about a failure. Filled in by the deeds, which know how. */
const mends: Record<string, { word: string; run: (desk: DeskStore) => void }> = {
  no_grant: { word: "dub.askConsent", run: () => go({ page: "ceremony" }) },
  language_not_granted: { word: "dub.askConsent", run: () => go({ page: "ceremony" }) },
  model_missing: { word: "dub.toModels", run: () => go({ page: "models" }) },
  film_changed: { word: "dub.back", run: () => go({ page: "dub" }) },
  unknown_dub: { word: "dub.back", run: () => go({ page: "dub" }) },
  dub_damaged: { word: "dub.back", run: () => go({ page: "dub" }) },
};

export function mendBy(code: string, word: string, run: (desk: DeskStore) => void): void {
  mends[code] = { word, run };
}

export function mendOf(problem: Problem | null, desk: DeskStore): Mend | null {
  const mend = mends[problem?.code ?? ""];
  return mend ? { label: i18next.t(mend.word), run: () => mend.run(desk) } : null;
}

/** Shows a failure; with an open dub, also what mends it. */
export function fail(thrown: unknown, desk: DeskStore | null = null): void {
  const problem = said(problemOf(thrown));
  const mend = desk && mendOf(problem, desk);
  if (!mend) failPlainly(problem);
  else toast({ tone: "bad", text: problem.message, problem, action: mend });
}
