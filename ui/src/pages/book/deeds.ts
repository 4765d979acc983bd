// What can be done to an open book. Each deed asks the program and takes in its answer; failures are shown as toasts.

import i18next from "i18next";
import type { BookEdit } from "../../ipc/bindings/BookEdit";
import { client } from "../../ipc/index";
import { stop } from "../../player/player";
import { fail, go, toast } from "../../state/store";
import { type DeskStore, focusLines, openBook, select, takeIn } from "./desk";
import { nextWhere } from "./lines";
import { playLine } from "./listen";
import { first, last } from "./selection";
import { charactersBefore } from "./split";

/** Does an edit; whether it was done. */
export async function edit(desk: DeskStore, change: BookEdit): Promise<boolean> {
  try {
    await takeIn(desk, await client.editBook(desk.getState().book, change));
    return true;
  } catch (thrown) {
    fail(thrown);
    return false;
  }
}

/** Undoes or redoes, and shows where. */
export async function travel(desk: DeskStore, way: "undo" | "redo"): Promise<void> {
  const { book, canUndo, canRedo } = desk.getState();
  if (!(way === "undo" ? canUndo : canRedo)) return;
  try {
    const changed = await client.editBook(book, { edit: way });
    await takeIn(desk, changed);
    const at = changed.lines[0]?.index;
    if (at !== undefined) select(desk, at);
  } catch (thrown) {
    fail(thrown);
  }
}

/** A change that may touch many lines: does it, or asks first with their number. */
export async function ask(desk: DeskStore, change: BookEdit): Promise<void> {
  try {
    const touched = await client.touchedLines(desk.getState().book, change);
    if (touched > 1) desk.setState({ asked: { edit: change, touched } });
    else await edit(desk, change);
  } catch (thrown) {
    fail(thrown);
  }
}

function markBusy(desk: DeskStore, line: number, is: boolean): void {
  const busy = new Set(desk.getState().busy);
  if (is) busy.add(line);
  else busy.delete(line);
  desk.setState({ busy });
}

/** Makes the selected lines now; one alone is heard at once. `newTake` tries another reading. */
export async function regenerate(desk: DeskStore, newTake: boolean): Promise<void> {
  const { lines, selection, busy, book } = desk.getState();
  const chosen = lines.slice(first(selection), last(selection) + 1);
  const free = chosen.filter((line) => line.state !== "locked" && !busy.has(line.index));
  if (free.length === 0) {
    if (chosen.some((line) => line.state === "locked"))
      toast({ tone: "plain", text: i18next.t("narrate.lockedNote", { count: chosen.length }) });
    return;
  }
  const alone = chosen.length === 1;
  if (alone) stop();
  for (const { index, state } of free) {
    markBusy(desk, index, true);
    const began = performance.now();
    try {
      await takeIn(desk, await client.renderLine(book, index, newTake));
      const seconds = (performance.now() - began) / 1000;
      desk.setState({ made: { line: index, seconds, already: state === "fresh" && !newTake } });
    } catch (thrown) {
      fail(thrown);
      return;
    } finally {
      markBusy(desk, index, false);
    }
    if (alone) void playLine(desk, index, false);
  }
}

/** Puts all that is not fresh in the queue, from a line on or in some chapters. */
export async function render(desk: DeskStore, chapters: string | null, fromLine: number | null): Promise<void> {
  await client.renderBook(desk.getState().book, chapters, fromLine).catch(fail);
}

export async function chooseTake(desk: DeskStore, take: number): Promise<void> {
  const { lines, selection } = desk.getState();
  const line = lines[selection.active];
  if (!line || take >= line.takes || take === line.take) return;
  if (!(await edit(desk, { edit: "take", line: line.index, take }))) return;
  if (desk.getState().lines[line.index]?.seconds != null) void playLine(desk, line.index, false);
}

/** Locks the selected lines, or unlocks them if all are locked. */
export async function lock(desk: DeskStore): Promise<void> {
  const { lines, selection } = desk.getState();
  const [from, to] = [first(selection), last(selection)];
  const locked = !lines.slice(from, to + 1).every((line) => line.state === "locked");
  await edit(desk, { edit: "lock", first: from, last: to, locked });
}

export function nextDoubtful(desk: DeskStore): void {
  const { lines, selection } = desk.getState();
  const at = nextWhere(lines, selection.active, (line) => line.state === "doubtful");
  if (at === null) toast({ tone: "good", text: i18next.t("narrate.noDoubts") });
  else select(desk, at);
}

/** Ends the editing of a line's words: keeps them, and may split at the caret or join the line with the one before. */
export async function endEdit(
  desk: DeskStore,
  text: string,
  then: { split: number } | "merge" | null = null,
): Promise<void> {
  const line = desk.getState().editing;
  const before = line === null ? undefined : desk.getState().lines[line];
  if (line === null || !before) return;
  const words = text.replace(/\s*\n\s*/g, " ").trim();
  // Nothing is not a line: it stays as it was.
  const kept = words === "" ? before.text : words;
  desk.setState({ editing: null });
  focusLines();
  if (kept !== before.text && !(await edit(desk, { edit: "text", line, text: kept }))) return;
  if (then === "merge") {
    if (line > 0 && (await edit(desk, { edit: "merge", line: line - 1 }))) select(desk, line - 1);
  } else if (then) {
    const at = charactersBefore(text.trimStart(), then.split - (text.length - text.trimStart().length));
    if (await edit(desk, { edit: "split", line, at })) select(desk, line + 1);
  }
}

export async function exportBook(
  desk: DeskStore,
  format: "m4b" | "mp3" | "flac" | "wav" | "opus",
  chapters: string | null,
) {
  try {
    await client.exportBook(desk.getState().book, format, chapters);
    toast({
      tone: "plain",
      text: i18next.t("narrate.exporting", { format: format.toUpperCase() }),
      action: { label: i18next.t("shell.jobs"), run: () => go({ page: "jobs" }) },
    });
  } catch (thrown) {
    fail(thrown);
  }
}

/** Opens the book anew and says when that fails. */
export function refresh(desk: DeskStore): Promise<void> {
  return openBook(desk).catch(fail);
}
