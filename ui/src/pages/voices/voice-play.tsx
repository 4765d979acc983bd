// A button that speaks a short sentence in a voice, and stops it again.

import { Play, Square } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { SoundView } from "../../ipc/bindings/SoundView";
import { client } from "../../ipc/index";
import { Button, IconButton } from "../../kit/button";
import { play, stop, usePlayer } from "../../player/player";
import { fail } from "../../state/store";

/** The last one asked for: a late answer for an older one is not played over it. */
let asked = 0;

/** Speaks the voice's sentence. The sound is asked for each time: a voice that was taken back says nothing. */
export function useVoiceSound() {
  const [sound, setSound] = useState<SoundView | null>(null);
  const [waiting, setWaiting] = useState(false);
  /** Seconds from the press to the sound. */
  const [readyIn, setReadyIn] = useState<number | null>(null);
  const playing = usePlayer((player) => player.playing && sound !== null && player.sound?.id === sound.id);
  const speak = async (voice: string, name: string) => {
    asked += 1;
    const mine = asked;
    setWaiting(true);
    const began = performance.now();
    try {
      const sound = await client.voiceSound(voice);
      if (mine !== asked) return;
      setSound(sound);
      setReadyIn((performance.now() - began) / 1000);
      await play(sound, name);
    } catch (thrown) {
      if (mine === asked) fail(thrown);
    } finally {
      setWaiting(false);
    }
  };
  return { sound, waiting, playing, readyIn, speak };
}

export function VoicePlay({
  voice,
  name,
  words,
}: {
  voice: string;
  name: string /** Says so in words. */;
  words?: boolean;
}) {
  const { t } = useTranslation();
  const { waiting, playing, speak } = useVoiceSound();
  const act = () => (playing ? stop() : void speak(voice, name));
  const sign = playing ? <Square className="size-3.5" aria-hidden /> : <Play className="size-3.5" aria-hidden />;
  if (!words) {
    return (
      <IconButton
        label={t(playing ? "voices.stop" : "voices.play", { name })}
        size="small"
        look="plain"
        disabled={waiting}
        onClick={act}
        data-testid="voice-play"
      >
        {sign}
      </IconButton>
    );
  }
  return (
    <Button icon={sign} disabled={waiting} onClick={act} data-testid="voice-play">
      {t(waiting ? "voices.making" : playing ? "voices.stopShort" : "voices.playShort")}
    </Button>
  );
}
