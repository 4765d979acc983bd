// Two takes side by side, at the same loudness, from the same moment.

import { Equal, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { IconButton } from "../../kit/button";
import { Key } from "../../kit/parts";
import { usePlayer } from "../../player/player";
import { compare, matched, useTakes } from "./takes";

export function Compare() {
  const { t } = useTranslation();
  const { list, sounds, a, b } = useTakes();
  const heard = usePlayer((player) => player.sound?.id);
  if (!a && !b) return null;
  const takes = [a, b].map((id) => list.find((take) => take.id === id));
  return (
    <div
      role="group"
      aria-label={t("speak.compare")}
      className="flex flex-col gap-1.5 rounded-card border border-line bg-surface p-2"
    >
      <div className="flex items-stretch gap-2">
        {(["a", "b"] as const).map((side, index) => {
          const take = takes[index];
          const on = take !== undefined && sounds[take.id]?.id === heard && heard !== undefined;
          return (
            <button
              key={side}
              type="button"
              disabled={!take}
              aria-pressed={on}
              data-testid={`compare-${side}`}
              onClick={() => void compare(side)}
              className={`flex h-9 min-w-0 flex-1 items-center gap-2 rounded-control border px-2 text-left transition-colors ${on ? "border-accent bg-accent-soft" : "border-line hover:bg-sunken"}`}
            >
              <Key>{side.toUpperCase()}</Key>
              <span className="min-w-0 flex-1 truncate text-small">
                {take ? `${take.voiceName} · ${take.text}` : t("speak.markOther", { letter: side.toUpperCase() })}
              </span>
              {on && <span className="sr-only">{t("shell.playing")}</span>}
            </button>
          );
        })}
        <IconButton label={t("speak.endCompare")} onClick={() => useTakes.setState({ a: null, b: null })}>
          <X className="size-4" aria-hidden />
        </IconButton>
      </div>
      <p className="flex items-center gap-1.5 px-1 text-small text-ink-soft">
        <Equal className="size-3.5 shrink-0" aria-hidden />
        {t(!a || !b ? "speak.markSecond" : matched(takes) ? "speak.matched" : "speak.notMatched")}
      </p>
    </div>
  );
}
