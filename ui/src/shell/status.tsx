// The line at the bottom: what computes, how busy it is, what leaves this machine, what plays.

import { Cpu, Library, Lock, Pause, Play, ShieldCheck, Square, Zap } from "lucide-react";
import { useTranslation } from "react-i18next";
import { IconButton } from "../kit/button";
import { clock, decimal } from "../kit/format";
import { Tip } from "../kit/tip";
import { seek, stop, toggle, usePlayer } from "../player/player";
import { go, useStore } from "../state/store";

export function Status() {
  const { t } = useTranslation();
  const machine = useStore((store) => store.machine);
  const load = useStore((store) => store.load);
  const running = useStore((store) => store.jobs.find((job) => job.state === "running"));
  if (!machine) return null;
  const { library } = machine;
  const why = machine.gpu ? t("shell.onProcessorWhy", { gpu: machine.gpu }) : t("shell.onProcessorNoGpu");
  const libraryWords = {
    none: t("shell.libraryNone"),
    none_needs_passphrase: t("shell.libraryNone"),
    locked: t("shell.libraryLocked"),
    broken: t("shell.libraryBroken"),
    open: library.demo ? t("shell.demoLibrary") : t("shell.libraryOpen"),
  }[library.state];
  return (
    <footer
      role="contentinfo"
      aria-label={t("shell.status")}
      className="flex h-8 shrink-0 items-center gap-4 overflow-hidden border-t border-line bg-sunken px-3 text-small whitespace-nowrap text-ink-soft"
    >
      <Tip text={machine.usesGpu ? (machine.gpu ?? "") : why}>
        <button
          type="button"
          onClick={() => go({ page: "models" })}
          className={`flex items-center gap-1.5 ${machine.usesGpu ? "" : "font-medium text-warn"}`}
        >
          {machine.usesGpu ? <Zap className="size-3.5" aria-hidden /> : <Cpu className="size-3.5" aria-hidden />}
          {machine.usesGpu ? machine.gpu : t("shell.onProcessor")}
        </button>
      </Tip>
      <span className="numbers hidden sm:inline">{load.active > 0 ? t("shell.slots", load) : t("shell.idle")}</span>
      {running?.timesRealTime != null && (
        <button
          type="button"
          onClick={() => go({ page: "jobs" })}
          className="numbers hidden text-accent-text md:inline"
        >
          {running.done} / {running.total} · {decimal(running.timesRealTime, 1)} ×
        </button>
      )}
      <span className="flex-1" />
      <Transport />
      <span className="hidden items-center gap-1.5 lg:flex">
        <ShieldCheck className="size-3.5 text-good" aria-hidden />
        {t("shell.staysHere")}
      </span>
      <button type="button" onClick={() => go({ page: "settings" })} className="flex items-center gap-1.5">
        {library.state === "open" ? (
          <Library className="size-3.5" aria-hidden />
        ) : (
          <Lock className="size-3.5" aria-hidden />
        )}
        {libraryWords}
      </button>
    </footer>
  );
}

/** What plays now, with its controls. */
function Transport() {
  const { t } = useTranslation();
  const { sound, name, playing, position, seconds } = usePlayer();
  if (!sound) return null;
  return (
    <div role="group" aria-label={t("shell.playing")} className="flex min-w-0 items-center gap-2">
      <IconButton label={playing ? t("shell.pause") : t("shell.play")} hint="Space" size="small" onClick={toggle}>
        {playing ? <Pause className="size-3.5" aria-hidden /> : <Play className="size-3.5" aria-hidden />}
      </IconButton>
      <span className="max-w-40 truncate text-ink">{name}</span>
      <input
        type="range"
        aria-label={t("shell.position", { name })}
        className="hidden w-32 accent-(--accent) sm:block"
        min={0}
        max={Math.max(seconds, 0.1)}
        step={0.1}
        value={position}
        onChange={(event) => seek(Number(event.target.value))}
      />
      <span className="numbers">
        {clock(position)} / {clock(seconds)}
      </span>
      <IconButton label={t("shell.stopPlaying")} hint="Esc" size="small" onClick={stop}>
        <Square className="size-3" aria-hidden />
      </IconButton>
    </div>
  );
}
