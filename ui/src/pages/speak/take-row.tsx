// One take: its words, its shape, whose voice, and what can be done with it.

import { ClipboardCopy, Dices, Download, Pause, Play, Star, Trash2 } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { SoundFormat } from "../../ipc/bindings/SoundFormat";
import type { TakeView } from "../../ipc/bindings/TakeView";
import { IconButton } from "../../kit/button";
import { decimal, when } from "../../kit/format";
import { Menu } from "../../kit/menu";
import { Tip } from "../../kit/tip";
import { VoiceBadge } from "../../kit/voice-badge";
import { Waveform } from "../../kit/waveform";
import { seek, toggle, usePlayer } from "../../player/player";
import { useStore } from "../../state/store";
import { copyBack } from "./draft";
import { again } from "./speak-draft";
import { exportTake, forget, mark, playTake, remove, soundOf, star, useTakes } from "./takes";

const FORMATS: { format: SoundFormat; label: string; tool: boolean }[] = [
  { format: "wav", label: "WAV", tool: false },
  { format: "flac", label: "FLAC", tool: true },
  { format: "mp3", label: "MP3", tool: true },
  { format: "opus", label: "Opus", tool: true },
];

export function TakeRow({ take, index, focused }: { take: TakeView; index: number; focused: boolean }) {
  const { t } = useTranslation();
  const row = useRef<HTMLDivElement>(null);
  const sound = useTakes((takes) => takes.sounds[take.id]);
  const side = useTakes((takes) => (takes.a === take.id ? "a" : takes.b === take.id ? "b" : null));
  const mine = usePlayer((player) => sound !== undefined && player.sound?.id === sound.id);
  const playing = usePlayer((player) => player.playing) && mine;
  const position = usePlayer((player) => (mine ? player.position : null));
  const tab = focused ? 0 : -1;
  useSoundWhenSeen(take, row, sound !== undefined);

  const playOrPause = () => {
    if (mine) toggle();
    else void playTake(take);
  };
  const drop = () => void remove(take, { removed: t("speak.removed"), undo: t("shell.undo") });
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey) return;
    const own = !(event.target as HTMLElement).closest("button");
    if (event.key === "Enter" && own) playOrPause();
    else if (event.key === "Delete") drop();
    else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      const stops = [...event.currentTarget.querySelectorAll<HTMLElement>("button")];
      const here = stops.indexOf(event.target as HTMLElement);
      const next = event.key === "ArrowRight" ? here + 1 : here - 1;
      (next < 0 ? event.currentTarget : stops[next])?.focus();
    } else return;
    event.preventDefault();
  };

  return (
    <div
      ref={row}
      role="row"
      aria-rowindex={index + 1}
      aria-selected={focused}
      aria-label={`${take.text} – ${take.voiceName}, ${decimal(take.seconds, 1)} s`}
      tabIndex={tab}
      data-take={take.id}
      data-testid={`take-${index}`}
      onFocus={() => useTakes.setState({ focus: take.id })}
      onKeyDown={onKeyDown}
      className={`grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 rounded-control border-b border-line px-2 py-2.5 outline-offset-[-2px] transition-colors [contain-intrinsic-size:auto_7rem] [content-visibility:auto] ${focused ? "bg-surface" : ""}`}
    >
      <div role="gridcell" tabIndex={-1} className="pt-0.5">
        <IconButton
          label={t(playing ? "shell.pause" : "shell.play")}
          look={playing ? "main" : "plain"}
          className="rounded-full"
          tabIndex={tab}
          data-testid="take-play"
          onClick={playOrPause}
        >
          {playing ? <Pause className="size-4" aria-hidden /> : <Play className="size-4 translate-x-px" aria-hidden />}
        </IconButton>
      </div>
      <div role="gridcell" tabIndex={-1} className="min-w-0">
        <p className="line-clamp-2 text-base" data-selectable>
          {take.text}
        </p>
        <div className="mt-1 flex items-center gap-2">
          <div className="min-w-0 flex-1">
            <Waveform
              sound={sound?.id ?? null}
              position={position}
              seconds={take.seconds}
              height={30}
              label={t("speak.positionIn", { text: take.text.slice(0, 60) })}
              onSeek={focused ? (to) => (mine ? seek(to) : void playTake(take, to)) : undefined}
            />
          </div>
          <span className="numbers w-11 shrink-0 text-right text-small text-ink-soft">
            {decimal(take.seconds, 1)} s
          </span>
        </div>
      </div>
      <div role="gridcell" tabIndex={-1} className="col-start-2 mt-1 flex items-center gap-x-0.5">
        <Tip text={t("speak.madeWith", { when: when(take.madeAt), model: take.model.slice(0, 8), seed: take.seed })}>
          <span className="flex min-w-0 flex-1 items-center gap-1.5 overflow-hidden text-small text-ink-soft">
            <VoiceBadge id={take.voice} name={take.voiceName} size="small" />
            <span className="max-w-28 shrink-0 truncate">{take.voiceName}</span>
            <span className="numbers min-w-0 truncate">
              {take.speed !== 1 && `· ${decimal(take.speed, 2)} × `}· {t("speak.seedShort", { seed: take.seed })}
            </span>
          </span>
        </Tip>
        {(["a", "b"] as const).map((letter) => (
          <IconButton
            key={letter}
            label={t(side === letter ? "speak.unmark" : "speak.markAs", { letter: letter.toUpperCase() })}
            hint={`Shift ${letter.toUpperCase()}`}
            size="small"
            look={side === letter ? "main" : "quiet"}
            className="text-small font-semibold"
            tabIndex={tab}
            aria-pressed={side === letter}
            data-testid={`take-mark-${letter}`}
            onClick={() => mark(letter, take.id)}
          >
            {letter.toUpperCase()}
          </IconButton>
        ))}
        <IconButton
          label={t(take.starred ? "speak.unstar" : "speak.star")}
          hint="S"
          size="small"
          tabIndex={tab}
          pressed={take.starred}
          data-testid="take-star"
          onClick={() => void star(take)}
        >
          <Star className={`size-3.5 ${take.starred ? "fill-current" : ""}`} aria-hidden />
        </IconButton>
        <IconButton
          label={t("speak.again")}
          hint="T"
          size="small"
          tabIndex={tab}
          data-testid="take-again"
          onClick={() => again(take)}
        >
          <Dices className="size-3.5" aria-hidden />
        </IconButton>
        <IconButton
          label={t("speak.copyBack")}
          size="small"
          tabIndex={tab}
          data-testid="take-copy"
          onClick={() => copyBack(take)}
        >
          <ClipboardCopy className="size-3.5" aria-hidden />
        </IconButton>
        <Export take={take} tab={tab} />
        <IconButton
          label={t("speak.remove")}
          hint={t("speak.deleteKey")}
          size="small"
          tabIndex={tab}
          data-testid="take-remove"
          onClick={drop}
        >
          <Trash2 className="size-3.5" aria-hidden />
        </IconButton>
      </div>
    </div>
  );
}

