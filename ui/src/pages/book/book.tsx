// An open book: chapters, lines, and all about the line in hand. The heart of the product: every line can be heard, made again, changed.

import { Info, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "../../kit/button";
import { Page, Trouble } from "../../kit/parts";
import { go, useStore } from "../../state/store";
import { LibraryDoor } from "../home/library-door";
import { ChapterField, ChapterList } from "./chapters";
import { createDesk, DeskContext, focusLines, useDesk, useDeskStore } from "./desk";
import { FindBar } from "./find-bar";
import { useFollow } from "./follow";
import { Lines } from "./grid";
import { BookVoice, Head } from "./head";
import { Inspector } from "./inspector";
import { fieldKeys, gridKeys, useBookKeys } from "./keys";
import { RenderQuestion, TouchQuestion } from "./questions";
import { SayAs } from "./say-as";
import { Strip } from "./strip";

export function Book({ book }: { book: number }) {
  const { t } = useTranslation();
  const open = useStore((store) => store.machine?.library.state === "open");
  const [desk] = useState(() => createDesk(book));
  if (!open)
    return (
      <Page title={t("narrate.title")}>
        <LibraryDoor />
      </Page>
    );
  return (
    <DeskContext value={desk}>
      <Opened />
    </DeskContext>
  );
}

function Opened() {
  const { t } = useTranslation();
  const desk = useDeskStore();
  useFollow(desk);
  const problem = useDesk((desk) => desk.problem);
  const there = useDesk((desk) => desk.card !== null);
  if (problem)
    return (
      <Page title={t("narrate.title")}>
        <Trouble problem={problem} mend={{ label: t("narrate.back"), act: () => go({ page: "narrate" }) }} />
      </Page>
    );
  return there ? <Desktop /> : <section className="h-full" aria-busy aria-label={t("narrate.opening")} />;
}

function Desktop() {
  const desk = useDeskStore();
  const book = useDesk((desk) => desk.book);
  const title = useDesk((desk) => desk.card?.title ?? "");
  const finding = useDesk((desk) => desk.find.shown);
  const several = useDesk((desk) => desk.chapters.length > 1);
  // A low window belongs to the lines.
  const [inspector, setInspector] = useState(() => window.innerHeight >= 540);
  const [asking, setAsking] = useState(false);
  useBookKeys(desk, { renderAll: () => setAsking(true), inspector: (show) => setInspector(show ?? !inspector) });
  useEffect(focusLines, []);
  return (
    <section aria-label={title} className="@container flex h-full min-h-0 flex-col" onKeyDown={fieldKeys}>
      <Head inspector={inspector} onInspector={() => setInspector(!inspector)} />
      <Strip book={book} />
      {finding && <FindBar />}
      <Warnings />
      <div className="flex min-h-0 flex-1 flex-col @min-[65rem]:flex-row">
        <div className="flex min-h-0 min-w-0 flex-1">
          {several && (
            <div className="hidden w-52 shrink-0 border-r border-line bg-ground @min-[59rem]:block">
              <ChapterList />
            </div>
          )}
          {/* biome-ignore lint/a11y/noStaticElementInteractions: hears the keys of the grid within */}
          <div className="flex min-h-0 min-w-0 flex-1 flex-col bg-surface" onKeyDown={(event) => gridKeys(desk, event)}>
            <div className="flex gap-2 border-b border-line px-3 py-1.5 @min-[59rem]:hidden">
              {several && (
                <div className="min-w-0 flex-1">
                  <ChapterField />
                </div>
              )}
              <div className="w-44">
                <BookVoice />
              </div>
            </div>
            <div className="min-h-0 flex-1">
              <Lines />
            </div>
          </div>
        </div>
        {inspector && (
          <div className="max-h-[46%] shrink-0 border-t border-line bg-ground @min-[65rem]:max-h-none @min-[65rem]:w-72 @min-[65rem]:border-t-0 @min-[65rem]:border-l">
            <Inspector />
          </div>
        )}
      </div>
      <TouchQuestion />
      <RenderQuestion open={asking} onClose={() => setAsking(false)} />
      <SayAs />
    </section>
  );
}

/** What the reader of the document remarked, until it is put away. */
function Warnings() {
  const { t } = useTranslation();
  const warnings = useDesk((desk) => desk.warnings);
  const [closed, setClosed] = useState(false);
  const [whole, setWhole] = useState(false);
  if (warnings.length === 0 || closed) return null;
  return (
    <div role="note" className="flex items-start gap-2 border-b border-line bg-warn-soft py-1 pr-2 pl-4 text-small">
      <Info className="mt-1.5 size-3.5 shrink-0 text-warn" aria-hidden />
      {whole ? (
        <ul className="max-h-24 min-w-0 flex-1 overflow-y-auto py-1" data-selectable>
          {warnings.map((warning, at) => (
            <li key={at}>{warning}</li>
          ))}
        </ul>
      ) : (
        <p className="min-w-0 flex-1 truncate py-1" data-selectable>
          {warnings[0]}
        </p>
      )}
      {warnings.length > 1 && !whole && (
        <Button size="small" look="quiet" onClick={() => setWhole(true)}>
          {t("narrate.moreNotes", { count: warnings.length - 1 })}
        </Button>
      )}
      <IconButton size="small" label={t("narrate.putAway")} onClick={() => setClosed(true)}>
        <X className="size-3.5" aria-hidden />
      </IconButton>
    </div>
  );
}
