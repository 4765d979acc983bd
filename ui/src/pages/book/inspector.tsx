// All about the selected lines: state, sound, takes, voice, speed, pause, lock.

import { Lock, LockOpen, Plus, RefreshCw, SpellCheck } from "lucide-react";
import { memo, useDeferredValue, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { LineView } from "../../ipc/bindings/LineView";
import { Button } from "../../kit/button";
import { Choose, Slide } from "../../kit/field";
import { decimal } from "../../kit/format";
import { VoiceBadge } from "../../kit/voice-badge";
import { useStore } from "../../state/store";
import { ask, chooseTake, edit, lock, regenerate } from "./deeds";
import { useDesk, useDeskStore } from "./desk";
import { PauseField } from "./pause-field";
import { first, last, type Selection } from "./selection";
import { STATES, StateSign } from "./state-mark";
import { TakeSound } from "./take-sound";

/** A slide tells many values while it moves; the last is an edit. */
const SETTLED_MS = 350;

/** Keys run over lines faster than all this can be drawn: it follows when there is time. */
export function Inspector() {
  return <Details selection={useDeferredValue(useDesk((desk) => desk.selection))} />;
}

const Details = memo(function Details({ selection }: { selection: Selection }) {
  const { t } = useTranslation();
  const line = useDesk((desk) => desk.lines[selection.active]);
  const busy = useDesk((desk) => desk.busy.has(selection.active));
  if (!line) return null;
  const many = last(selection) - first(selection) + 1;
  const state = busy ? "rendering" : line.state;
  return (
    <aside aria-label={t("narrate.inspector")} className="@container h-full overflow-y-auto">
      <div className="flex flex-col gap-4 p-4 @min-[36rem]:flex-row @min-[36rem]:gap-6 @min-[36rem]:py-2.5">
        <section className="flex min-w-0 flex-col gap-3 @min-[36rem]:flex-[2] @min-[36rem]:gap-2">
          <div className="@min-[36rem]:flex @min-[36rem]:items-center @min-[36rem]:gap-3">
            <h2 className="text-base font-semibold">
              {many > 1
                ? t("narrate.linesChosen", { count: many, first: first(selection) + 1, last: last(selection) + 1 })
                : t("narrate.lineName", { line: line.index + 1 })}
            </h2>
            {many === 1 && (
              <p className="flex items-start gap-1.5 text-small text-ink-soft">
                <StateSign state={state} className="mt-0.5 size-3.5" />
                <span>{t(`${STATES[state].word}Long`)}</span>
              </p>
            )}
            {many === 1 && line.doubt && <p className="min-w-0 text-small text-bad">{line.doubt}</p>}
          </div>
          {many === 1 && <TakeSound line={line} />}
          <Deeds line={line} many={many} selection={selection} />
        </section>
        <section className="flex min-w-0 flex-col gap-3 @min-[36rem]:flex-[1.5] @min-[36rem]:gap-2">
          <div className="flex flex-col gap-3 @min-[36rem]:flex-row">
            <div className="min-w-0 @min-[36rem]:flex-1">
              <LineVoice line={line} />
            </div>
            {many === 1 && (
              <div className="@min-[36rem]:w-24">
                <PauseField key={line.index} line={line} />
              </div>
            )}
          </div>
          <LineSpeed line={line} selection={selection} />
        </section>
      </div>
    </aside>
  );
});

function Deeds({ line, many, selection }: { line: LineView; many: number; selection: Selection }) {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const allLocked = useDesk((desk) =>
    desk.lines.slice(first(selection), last(selection) + 1).every((line) => line.state === "locked"),
  );
  const busy = useDesk((desk) => desk.busy.has(selection.active));
  return (
    <div className="flex flex-col gap-3 @min-[36rem]:flex-row @min-[36rem]:flex-wrap @min-[36rem]:gap-1.5">
      {many === 1 && (
        <div className="flex flex-wrap items-center gap-1" role="group" aria-label={t("narrate.takes")}>
          {line.takes > 1 &&
            Array.from({ length: line.takes }, (_, take) => (
              <button
                key={take}
                type="button"
                aria-pressed={take === line.take}
                aria-label={t("narrate.takeNumber", { number: take + 1 })}
                onClick={() => void chooseTake(desk, take)}
                className={`numbers h-7 min-w-7 rounded-control border px-1.5 text-small transition-colors ${take === line.take ? "border-accent bg-accent-soft font-medium text-accent-text" : "border-line-strong/60 hover:bg-sunken"}`}
              >
                {take + 1}
              </button>
            ))}
          <Button
            size="small"
            look="quiet"
            hint="T"
            icon={<Plus className="size-3.5" aria-hidden />}
            disabled={allLocked || busy}
            onClick={() => void regenerate(desk, true)}
          >
            {t("narrate.newTake")}
          </Button>
        </div>
      )}
      <div className="flex flex-wrap gap-1.5">
        <Button
          size="small"
          hint="R"
          icon={<RefreshCw className="size-3.5" aria-hidden />}
          disabled={allLocked || busy}
          onClick={() => void regenerate(desk, false)}
        >
          {t("narrate.makeAgain")}
        </Button>
        <Button
          size="small"
          hint="X"
          aria-pressed={allLocked}
          icon={allLocked ? <LockOpen className="size-3.5" aria-hidden /> : <Lock className="size-3.5" aria-hidden />}
          onClick={() => void lock(desk)}
        >
          {allLocked ? t("narrate.unlock") : t("narrate.lock")}
        </Button>
        {many === 1 && (
          <Button
            size="small"
            icon={<SpellCheck className="size-3.5" aria-hidden />}
            onClick={() => desk.setState({ saying: { word: "", line: line.index } })}
          >
            {t("narrate.sayAWord")}
          </Button>
        )}
      </div>
    </div>
  );
}

function LineVoice({ line }: { line: LineView }) {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const bookVoice = useDesk((desk) => desk.card?.voice ?? "");
  const voices = useStore((store) => store.voices);
  const bookName = voices.find((voice) => voice.id === bookVoice)?.name ?? "–";
  return (
    <div id="line-voice">
      <Choose
        label={t("narrate.voice")}
        value={line.voice ?? "book"}
        choices={[
          {
            value: "book",
            label: t("narrate.voiceOfBook", { name: bookName }),
            sign: <VoiceBadge id={bookVoice} name={bookName} size="small" />,
          },
          ...voices
            .filter((voice) => voice.usable || voice.id === line.voice)
            .map((voice) => ({
              value: voice.id,
              label: voice.name,
              sign: <VoiceBadge id={voice.id} name={voice.name} size="small" />,
              disabled: !voice.usable,
            })),
        ]}
        onChange={(value) => {
          const { selection } = desk.getState();
          const voice = value === "book" ? null : value;
          void ask(desk, { edit: "voice", first: first(selection), last: last(selection), voice });
        }}
      />
    </div>
  );
}

function LineSpeed({ line, selection }: { line: LineView; selection: Selection }) {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const bookSpeed = useDesk((desk) => desk.card?.speed ?? 1);
  const [moved, setMoved] = useState<number | null>(null);
  const [from, to] = [first(selection), last(selection)];

  // biome-ignore lint/correctness/useExhaustiveDependencies: what was moved for other lines is not for these
  useEffect(() => setMoved(null), [from, to]);
  useEffect(() => {
    if (moved === null) return;
    const timer = setTimeout(
      () => void edit(desk, { edit: "speed", first: from, last: to, speed: moved }).then(() => setMoved(null)),
      SETTLED_MS,
    );
    return () => clearTimeout(timer);
  }, [moved, desk, from, to]);

  const value = moved ?? line.speed ?? bookSpeed;
  const own = moved !== null || line.speed !== null;
  return (
    <div>
      <Slide
        label={t("narrate.speed")}
        value={value}
        least={0.5}
        most={2}
        step={0.05}
        shown={own ? `${decimal(value, 2)} ×` : t("narrate.speedOfBook", { speed: decimal(value, 2) })}
        onChange={setMoved}
      />
      {line.speed !== null && (
        <Button
          size="small"
          look="quiet"
          className="-ml-2"
          onClick={() => void edit(desk, { edit: "speed", first: from, last: to, speed: null })}
        >
          {t("narrate.speedReset")}
        </Button>
      )}
    </div>
  );
}
