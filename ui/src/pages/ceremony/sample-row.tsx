// A recording: its shape and sound, and what is good or wrong about it, in words, with what to do.

import { CheckCircle2, Lightbulb, Play, Square, Trash2, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Problem } from "../../ipc/bindings/Problem";
import type { SampleView } from "../../ipc/bindings/SampleView";
import type { SoundView } from "../../ipc/bindings/SoundView";
import { client } from "../../ipc/index";
import { IconButton } from "../../kit/button";
import { clock } from "../../kit/format";
import { Waveform } from "../../kit/waveform";
import { play, seek, stop, usePlayer } from "../../player/player";
import { fail } from "../../state/store";
import { discard, isUsable } from "./state";

export function SampleRow({
  sample,
  named,
  removable,
}: {
  sample: SampleView;
  /** Says what was read. */
  named?: boolean;
  removable?: boolean;
}) {
  const { t } = useTranslation();
  const [sound, setSound] = useState<SoundView | null>(null);
  const mine = (id: string | undefined) => sound !== null && id === sound.id;
  const playing = usePlayer((player) => player.playing && mine(player.sound?.id));
  const position = usePlayer((player) => (mine(player.sound?.id) ? player.position : null));
  const usable = isUsable(sample);

  useEffect(() => {
    let gone = false;
    client
      .sampleSound(sample.id)
      .then((sound) => !gone && setSound(sound))
      .catch((thrown) => !gone && fail(thrown));
    return () => {
      gone = true;
    };
  }, [sample.id]);

  const remove = async () => {
    if (playing) stop();
    await discard(sample.id).catch(fail);
  };

  return (
    <div className="flex flex-col gap-2" data-testid={`sample-${sample.id}`}>
      {named && (
        <p className="truncate text-small text-ink-soft" lang="en">
          {sample.prompt || sample.device}
        </p>
      )}
      <div className="flex items-center gap-3">
        <IconButton
          label={t(playing ? "ceremony.stopPlaying" : "ceremony.listenBack")}
          look="plain"
          disabled={!sound}
          onClick={() => (playing ? stop() : sound && void play(sound, t("ceremony.recording")))}
        >
          {playing ? <Square className="size-3.5" aria-hidden /> : <Play className="size-4" aria-hidden />}
        </IconButton>
        <div className="min-w-0 flex-1 rounded-control bg-sunken px-2 py-1">
          <Waveform
            sound={sound?.id ?? null}
            seconds={sample.seconds}
            position={position}
            onSeek={position === null ? undefined : seek}
            label={t("ceremony.recording")}
          />
        </div>
        <span className="numbers text-small text-ink-soft">{clock(sample.seconds)}</span>
        {removable && (
          <IconButton label={t("ceremony.discard")} onClick={() => void remove()}>
            <Trash2 className="size-4" aria-hidden />
          </IconButton>
        )}
      </div>
      {sample.endedEarly && (
        <Remark sign={<TriangleAlert className="size-4 text-warn" aria-hidden />}>{t("ceremony.endedEarly")}</Remark>
      )}
      {usable && (
        <Remark sign={<CheckCircle2 className="size-4 text-good" aria-hidden />}>
          {t("ceremony.goodSample", {
            seconds: sample.speechSeconds.toFixed(0),
            level: sample.speechDbfs.toFixed(0),
            floor: sample.noiseFloorDbfs.toFixed(0),
          })}
        </Remark>
      )}
      {sample.flaws.map((flaw) => (
        <Remark key={flaw.code} sign={<TriangleAlert className="size-4 text-bad" aria-hidden />}>
          <Words problem={flaw} />
        </Remark>
      ))}
      {sample.advice.map((advice) => (
        <Remark key={advice.code} sign={<Lightbulb className="size-4 text-warn" aria-hidden />}>
          <Words problem={advice} />
        </Remark>
      ))}
    </div>
  );
}

function Remark({ sign, children }: { sign: React.ReactNode; children: React.ReactNode }) {
  return (
    <p className="flex gap-2 text-base" role="status">
      <span className="mt-0.5 shrink-0">{sign}</span>
      <span>{children}</span>
    </p>
  );
}

/** What is wrong and what to do, in the window's language where it is known there. */
function Words({ problem }: { problem: Problem }) {
  const { t } = useTranslation();
  return (
    <>
      <span className="font-medium">{t(`ceremony.flaws.${problem.code}`, { defaultValue: problem.message })}</span>{" "}
      {t(`ceremony.mends.${problem.code}`, { defaultValue: problem.fix })}
    </>
  );
}
