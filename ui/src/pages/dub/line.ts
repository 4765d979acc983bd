// A cue's own line: recorded beside the picture, heard, then kept, recorded again or discarded. The program keeps every
// recording until somebody says so.

import i18next from "i18next";
import type { DubCueView } from "../../ipc/bindings/DubCueView";
import type { LevelView } from "../../ipc/bindings/LevelView";
import type { LineTakeView } from "../../ipc/bindings/LineTakeView";
import { client } from "../../ipc/index";
import { play, stop } from "../../player/player";
import { toast, useStore } from "../../state/store";
import { edit, travel } from "./deeds";
import { activeCue, type DeskStore, takeIn } from "./desk";
import { fail } from "./problems";
import { pause, showAt } from "./reel";

/** The picture runs so long before the cue begins. */
export const COUNT_MS = 1800;
/** Whoever speaks may take so much longer than the cue. */
const slack = (cue: DubCueView) => 800 + (cue.endMs - cue.startMs) * 0.3;

/** A recording under way. */
export interface LineWork {
  /** Number of the cue. */
  cue: number;
  step: "opens" | "counts" | "records" | "ends";
  /** Milliseconds since the cue began; negative while it is counted in. */
  atMs: number;
  /** When it ends by itself. */
  untilMs: number;
  level: LevelView | null;
}

const placeOf = (desk: DeskStore, id: number) => desk.getState().cues.findIndex((cue) => cue.id === id);

/** The recording of a cue that waits to be kept. */
export const waitingFor = (waiting: readonly LineTakeView[], cue: DubCueView): LineTakeView | undefined =>
  waiting.findLast((take) => take.cue === cue.id);

/** Begins to record the cue in hand, or ends the recording under way. */
export function toggleLine(desk: DeskStore): void {
  const { line } = desk.getState();
  if (line) endLine(desk);
  else void startLine(desk);
}

export function endLine(desk: DeskStore): void {
  const { line } = desk.getState();
  if (!line || line.step === "ends") return;
  desk.setState({ line: { ...line, step: "ends" } });
  void client.stopRecording().catch(fail);
}

export async function startLine(desk: DeskStore): Promise<void> {
  const cue = activeCue(desk.getState());
  if (!cue || desk.getState().line) return;
  if (cue.state === "locked") {
    toast({ tone: "plain", text: i18next.t("dub.lockedNote") });
    return;
  }
  pause();
  stop();
  const untilMs = cue.endMs - cue.startMs + slack(cue);
  desk.setState({ line: { cue: cue.id, step: "opens", atMs: -COUNT_MS, untilMs, level: null } });
  let began: number | null = null;
  const run = setInterval(() => {
    const { line } = desk.getState();
    if (!line || line.step === "ends" || began === null) return;
    const atMs = performance.now() - began - COUNT_MS;
    showAt(Math.max(0, cue.startMs + Math.min(atMs, cue.endMs - cue.startMs)));
    desk.setState({ line: { ...line, atMs, step: atMs < 0 ? "counts" : "records" } });
    if (atMs >= untilMs) endLine(desk);
  }, 50);
  const heard = (level: LevelView) => {
    began ??= performance.now();
    const { line } = desk.getState();
    if (line) desk.setState({ line: { ...line, level } });
  };
  const leave = () => {
    endLine(desk);
    return true;
  };
  useStore.setState({ leave });
  try {
    const { dub } = desk.getState();
    const take = await client.recordLine(dub, placeOf(desk, cue.id), useStore.getState().taste.microphone, heard);
    const counted = (desk.getState().line?.atMs ?? 0) < 0;
    // Stopped before the cue began: nothing was meant to be recorded.
    if (counted) await client.discardLine(dub, take.id);
    else {
      desk.setState({ waiting: [...desk.getState().waiting, take] });
      void hearWaiting(desk, take);
    }
  } catch (thrown) {
    const counted = (desk.getState().line?.atMs ?? 0) < 0;
    if (!counted || desk.getState().line?.step !== "ends") fail(thrown, desk);
  } finally {
    clearInterval(run);
    if (useStore.getState().leave === leave) useStore.setState({ leave: null });
    desk.setState({ line: null });
  }
}

const without = (desk: DeskStore, take: LineTakeView) =>
  desk.setState({ waiting: desk.getState().waiting.filter((one) => one.id !== take.id) });

export async function hearWaiting(desk: DeskStore, take: LineTakeView): Promise<void> {
  pause();
  try {
    const sound = await client.lineTakeSound(desk.getState().dub, take.id);
    await play(sound, i18next.t("dub.cueName", { cue: placeOf(desk, take.cue) + 1 }));
  } catch (thrown) {
    fail(thrown, desk);
  }
}

export async function keepWaiting(desk: DeskStore, take: LineTakeView): Promise<void> {
  const at = placeOf(desk, take.cue);
  try {
    takeIn(desk, await client.keepLine(desk.getState().dub, at, take.id));
    without(desk, take);
    toast({
      tone: "good",
      text: i18next.t("dub.lineKept", { cue: at + 1 }),
      action: { label: i18next.t("shell.undo"), run: () => void travel(desk, "undo") },
    });
  } catch (thrown) {
    fail(thrown, desk);
  }
}

export async function discardWaiting(desk: DeskStore, take: LineTakeView): Promise<void> {
  try {
    stop();
    await client.discardLine(desk.getState().dub, take.id);
    without(desk, take);
  } catch (thrown) {
    fail(thrown, desk);
  }
}

/** The voice speaks the cue in hand again. */
export const removeLine = (desk: DeskStore, cue: number): Promise<boolean> =>
  edit(desk, { edit: "recorded", cue, recording: null });

/** Asks for a file with somebody's speech. */
export async function bringLine(desk: DeskStore): Promise<void> {
  const cue = activeCue(desk.getState());
  if (!cue) return;
  try {
    const view = await client.importLine(desk.getState().dub, cue.index);
    if (view) takeIn(desk, view);
  } catch (thrown) {
    fail(thrown, desk);
  }
}

/** What was recorded before and waits still. */
export async function fetchWaiting(desk: DeskStore): Promise<void> {
  try {
    desk.setState({ waiting: await client.lineTakes(desk.getState().dub) });
  } catch (thrown) {
    // A dub that cannot be opened says so itself.
    if (desk.getState().card) fail(thrown, desk);
  }
}
