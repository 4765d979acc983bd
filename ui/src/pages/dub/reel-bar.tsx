// Transport of the film: play, where it stands, and which sound is heard.

import { Pause, Play, SkipBack, SkipForward } from "lucide-react";
import { RadioGroup, Slider } from "radix-ui";
import { useTranslation } from "react-i18next";
import type { MonitorKind } from "../../ipc/bindings/MonitorKind";
import { IconButton } from "../../kit/button";
import { focusCues, select, useDesk, useDeskStore } from "./desk";
import { MONITORS } from "./keys";
import { monitor, RATES, seek, toggle, useReel } from "./reel";
import { timecode } from "./times";

export function ReelBar() {
  const { t } = useTranslation();
  const playing = useReel((reel) => reel.playing);
  const desk = useDeskStore();
  const jump = (by: 1 | -1) => {
    const { selection, cues } = desk.getState();
    const to = Math.max(0, Math.min(cues.length - 1, selection.active + by));
    select(desk, to);
    seek(cues[to]?.startMs ?? 0);
  };
  return (
    <div className="flex flex-col gap-1.5 border-b border-line px-2 pb-1.5">
      <Place />
      <div className="flex items-center gap-0.5">
        <IconButton size="small" label={t("dub.beforeCue")} onClick={() => jump(-1)}>
          <SkipBack className="size-3.5" aria-hidden />
        </IconButton>
        <IconButton
          data-testid="reel-play"
          look="main"
          size="small"
          label={playing ? t("shell.pause") : t("shell.play")}
          hint="Space"
          onClick={toggle}
        >
          {playing ? <Pause className="size-4" aria-hidden /> : <Play className="size-4" aria-hidden />}
        </IconButton>
        <IconButton size="small" label={t("dub.nextCue")} onClick={() => jump(1)}>
          <SkipForward className="size-3.5" aria-hidden />
        </IconButton>
        <span className="flex-1" />
        <Where />
      </div>
      <Monitor />
    </div>
  );
}

/** The whole film as a rail: for eyes, hands, and readers of the screen. */
function Place() {
  const { t } = useTranslation();
  const seconds = useReel((reel) => Math.floor(reel.positionMs / 200) / 5);
  const durationMs = useReel((reel) => reel.durationMs);
  return (
    <Slider.Root
      className="relative flex h-4 w-full touch-none items-center"
      value={[seconds]}
      min={0}
      max={Math.max(0.2, durationMs / 1000)}
      step={0.2}
      onValueChange={([value]) => value !== undefined && seek(value * 1000)}
      onPointerUp={focusCues}
    >
      <Slider.Track className="relative h-1 grow rounded-full bg-line">
        <Slider.Range className="absolute h-full rounded-full bg-accent" />
      </Slider.Track>
      <Slider.Thumb
        aria-label={t("dub.position")}
        aria-valuetext={timecode(seconds * 1000, 0)}
        className="block size-3 rounded-full border-2 border-accent bg-surface"
      />
    </Slider.Root>
  );
}

function Where() {
  const { t } = useTranslation();
  // Ten times a second is quick enough for eyes.
  const tenths = useReel((reel) => Math.floor(reel.positionMs / 100));
  const durationMs = useReel((reel) => reel.durationMs);
  const rate = useReel((reel) => reel.rate);
  const waiting = useReel((reel) => reel.waiting);
  return (
    <span className="numbers flex items-center gap-1.5 text-small whitespace-nowrap" data-testid="reel-where">
      {rate !== 1 && RATES.includes(rate as (typeof RATES)[number]) && (
        <span className="rounded bg-accent-soft px-1 text-tiny font-medium text-accent-text">{rate} ×</span>
      )}
      <span className={waiting ? "text-ink-faint" : "font-medium"}>{timecode(tenths * 100, 1)}</span>
      <span className="text-ink-faint">
        <span aria-hidden>/ </span>
        <span className="sr-only">{t("dub.ofLength")} </span>
        {timecode(durationMs, 0)}
      </span>
    </span>
  );
}

const WORDS: Record<MonitorKind, string> = {
  original: "dub.monitorOriginal",
  dub: "dub.monitorDub",
  mix: "dub.monitorMix",
};

function Monitor() {
  const { t } = useTranslation();
  const what = useReel((reel) => reel.what);
  const there = useDesk((desk) => desk.cues.length > 0);
  return (
    <RadioGroup.Root
      value={what}
      onValueChange={(value) => monitor(value as MonitorKind)}
      aria-label={t("dub.monitor")}
      aria-keyshortcuts="Q"
      className="grid grid-cols-3 gap-0.5 rounded-control bg-sunken p-0.5"
    >
      {MONITORS.map((kind) => (
        <RadioGroup.Item
          key={kind}
          value={kind}
          disabled={!there && kind !== "original"}
          data-testid={`monitor-${kind}`}
          // A click leaves the keys with the cues.
          onPointerUp={() => requestAnimationFrame(focusCues)}
          className={`h-6 truncate rounded px-1 text-small transition-colors disabled:opacity-45 ${kind === what ? "bg-surface font-medium text-ink shadow-[inset_0_0_0_1px_var(--line-strong)]" : "text-ink-soft hover:text-ink"}`}
        >
          {t(WORDS[kind])}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}
