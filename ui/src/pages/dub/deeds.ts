// What can be done to an open dub. Each deed asks the program and takes in its answer; failures are shown as toasts.

import i18next from "i18next";
import type { DubEdit } from "../../ipc/bindings/DubEdit";
import type { DubExport } from "../../ipc/bindings/DubExport";
import { client } from "../../ipc/index";
import { play, stop } from "../../player/player";
import { go, toast } from "../../state/store";
import { first, last } from "../book/selection";
import { charactersBefore } from "../book/split";
import { gapAt, hasSound, isTrouble, nextWhere } from "./cues";
import { activeCue, type DeskStore, focusCues, openDub, type Side, select, takeIn } from "./desk";
import { fail } from "./problems";
import { pause, playFrom, useReel } from "./reel";

/** Does an edit; whether it was done. */
export async function edit(desk: DeskStore, change: DubEdit): Promise<boolean> {
  try {
    takeIn(desk, await client.editDub(desk.getState().dub, change));
    return true;
  } catch (thrown) {
    fail(thrown, desk);
    return false;
  }
}

/** Undoes or redoes, and shows where. */
export async function travel(desk: DeskStore, way: "undo" | "redo"): Promise<void> {
  const { canUndo, canRedo, cues: before } = desk.getState();
  if (!(way === "undo" ? canUndo : canRedo) || !(await edit(desk, { edit: way }))) return;
  const { cues } = desk.getState();
  const at = cues.findIndex((cue, index) => cue !== before[index]);
  if (at >= 0) select(desk, at);
}

/** Plays the film where the cue in hand is. */
export function playCue(desk: DeskStore): void {
  const cue = activeCue(desk.getState());
  if (!cue) return;
  const spoken = cue.fit ? cue.fit.startMs + cue.fit.seconds * 1000 : 0;
  playFrom(Math.max(0, Math.min(cue.startMs, cue.fit?.startMs ?? cue.startMs) - 80), Math.max(cue.endMs, spoken) + 150);
}

/** Plays the dub's sound of a cue alone. */
export async function hearCue(desk: DeskStore, at: number, take: number | null = null): Promise<void> {
  const { dub, cues } = desk.getState();
  const cue = cues[at];
  if (!cue) return;
  if (!hasSound(cue)) {
    toast({ tone: "plain", text: i18next.t("dub.notMadeYet", { cue: at + 1 }) });
    return;
  }
  pause();
  try {
    await play(await client.cueSound(dub, at, take), i18next.t("dub.cueName", { cue: at + 1 }));
  } catch (thrown) {
    fail(thrown, desk);
  }
}

function markBusy(desk: DeskStore, id: number, is: boolean): void {
  const busy = new Set(desk.getState().busy);
  if (is) busy.add(id);
  else busy.delete(id);
  desk.setState({ busy });
}

/** Makes the selected cues now; one alone is heard at once. `newTake` tries another reading. */
export async function regenerate(desk: DeskStore, newTake: boolean): Promise<void> {
  const { cues, selection, busy, dub } = desk.getState();
  const chosen = cues.slice(first(selection), last(selection) + 1);
  const voiced = chosen.filter((cue) => cue.recorded === null);
  const free = voiced.filter((cue) => cue.state !== "locked" && cue.target !== "" && !busy.has(cue.id));
  if (free.length === 0) {
    if (voiced.length === 0) toast({ tone: "plain", text: i18next.t("dub.recordedNote") });
    else if (chosen.some((cue) => cue.state === "locked")) toast({ tone: "plain", text: i18next.t("dub.lockedNote") });
    else if (chosen.some((cue) => cue.target === "")) toast({ tone: "plain", text: i18next.t("dub.bareNote") });
    return;
  }
  const alone = chosen.length === 1;
  if (alone) stop();
  const place = (id: number) => desk.getState().cues.findIndex((cue) => cue.id === id);
  for (const { id } of free) {
    const at = place(id);
    if (at < 0) continue;
    markBusy(desk, id, true);
    try {
      takeIn(desk, await client.renderCue(dub, at, newTake));
    } catch (thrown) {
      fail(thrown, desk);
      return;
    } finally {
      markBusy(desk, id, false);
    }
    if (alone) void hearCue(desk, place(id));
  }
}

