// The start page: goes on where the user was. Books and takes, what runs, who can speak, what computes.

import { AudioLines, BookOpenText, Mic, Plus } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { BookCardView } from "../../ipc/bindings/BookCardView";
import type { TakeView } from "../../ipc/bindings/TakeView";
import { client } from "../../ipc/index";
import { Button } from "../../kit/button";
import { Page } from "../../kit/parts";
import { fail, go, useStore } from "../../state/store";
import { LibraryDoor } from "./library-door";
import { MachineCard } from "./machine-card";
import { useSampleBook } from "./sample-book";
import { Books, Running, Takes, VoiceRow } from "./start-parts";

/** How many of each are shown; the pages show all. */
const SHOWN = 4;

export function Start() {
  const { t } = useTranslation();
  const isOpen = useStore((store) => store.machine?.library.state === "open");
  const voices = useStore((store) => store.voices);
  const jobs = useStore((store) => store.jobs);
  const [books, setBooks] = useState<BookCardView[] | null>(null);
  const [takes, setTakes] = useState<TakeView[] | null>(null);
  const preset = voices.find((voice) => voice.preset)?.id ?? "";
  const sample = useSampleBook(preset);
  const running = jobs.filter((job) => ["running", "queued", "paused"].includes(job.state));
  const done = jobs.filter((job) => job.state === "done").length;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a finished job changes how far a book is
  useEffect(() => {
    if (!isOpen) return;
    let gone = false;
    Promise.all([client.books(), client.takes()])
      .then(([books, takes]) => {
        if (gone) return;
        setBooks(books);
        setTakes(takes);
      })
      .catch((thrown) => !gone && fail(thrown));
    return () => {
      gone = true;
    };
  }, [isOpen, done]);

  const lastTakes = [...(takes ?? [])].sort((a, b) => b.madeAt - a.madeAt).slice(0, SHOWN);
  const lastBooks = [...(books ?? [])].sort((a, b) => b.id - a.id).slice(0, SHOWN);
  const measured = lastTakes.find((take) => take.elapsedSeconds > 0 && take.seconds > 1);
  const speed =
    jobs.find((job) => job.timesRealTime !== null)?.timesRealTime ??
    (measured ? measured.seconds / measured.elapsedSeconds : null);

  return (
    <Page
      title={t("home.start")}
      actions={
        <>
          <Button icon={<AudioLines className="size-4" aria-hidden />} onClick={() => go({ page: "speak" })}>
            {t("home.speak")}
          </Button>
          <Button
            icon={<Mic className="size-4" aria-hidden />}
            onClick={() => go({ page: "ceremony" })}
            data-testid="make-voice"
          >
            {t("home.makeVoice")}
          </Button>
        </>
      }
    >
      <div className="mx-auto grid max-w-6xl items-start gap-x-6 gap-y-6 md:grid-cols-[minmax(0,1fr)_18rem]">
        <div className="flex min-w-0 flex-col gap-6">
          {!isOpen && <LibraryDoor />}
          {running.length > 0 && (
            <Section title={t("home.running")}>
              <Running jobs={running.slice(0, SHOWN)} />
            </Section>
          )}
          {isOpen && books !== null && (
            <Section
              title={t("home.books")}
              action={
                <Button
                  size="small"
                  look="quiet"
                  icon={<Plus className="size-3.5" aria-hidden />}
                  onClick={() => go({ page: "narrate" })}
                >
                  {t("home.newBook")}
                </Button>
              }
            >
              {lastBooks.length > 0 ? (
                <Books books={lastBooks} />
              ) : (
                <Quiet
                  icon={<BookOpenText className="size-4" aria-hidden />}
                  action={
                    <Button size="small" disabled={sample.busy} onClick={sample.open} data-testid="sample-book">
                      {t(sample.busy ? "home.opening" : "home.sampleBook")}
                    </Button>
                  }
                >
                  {t("home.noBooks")}
                </Quiet>
              )}
            </Section>
          )}
          {isOpen && takes !== null && (
            <Section title={t("home.takes")}>
              {lastTakes.length > 0 ? (
                <Takes takes={lastTakes} />
              ) : (
                <Quiet
                  icon={<AudioLines className="size-4" aria-hidden />}
                  action={
                    <Button size="small" onClick={() => go({ page: "speak" })}>
                      {t("home.speak")}
                    </Button>
                  }
                >
                  {t("home.noTakes")}
                </Quiet>
              )}
            </Section>
          )}
        </div>
        <div className="flex min-w-0 flex-col gap-6">
          <Section
            title={t("home.voices")}
            action={
              <Button size="small" look="quiet" onClick={() => go({ page: "voices" })}>
                {t("home.allVoices")}
              </Button>
            }
          >
            <VoiceRow voices={voices.filter((voice) => voice.usable)} />
          </Section>
          <MachineCard speed={speed} />
        </div>
      </div>
    </Page>
  );
}

function Section({ title, action, children }: { title: string; action?: React.ReactNode; children: React.ReactNode }) {
  return (
    <section aria-label={title} className="flex min-w-0 flex-col gap-2">
      <div className="flex min-h-7 items-center justify-between gap-2">
        <h2 className="text-base font-semibold text-ink-soft">{title}</h2>
        {action}
      </div>
      {children}
    </section>
  );
}

function Quiet({
  icon,
  action,
  children,
}: {
  icon: React.ReactNode;
  action: React.ReactNode;
  children: React.ReactNode;
}) {
  return (
    <div className="flex flex-wrap items-center gap-3 rounded-card border border-dashed border-line-strong/60 p-4 text-base text-ink-soft">
      {icon}
      <p className="min-w-48 flex-1">{children}</p>
      {action}
    </div>
  );
}
