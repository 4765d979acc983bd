// The lists of the start page: books with how far they are, last takes, what runs, who can speak.

import { Play, Square } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { BookCardView } from "../../ipc/bindings/BookCardView";
import type { JobView } from "../../ipc/bindings/JobView";
import type { TakeView } from "../../ipc/bindings/TakeView";
import type { VoiceView } from "../../ipc/bindings/VoiceView";
import { client } from "../../ipc/index";
import { IconButton } from "../../kit/button";
import { clock, count, finish, span, when } from "../../kit/format";
import { Bar } from "../../kit/parts";
import { VoiceBadge } from "../../kit/voice-badge";
import { play, stop, usePlayer } from "../../player/player";
import { fail, go, useStore } from "../../state/store";
import { VoicePlay } from "../voices/voice-play";

const LIST = "overflow-hidden rounded-card border border-line bg-surface divide-y divide-line";
const ROW = "flex w-full items-center gap-3 px-3 py-2 text-left transition-colors";

export function Books({ books }: { books: BookCardView[] }) {
  const { t } = useTranslation();
  const voices = useStore((store) => store.voices);
  return (
    <ul className={LIST}>
      {books.map((book) => {
        const voice = voices.find((voice) => voice.id === book.voice);
        const part = book.lines > 0 ? book.fresh / book.lines : 0;
        return (
          <li key={book.id}>
            <button
              type="button"
              className={`${ROW} hover:bg-sunken`}
              onClick={() => go({ page: "book", book: book.id })}
            >
              <VoiceBadge id={book.voice} name={voice?.name ?? "?"} />
              <span className="min-w-0 flex-1">
                <span className="block truncate font-medium">{book.title}</span>
                <span className="block truncate text-small text-ink-soft">
                  {[book.author, voice?.name, span(book.expectedSeconds)].filter(Boolean).join(" · ")}
                </span>
              </span>
              <span className="w-40 shrink-0">
                <span className="numbers mb-1 block text-right text-small whitespace-nowrap text-ink-soft">
                  {t("home.fresh", { fresh: count(book.fresh), lines: count(book.lines) })}
                </span>
                <Bar value={part} label={t("home.progressOf", { title: book.title })} />
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

export function Takes({ takes }: { takes: TakeView[] }) {
  return (
    <ul className={LIST}>
      {takes.map((take) => (
        <li key={take.id} className={ROW}>
          <TakePlay take={take} />
          <button
            type="button"
            className="min-w-0 flex-1 text-left"
            onClick={() => go({ page: "speak", voice: take.voice })}
          >
            <span className="block truncate">{take.text}</span>
            <span className="block truncate text-small text-ink-soft">
              {take.voiceName} · {when(take.madeAt)}
            </span>
          </button>
          <span className="numbers text-small text-ink-soft">{clock(take.seconds)}</span>
        </li>
      ))}
    </ul>
  );
}

function TakePlay({ take }: { take: TakeView }) {
  const { t } = useTranslation();
  const name = take.text.slice(0, 40);
  const mine = usePlayer((player) => player.playing && player.name === name);
  const start = () =>
    client
      .takeSound(take.id)
      .then((sound) => play(sound, name))
      .catch(fail);
  return (
    <IconButton
      label={mine ? t("voices.stopShort") : t("home.playTake", { text: name })}
      size="small"
      look="plain"
      onClick={() => (mine ? stop() : void start())}
    >
      {mine ? <Square className="size-3" aria-hidden /> : <Play className="size-3.5" aria-hidden />}
    </IconButton>
  );
}

export function Running({ jobs }: { jobs: JobView[] }) {
  const { t } = useTranslation();
  return (
    <ul className={LIST}>
      {jobs.map((job) => (
        <li key={job.id}>
          <button type="button" className={`${ROW} hover:bg-sunken`} onClick={() => go({ page: "jobs" })}>
            <span className="min-w-0 flex-1">
              <span className="mb-1.5 flex items-baseline justify-between gap-3">
                <span className="truncate font-medium">{job.title}</span>
                <span className="numbers shrink-0 text-small text-ink-soft">
                  {job.state === "running"
                    ? [
                        `${count(job.done)} / ${count(job.total)}`,
                        job.timesRealTime !== null && `${job.timesRealTime.toFixed(1)} ×`,
                        job.etaSeconds !== null && t("home.doneAt", { time: finish(job.etaSeconds) }),
                      ]
                        .filter(Boolean)
                        .join(" · ")
                    : `${t(job.state === "paused" ? "home.paused" : "home.queued")} · ${count(job.done)} / ${count(job.total)}`}
                </span>
              </span>
              <Bar
                value={job.total > 0 ? job.done / job.total : 0}
                label={t("home.progressOf", { title: job.title })}
              />
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

export function VoiceRow({ voices }: { voices: VoiceView[] }) {
  // People's voices first: they are whom one comes back for.
  const ordered = [...voices].sort((a, b) => Number(a.preset) - Number(b.preset)).slice(0, 6);
  return (
    <ul className={LIST}>
      {ordered.map((voice) => (
        <li key={voice.id} className={ROW}>
          <button
            type="button"
            className="flex min-w-0 flex-1 items-center gap-2.5 text-left"
            onClick={() => go(voice.preset ? { page: "speak", voice: voice.id } : { page: "voice", voice: voice.id })}
          >
            <VoiceBadge id={voice.id} name={voice.name} />
            <span className="truncate font-medium">{voice.name}</span>
          </button>
          <VoicePlay voice={voice.id} name={voice.name} />
        </li>
      ))}
    </ul>
  );
}
