// The shelf: every book that is narrated here, and the ways to bring in another.

import { BookOpenText, ClipboardPaste, FileUp, LibraryBig } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { BookCardView } from "../../ipc/bindings/BookCardView";
import type { BookView } from "../../ipc/bindings/BookView";
import type { Problem } from "../../ipc/bindings/Problem";
import { client, problemOf } from "../../ipc/index";
import { Button } from "../../kit/button";
import { Choose } from "../../kit/field";
import { Empty, Page, Trouble } from "../../kit/parts";
import { VoiceBadge } from "../../kit/voice-badge";
import { fail, go, useStore } from "../../state/store";
import { LibraryDoor } from "../home/library-door";
import { Paste } from "./paste";
import { RemoveQuestion } from "./remove";
import { ShelfRow } from "./shelf-row";

export function Narrate() {
  const { t } = useTranslation();
  const open = useStore((store) => store.machine?.library.state === "open");
  if (open) return <Shelf />;
  return (
    <Page title={t("narrate.title")} about={t("narrate.about")}>
      <LibraryDoor />
    </Page>
  );
}

function Shelf() {
  const { t } = useTranslation();
  const { voices, voice, choose } = useVoice();
  const { books, problem, fetch } = useBooks();
  const [pasting, setPasting] = useState(false);
  const [leaving, setLeaving] = useState<BookCardView | null>(null);
  const [reading, setReading] = useState(false);

  /** Brings in a book and opens it. */
  const bring = async (ask: (voice: string) => Promise<BookView | null>) => {
    setReading(true);
    try {
      const view = await ask(voice);
      if (view) go({ page: "book", book: view.card.id });
    } catch (thrown) {
      fail(thrown);
    } finally {
      setReading(false);
    }
  };
  const idle = voice !== "" && !reading;
  const openFile = (main: boolean) => (
    <Button
      look={main ? "main" : "plain"}
      data-testid="import-book"
      disabled={!idle}
      icon={<FileUp className="size-4" aria-hidden />}
      onClick={() => void bring((voice) => client.importBook(voice))}
    >
      {reading ? t("narrate.reading") : t("narrate.openBook")}
    </Button>
  );
  const paste = (
    <Button
      data-testid="import-text"
      disabled={!idle}
      icon={<ClipboardPaste className="size-4" aria-hidden />}
      onClick={() => setPasting(true)}
    >
      {t("narrate.pasteText")}
    </Button>
  );
  const sample = (
    <Button
      data-testid="sample-book"
      disabled={!idle}
      icon={<LibraryBig className="size-4" aria-hidden />}
      onClick={() => void bring((voice) => client.importSampleBook(voice))}
    >
      {t("narrate.sampleBook")}
    </Button>
  );
  const reader = voice !== "" && (
    <div className="w-44">
      <Choose
        label={t("narrate.newBooksVoice")}
        hideLabel
        value={voice}
        choices={voices.map(({ id, name, about }) => ({
          value: id,
          label: name,
          about,
          sign: <VoiceBadge id={id} name={name} size="small" />,
        }))}
        onChange={choose}
      />
    </div>
  );
  const empty = books?.length === 0;
  return (
    <Page
      title={t("narrate.title")}
      about={t("narrate.about")}
      actions={
        !empty && (
          <>
            {reader}
            {sample}
            {paste}
            {openFile(true)}
          </>
        )
      }
    >
      {problem && <Trouble problem={problem} mend={{ label: t("narrate.tryAgain"), act: fetch }} />}
      {voice === "" && (
        <p className="mb-4 rounded-card border border-line bg-surface p-4">
          {t("narrate.noVoice")}{" "}
          <button
            type="button"
            className="font-medium text-accent-text underline"
            onClick={() => go({ page: "ceremony" })}
          >
            {t("shell.makeVoice")}
          </button>
        </p>
      )}
      {empty && (
        <Empty
          icon={<BookOpenText className="size-6" aria-hidden />}
          title={t("narrate.emptyTitle")}
          action={
            <>
              {openFile(true)}
              {paste}
              {sample}
            </>
          }
        >
          <p>{t("narrate.emptyAbout")}</p>
          {voices.length > 1 && (
            <div className="mt-3 flex items-center justify-center gap-2">
              <span className="text-small">{t("narrate.readBy")}</span>
              {reader}
            </div>
          )}
        </Empty>
      )}
      {books && !empty && (
        <>
          <ul aria-label={t("narrate.shelf")} className="mx-auto flex max-w-5xl flex-col gap-2">
            {books.map((book) => (
              <ShelfRow key={book.id} book={book} onRemove={() => setLeaving(book)} />
            ))}
          </ul>
          <p className="mx-auto mt-4 max-w-5xl text-center text-small text-ink-faint">{t("narrate.dropHint")}</p>
        </>
      )}
      <Paste
        open={pasting}
        busy={reading}
        onClose={() => setPasting(false)}
        onText={(title, text) => void bring((voice) => client.importText(title, text, voice))}
      />
      <RemoveQuestion book={leaving} onClose={() => setLeaving(null)} onGone={fetch} />
    </Page>
  );
}

/** The voice for new books: one's own before the bundled ones, until another is chosen. */
function useVoice() {
  const voices = useStore((store) => store.voices).filter((voice) => voice.usable);
  const [chosen, choose] = useState<string | null>(null);
  const best = voices.find((voice) => voice.id === chosen) ?? voices.find((voice) => !voice.preset) ?? voices[0];
  return { voices, voice: best?.id ?? "", choose };
}

function useBooks() {
  const [books, setBooks] = useState<BookCardView[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const fetch = useCallback(() => {
    client
      .books()
      .then((books) => {
        setBooks(books);
        setProblem(null);
      })
      .catch((thrown) => setProblem(problemOf(thrown)));
  }, []);
  // A job that ends leaves fresh lines behind.
  const ended = useStore((store) => store.jobs.filter((job) => job.state === "done").length);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each end of a job is a reason to ask again
  useEffect(fetch, [ended, fetch]);
  return { books, problem, fetch };
}
