// An open dub: the picture with its transport and the cast on the left, the cues beside it, the timeline below.

import { Info, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "../../kit/button";
import { Page, Trouble } from "../../kit/parts";
import { go, useStore } from "../../state/store";
import { LibraryDoor } from "../home/library-door";
import { Cast } from "./cast";
import { CuePanel } from "./cue-panel";
import { createDesk, DeskContext, focusCues, useDesk, useDeskStore } from "./desk";
import { ExportDialog } from "./export-dialog";
import { useFollow } from "./follow";
import { Head } from "./head";
import { fieldKeys, useDubKeys } from "./keys";
import { Picture } from "./picture";
import { said } from "./problems";
import { ReelBar } from "./reel-bar";
import { Strip } from "./strip";
import { SubtitlesDialog } from "./subtitles-dialog";
import { Cues } from "./table";
import { Timeline } from "./timeline";
import { NothingTranslated, NothingWritten } from "./ways";
import { WordingDialog } from "./wording-dialog";

export function FilmPage({ dub }: { dub: number }) {
  const { t } = useTranslation();
  const open = useStore((store) => store.machine?.library.state === "open");
  const [desk] = useState(() => createDesk(dub));
  if (!open)
    return (
      <Page title={t("dub.title")}>
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
      <Page title={t("dub.title")}>
        <Trouble problem={said(problem)} mend={{ label: t("dub.back"), act: () => go({ page: "dub" }) }} />
      </Page>
    );
  return there ? <Studio /> : <section className="h-full" aria-busy aria-label={t("dub.opening")} />;
}

function Studio() {
  const desk = useDeskStore();
  const dub = useDesk((desk) => desk.dub);
  const title = useDesk((desk) => desk.card?.title ?? "");
  const there = useDesk((desk) => desk.cues.length > 0);
  useDubKeys(desk);
  useEffect(focusCues, []);
  return (
    <section aria-label={title} className="@container flex h-full min-h-0 flex-col" onKeyDown={fieldKeys}>
      <Head />
      <Strip dub={dub} />
      <Warnings />
      <div className="flex min-h-0 flex-1">
        <div className="flex w-48 shrink-0 flex-col border-r border-line bg-ground @min-[48rem]:w-64 @min-[65rem]:w-88">
          <Picture />
          <ReelBar />
          <div className="relative min-h-0 flex-1 overflow-y-auto">
            {there && <CuePanel />}
            <Cast />
          </div>
        </div>
        <div className="flex min-h-0 min-w-0 flex-1 flex-col">
          {there ? (
            <>
              <NothingTranslated />
              <div className="min-h-0 flex-1">
                <Cues />
              </div>
            </>
          ) : (
            <NothingWritten />
          )}
        </div>
      </div>
      <Timeline />
      <ExportDialog />
      <SubtitlesDialog />
      <WordingDialog />
    </section>
  );
}

/** What was remarked while the film was prepared, until it is put away. */
function Warnings() {
  const { t } = useTranslation();
  const warnings = useDesk((desk) => desk.warnings);
  const [closed, setClosed] = useState(false);
  const [whole, setWhole] = useState(false);
  if (warnings.length === 0 || closed) return null;
  return (
    <div role="note" className="flex items-start gap-2 border-b border-line bg-warn-soft py-0.5 pr-2 pl-4 text-small">
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
          {t("dub.moreNotes", { count: warnings.length - 1 })}
        </Button>
      )}
      <IconButton size="small" label={t("dub.putAway")} onClick={() => setClosed(true)}>
        <X className="size-3.5" aria-hidden />
      </IconButton>
    </div>
  );
}
