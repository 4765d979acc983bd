// The first visit: something to hear with one key, then one's own voice, then a book. No question comes before the sound.

import { BookOpenText, FileDown, Mic, Play, Square } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../kit/button";
import { VoiceBadge } from "../../kit/voice-badge";
import { Waveform } from "../../kit/waveform";
import { seek, stop, usePlayer } from "../../player/player";
import { changeTaste, go, useStore } from "../../state/store";
import { useVoiceSound } from "../voices/voice-play";
import { aboutWord } from "../voices/words";
import { LibraryDoor } from "./library-door";
import { MachineCard } from "./machine-card";
import { Pills } from "./pills";
import { useSampleBook } from "./sample-book";

export function FirstRun() {
  const { t } = useTranslation();
  const presets = useStore((store) => store.voices).filter((voice) => voice.preset);
  const [chosen, setChosen] = useState<string | null>(null);
  const voice = presets.find((preset) => preset.id === chosen) ?? presets[0];
  const heard = useRef(false);
  const { sound, waiting, playing, readyIn, speak } = useVoiceSound();
  const book = useSampleBook(voice?.id ?? "");

  // Whoever has heard something and goes on is welcomed.
  useEffect(
    () => () => {
      if (heard.current) void changeTaste({ welcomed: true });
    },
    [],
  );

  const hear = (id: string, name: string) => {
    heard.current = true;
    void speak(id, name);
  };

  return (
    <section className="h-full overflow-y-auto" aria-label={t("home.title")}>
      <div className="mx-auto flex max-w-5xl flex-col gap-6 px-6 py-8">
        <div>
          <h1 className="text-hero font-semibold tracking-tight">{t("home.hello")}</h1>
          <p className="mt-1 max-w-2xl text-lead text-ink-soft">{t("home.helloAbout")}</p>
        </div>

        {voice && (
          <div className="flex flex-col gap-4 rounded-card border border-line bg-surface p-5">
            <div className="flex flex-wrap items-center gap-x-5 gap-y-3">
              <Button
                look="main"
                size="large"
                // Enter on the first page plays the first sound
                autoFocus
                disabled={waiting}
                hint={playing ? undefined : "Enter"}
                icon={playing ? <Square className="size-4" aria-hidden /> : <Play className="size-4" aria-hidden />}
                onClick={() => (playing ? stop() : hear(voice.id, voice.name))}
                data-testid="first-sound"
              >
                {t(playing ? "home.stopSound" : "home.firstSound", { name: voice.name })}
              </Button>
              <Pills
                label={t("home.chooseVoice")}
                value={voice.id}
                onChange={(id) => {
                  setChosen(id);
                  const next = presets.find((preset) => preset.id === id);
                  if (next) hear(next.id, next.name);
                }}
                pills={presets.map((preset) => ({
                  value: preset.id,
                  label: preset.name,
                  sign: <VoiceBadge id={preset.id} name={preset.name} size="small" />,
                }))}
              />
            </div>
            <Wave sound={sound?.id ?? null} seconds={sound?.seconds ?? 0} name={voice.name} />
            <p className="min-h-5 text-small text-ink-soft" aria-live="polite">
              {waiting
                ? t("home.making")
                : readyIn !== null
                  ? t("home.readyIn", { name: voice.name, about: aboutWord(t, voice), seconds: readyIn.toFixed(1) })
                  : aboutWord(t, voice)}
            </p>
          </div>
        )}

        <div className="grid items-start gap-4 md:grid-cols-[minmax(0,1fr)_19rem]">
          <div className="flex flex-col gap-4">
            <h2 className="text-lead font-semibold">{t("home.next")}</h2>
            <Next
              icon={<Mic className="size-5" aria-hidden />}
              title={t("home.makeVoice")}
              about={t("home.makeVoiceAbout")}
              action={
                <Button
                  look="main"
                  onClick={() => {
                    void changeTaste({ welcomed: true });
                    go({ page: "ceremony" });
                  }}
                  data-testid="make-voice"
                >
                  {t("home.makeVoice")}
                </Button>
              }
            />
            <Next
              icon={<BookOpenText className="size-5" aria-hidden />}
              title={t("home.sampleBook")}
              about={t("home.sampleBookAbout")}
              action={
                <Button disabled={book.busy || !voice} onClick={book.open} data-testid="sample-book">
                  {t(book.busy ? "home.opening" : "home.sampleBook")}
                </Button>
              }
            />
            {book.door && <LibraryDoor why={t("home.bookNeedsLibrary")} onOpen={book.proceed} />}
            <p className="flex items-center gap-2 px-1 text-small text-ink-soft">
              <FileDown className="size-4 shrink-0" aria-hidden />
              {t("home.drop")}
            </p>
          </div>
          <MachineCard speed={null} />
        </div>
      </div>
    </section>
  );
}

/** The wave follows the player, so that only it is drawn anew with each frame. */
function Wave({ sound, seconds, name }: { sound: string | null; seconds: number; name: string }) {
  const { t } = useTranslation();
  const position = usePlayer((player) => (player.sound?.id === sound && sound !== null ? player.position : null));
  return (
    <div className="rounded-control bg-sunken px-3 py-2">
      <Waveform
        sound={sound}
        seconds={seconds}
        position={position}
        onSeek={position === null ? undefined : seek}
        height={72}
        label={t("home.wave", { name })}
      />
    </div>
  );
}

function Next({
  icon,
  title,
  about,
  action,
}: {
  icon: React.ReactNode;
  title: string;
  about: string;
  action: React.ReactNode;
}) {
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-3 rounded-card border border-line bg-surface p-4">
      <span className="flex size-10 shrink-0 items-center justify-center rounded-full bg-accent-soft text-accent-text">
        {icon}
      </span>
      <div className="min-w-48 flex-1">
        <h3 className="text-base font-semibold">{title}</h3>
        <p className="text-small text-ink-soft">{about}</p>
      </div>
      {action}
    </div>
  );
}
