// The sound of the line in hand: its shape, where it plays, how long it is.

import { Pause, Play } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { LineView } from "../../ipc/bindings/LineView";
import type { SoundView } from "../../ipc/bindings/SoundView";
import { client } from "../../ipc/index";
import { IconButton } from "../../kit/button";
import { clock } from "../../kit/format";
import { Waveform } from "../../kit/waveform";
import { pause, play, resume, seek, usePlayer } from "../../player/player";
import { fail } from "../../state/store";
import { useDesk, useDeskStore } from "./desk";
import { isMade } from "./lines";
import { playLine } from "./listen";

/** Arrow keys run over lines faster than their sounds need to be fetched. */
const STAYED_MS = 120;

export function TakeSound({ line }: { line: LineView }) {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const book = useDesk((desk) => desk.book);
  const madeCount = useDesk((desk) => desk.made);
  const [sound, setSound] = useState<SoundView | null>(null);
  const there = isMade(line) || line.seconds !== null;
  const { index, take, text, seconds, state } = line;

  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever makes another sound is a reason to ask again
  useEffect(() => {
    setSound(null);
    if (!there) return;
    let gone = false;
    const timer = setTimeout(() => {
      client
        .lineSound(book, index, null)
        .then((sound) => !gone && setSound(sound))
        // It may have gone stale this moment; the state beside says so.
        .catch(() => !gone && setSound(null));
    }, STAYED_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [book, index, take, text, seconds, state, there, madeCount]);

  // Whatever plays as this line is this line's, even under another id.
  const here = useDesk((desk) => desk.head?.line === index);
  const playing = usePlayer((player) => player.playing && (here || (sound !== null && player.sound?.id === sound.id)));
  const mine = usePlayer((player) => here || (sound !== null && player.sound?.id === sound.id));
  const position = usePlayer((player) => (mine ? player.position : null));
  const length = sound?.seconds ?? seconds ?? 0;
  if (!there)
    return <p className="rounded-control bg-sunken px-3 py-3 text-small text-ink-soft">{t("narrate.noSound")}</p>;
  return (
    <div className="flex items-center gap-2">
      <IconButton
        label={playing ? t("shell.pause") : t("shell.play")}
        hint="Enter"
        look="plain"
        onClick={() => {
          if (playing) pause();
          else if (mine) resume();
          else void playLine(desk, index, false);
        }}
      >
        {playing ? <Pause className="size-4" aria-hidden /> : <Play className="size-4" aria-hidden />}
      </IconButton>
      <div className="min-w-0 flex-1 rounded-control bg-sunken px-1">
        <Waveform
          sound={sound?.id ?? null}
          position={position}
          seconds={length}
          label={t("narrate.waveform", { line: index + 1 })}
          onSeek={(to) => {
            if (mine) seek(to);
            else if (sound) {
              desk.setState({ head: { line: index, sound: sound.id } });
              void play(sound, t("narrate.lineName", { line: index + 1 }), to).catch(fail);
            }
          }}
        />
      </div>
      <span className="numbers w-9 text-right text-small text-ink-soft">{clock(length)}</span>
    </div>
  );
}