/** The speaker at a place speaks the selected cues; the place after the last is somebody new. */
export async function assign(desk: DeskStore, speaker: number): Promise<void> {
  const { selection, speakers, cues } = desk.getState();
  if (cues.length === 0) return;
  if (speaker > speakers.length) {
    toast({ tone: "plain", text: i18next.t("dub.noSpeaker", { number: speaker + 1, count: speakers.length }) });
    return;
  }
  const [from, to] = [first(selection), last(selection)];
  if (cues.slice(from, to + 1).every((cue) => cue.speaker === speaker)) return;
  if (!(await edit(desk, { edit: "speaker", first: from, last: to, speaker }))) return;
  if (speaker === speakers.length)
    toast({
      tone: "good",
      text: i18next.t("dub.newSpeaker", { letter: desk.getState().speakers[speaker]?.letter ?? "" }),
    });
}

/** Locks the selected cues, or unlocks them if all are locked. */
export async function lock(desk: DeskStore): Promise<void> {
  const { cues, selection } = desk.getState();
  const [from, to] = [first(selection), last(selection)];
  const locked = !cues.slice(from, to + 1).every((cue) => cue.state === "locked");
  await edit(desk, { edit: "lock", first: from, last: to, locked });
}

export function nextTrouble(desk: DeskStore): void {
  const { cues, selection } = desk.getState();
  const at = nextWhere(cues, selection.active, isTrouble);
  if (at === null) toast({ tone: "good", text: i18next.t("dub.noTrouble") });
  else select(desk, at);
}

/** Parts the cue in hand where the film stands, or in its middle. */
export async function split(desk: DeskStore): Promise<void> {
  const cue = activeCue(desk.getState());
  if (!cue) return;
  const { positionMs } = useReel.getState();
  const inside = positionMs > cue.startMs && positionMs < cue.endMs;
  const part = inside ? (positionMs - cue.startMs) / (cue.endMs - cue.startMs) : 0.5;
  const at = gapAt(cue.target === "" ? cue.source : cue.target, part);
  if (at === null) toast({ tone: "plain", text: i18next.t("dub.oneWord") });
  else await edit(desk, { edit: "split", cue: cue.index, at });
}

/** Joins the selected cues, or the cue in hand with the next one. */
export async function merge(desk: DeskStore): Promise<void> {
  const { selection, cues } = desk.getState();
  const from = first(selection);
  const times = Math.max(1, last(selection) - from);
  if (from + 1 >= cues.length) return;
  for (let n = 0; n < times; n += 1) if (!(await edit(desk, { edit: "merge", cue: from }))) return;
  select(desk, from);
}

/** A new cue where the film stands, by the speaker of the cue in hand; its words are written at once. */
export async function insert(desk: DeskStore): Promise<void> {
  const { cues, card } = desk.getState();
  const { positionMs } = useReel.getState();
  const startMs = Math.round(positionMs);
  const next = cues.find((cue) => cue.startMs > startMs);
  const room = (next?.startMs ?? card?.durationMs ?? startMs) - startMs;
  const endMs = Math.round(Math.min(card?.durationMs ?? startMs, startMs + Math.max(400, Math.min(2000, room - 80))));
  const known = new Set(cues.map((cue) => cue.id));
  const speaker = activeCue(desk.getState())?.speaker ?? 0;
  if (!(await edit(desk, { edit: "insert", startMs, endMs, speaker, text: "" }))) return;
  const at = desk.getState().cues.findIndex((cue) => !known.has(cue.id));
  const cue = desk.getState().cues[at];
  if (!cue) return;
  select(desk, at);
  desk.setState({ editing: { id: cue.id, side: "target" } });
}

