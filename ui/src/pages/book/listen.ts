// Hearing a book: one line, or on and on over the lines that are made.

import i18next from "i18next";
import type { SoundView } from "../../ipc/bindings/SoundView";
import { client } from "../../ipc/index";
import { play, usePlayer } from "../../player/player";
import { fail, toast } from "../../state/store";
import { type DeskStore, select } from "./desk";
import { isMade } from "./lines";

/** Counts up with each wish to hear something, so that late answers for an older one are dropped. */
let turn = 0;

/** Plays a line; `goOn` reads on from there until it is stopped or meets a line that is not made. */
export async function playLine(
  desk: DeskStore,
  line: number,
  goOn: boolean,
  ready: Promise<SoundView | null> | null = null,
): Promise<void> {
  turn += 1;
  const mine = turn;
  const { book, lines } = desk.getState();
  const view = lines[line];
  if (!view) return;
  if (!isMade(view) && view.seconds === null) {
    toast({ tone: "plain", text: i18next.t("narrate.notMadeYet", { line: line + 1 }) });
    return;
  }
  try {
    const sound = (await ready) ?? (await client.lineSound(book, line, null));
    if (mine !== turn) return;
    desk.setState({ head: { line, sound: sound.id } });
    const next = goOn ? lines[line + 1] : undefined;
    const ahead = next && isMade(next) ? client.lineSound(book, line + 1, null).catch(() => null) : null;
    const name = i18next.t("narrate.lineName", { line: line + 1 });
    await play(sound, name, 0, () => {
      if (mine === turn) ended(desk, line, sound, goOn, ahead, mine);
    });
  } catch (thrown) {
    if (mine === turn) fail(thrown);
  }
}

function ended(
  desk: DeskStore,
  line: number,
  sound: SoundView,
  goOn: boolean,
  ahead: Promise<SoundView | null> | null,
  mine: number,
): void {
  const { lines } = desk.getState();
  if (!goOn || line + 1 >= lines.length) {
    desk.setState({ head: null });
    return;
  }
  /** Stopped, or played again, meanwhile. */
  const over = () => {
    const player = usePlayer.getState();
    return mine !== turn || player.sound?.id !== sound.id || player.playing;
  };
  const pause = Math.max(0, Math.min(10, lines[line]?.pauseSeconds ?? 0));
  setTimeout(() => {
    if (!over()) whenMade(desk, line + 1, over, () => step(desk, line, ahead));
  }, pause * 1000);
}

/** Calls back once a line that is in hand is made; at once where it is made, or nobody makes it. */
function whenMade(desk: DeskStore, line: number, over: () => boolean, then: () => void): void {
  const inHand = () => {
    const state = desk.getState().lines[line]?.state;
    return state === "queued" || state === "rendering";
  };
  if (!inHand()) {
    then();
    return;
  }
  const forget = [desk.subscribe(() => look()), usePlayer.subscribe(() => look())];
  const look = () => {
    const gone = over();
    if (!gone && inHand()) return;
    for (const one of forget) one();
    if (!gone) then();
  };
}

/** On to the next line; the selection goes along if it was on the line that was heard. */
function step(desk: DeskStore, line: number, ahead: Promise<SoundView | null> | null): void {
  const { lines, selection, reveal } = desk.getState();
  const next = lines[line + 1];
  if (!next) return;
  if (!isMade(next)) {
    desk.setState({ head: null });
    toast({ tone: "plain", text: i18next.t("narrate.notMadeYet", { line: line + 2 }) });
    return;
  }
  if (selection.active === line && selection.anchor === line) select(desk, line + 1);
  else desk.setState({ reveal: { line: line + 1, align: "auto", count: reveal.count + 1 } });
  void playLine(desk, line + 1, true, ahead);
}

/** Forgets what was to be played next. */
export function hush(): void {
  turn += 1;
}
