// Subtitles for an open dub, and what the open dub can do about its own problems.

import i18next from "i18next";
import type { DubView } from "../../ipc/bindings/DubView";
import type { SubtitleUse } from "../../ipc/bindings/SubtitleUse";
import { client } from "../../ipc/index";
import { toast } from "../../state/store";
import { edit, lock, refresh, render, travel } from "./deeds";
import { activeCue, type DeskStore, type Side, takeIn } from "./desk";
import { fail, mendBy } from "./problems";

/** Takes subtitles in; whether they came. */
export async function bringSubtitles(
  desk: DeskStore,
  target: boolean,
  to: SubtitleUse,
  dropped = false,
): Promise<boolean> {
  try {
    const view: DubView | null = await client.importDubSubtitles(desk.getState().dub, target, to, dropped);
    if (!view) return false;
    takeIn(desk, view);
    toast({
      tone: "good",
      text:
        to === "cues" ? i18next.t("dub.subtitlesIn", { count: view.cues.length }) : i18next.t("dub.subtitlesWordsIn"),
      action: { label: i18next.t("shell.undo"), run: () => void travel(desk, "undo") },
    });
    return true;
  } catch (thrown) {
    fail(thrown, desk);
    return false;
  }
}

/** Asks which subtitles; where nothing is there yet, there is nothing to ask but the file. */
export function askSubtitles(desk: DeskStore, side: Side): void {
  if (desk.getState().cues.length > 0) desk.setState({ bringing: side });
  else void bringSubtitles(desk, side === "target", "cues");
}

mendBy("cue_locked", "dub.unlock", (desk) => void lock(desk));
mendBy("not_rendered", "dub.makeAll", (desk) => void render(desk));
mendBy("no_speech", "dub.bringSource", (desk) => askSubtitles(desk, "source"));
mendBy("untranslated", "dub.bringTarget", (desk) => askSubtitles(desk, "target"));
mendBy("unknown_cue", "dub.openAgain", (desk) => void refresh(desk));
mendBy("unknown_recording", "dub.openAgain", (desk) => void refresh(desk));
mendBy("nothing_matches", "dub.chooseOthers", (desk) => desk.setState({ bringing: "target" }));
mendBy("cue_recorded", "dub.lineRemove", (desk) => {
  const cue = activeCue(desk.getState());
  if (cue) void edit(desk, { edit: "recorded", cue: cue.index, recording: null });
});