export async function remove(desk: DeskStore): Promise<void> {
  const { selection, cues } = desk.getState();
  if (cues.length === 0) return;
  const [from, to] = [first(selection), last(selection)];
  if (!(await edit(desk, { edit: "remove", first: from, last: to }))) return;
  const gone = cues.length - desk.getState().cues.length;
  toast({
    tone: "plain",
    text: i18next.t("dub.removedCues", { count: gone }),
    action: { label: i18next.t("shell.undo"), run: () => void travel(desk, "undo") },
  });
  select(desk, from);
}

/** Sets the beginning or the end of the cue in hand. */
export async function retime(desk: DeskStore, change: { startMs?: number; endMs?: number }): Promise<boolean> {
  const cue = activeCue(desk.getState());
  if (!cue) return false;
  const startMs = Math.max(0, Math.round(change.startMs ?? cue.startMs));
  const endMs = Math.round(change.endMs ?? cue.endMs);
  if (startMs === cue.startMs && endMs === cue.endMs) return true;
  return edit(desk, { edit: "time", cue: cue.index, startMs, endMs });
}

/** Moves the selected cues in time, or, rippling, all from the first of them on. */
export async function shift(desk: DeskStore, byMs: number, ripple = false): Promise<boolean> {
  const { selection, cues } = desk.getState();
  const by = Math.round(byMs);
  if (by === 0 || cues.length === 0) return true;
  return edit(desk, {
    edit: "shift",
    first: first(selection),
    last: ripple ? cues.length - 1 : last(selection),
    byMs: by,
  });
}

/** Ends the editing of a cue's words: keeps them, and may split at the caret, join with the cue before, or go on to another. */
export async function endEdit(
  desk: DeskStore,
  text: string,
  then: { split: number } | "merge" | "next" | "before" | null = null,
): Promise<void> {
  const { editing, cues } = desk.getState();
  const at = editing ? cues.findIndex((cue) => cue.id === editing.id) : -1;
  const before = cues[at];
  if (!editing || !before) return;
  const { side } = editing;
  const words = text.replace(/\s*\n\s*/g, " ").trim();
  desk.setState({ editing: null });
  focusCues();
  const changed = words !== before[side];
  const change: DubEdit =
    side === "target" ? { edit: "target", cue: at, text: words } : { edit: "source", cue: at, text: words };
  if (changed && !(await edit(desk, change))) return;
  if (then === "merge") {
    if (at > 0 && (await edit(desk, { edit: "merge", cue: at - 1 }))) select(desk, at - 1);
  } else if (then === "next" || then === "before") beginEdit(desk, at + (then === "next" ? 1 : -1), side);
  else if (then) {
    const place = charactersBefore(text.trimStart(), then.split - (text.length - text.trimStart().length));
    if (await edit(desk, { edit: "split", cue: at, at: place })) select(desk, at + 1);
  }
}

export function beginEdit(desk: DeskStore, at: number, side: Side): void {
  const cue = desk.getState().cues[at];
  if (!cue) return;
  if (cue.state === "locked") {
    toast({ tone: "plain", text: i18next.t("dub.lockedNote") });
    return;
  }
  select(desk, at);
  desk.setState({ editing: { id: cue.id, side } });
}

/** Opens the dub anew and says when that fails. */
export function refresh(desk: DeskStore): Promise<void> {
  return openDub(desk).catch((thrown) => fail(thrown, desk));
}

export const prepare = (desk: DeskStore): Promise<unknown> =>
  client.prepareDub(desk.getState().dub).catch((thrown) => fail(thrown, desk));

export const render = (desk: DeskStore): Promise<unknown> =>
  client.renderDub(desk.getState().dub).catch((thrown) => fail(thrown, desk));

export async function exportDub(desk: DeskStore, what: DubExport): Promise<boolean> {
  try {
    await client.exportDub(desk.getState().dub, what);
    toast({
      tone: "plain",
      text: i18next.t("dub.exporting", {
        format: desk.getState().card?.hasPicture ? what.container.toUpperCase() : "M4A",
      }),
      action: { label: i18next.t("shell.jobs"), run: () => go({ page: "jobs" }) },
    });
    return true;
  } catch (thrown) {
    fail(thrown, desk);
    return false;
  }
}