function Export({ take, tab }: { take: TakeView; tab: number }) {
  const { t } = useTranslation();
  const ffmpeg = useStore((store) => store.machine?.ffmpeg ?? false);
  const words = (name: string) => ({ saved: t("speak.saved", { name }), show: t("speak.showFolder") });
  return (
    <Menu
      trigger={
        <IconButton label={t("speak.export")} size="small" tabIndex={tab} data-testid="take-export">
          <Download className="size-3.5" aria-hidden />
        </IconButton>
      }
      items={FORMATS.map(({ format, label, tool }) => ({
        label,
        disabled: tool && !ffmpeg,
        hint: tool && !ffmpeg ? t("speak.needsFfmpeg") : undefined,
        act: () => void exportTake(take, format, words),
      }))}
    />
  );
}

/** Fetches the sound once its row is in sight, for its shape; a sound that may not be heard has none. */
function useSoundWhenSeen(take: TakeView, row: React.RefObject<HTMLDivElement | null>, known: boolean): void {
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    const element = row.current;
    if (!element || known || asked) return;
    const watch = new IntersectionObserver(([entry]) => {
      if (!entry?.isIntersecting) return;
      watch.disconnect();
      setAsked(true);
      soundOf(take).catch(() => forget(take.id));
    });
    watch.observe(element);
    return () => watch.disconnect();
  }, [take, row, known, asked]);
}
