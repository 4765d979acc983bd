// Every film that is dubbed here, and the way to bring in another.

import { Clapperboard, Film } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DubCardView } from "../../ipc/bindings/DubCardView";
import type { Problem } from "../../ipc/bindings/Problem";
import { client, problemOf } from "../../ipc/index";
import { Button } from "../../kit/button";
import { Empty, Page, Trouble } from "../../kit/parts";
import { Removal } from "../../kit/removal";
import { useStore } from "../../state/store";
import { LibraryDoor } from "../home/library-door";
import { BeginDialog } from "./begin";
import { DubRow } from "./dub-row";

export function Dubs() {
  const { t } = useTranslation();
  const open = useStore((store) => store.machine?.library.state === "open");
  if (open) return <Shelf />;
  return (
    <Page title={t("dub.title")} about={t("dub.about")}>
      <LibraryDoor />
    </Page>
  );
}

function Shelf() {
  const { t } = useTranslation();
  const { dubs, problem, fetch } = useDubs();
  const ffmpeg = useStore((store) => store.machine?.ffmpeg ?? true);
  const film = useStore((store) => store.film);
  const [beginning, setBeginning] = useState(false);
  // A film that was dropped on the window asks for its language at once.
  useEffect(() => {
    if (film !== null) setBeginning(true);
  }, [film]);
  const [leaving, setLeaving] = useState<DubCardView | null>(null);
  const begin = (
    <Button
      look="main"
      data-testid="dub-begin"
      disabled={!ffmpeg}
      icon={<Film className="size-4" aria-hidden />}
      onClick={() => setBeginning(true)}
    >
      {t("dub.begin")}
    </Button>
  );
  const empty = dubs?.length === 0;
  return (
    <Page title={t("dub.title")} about={t("dub.about")} actions={!empty && begin}>
      {problem && <Trouble problem={problem} mend={{ label: t("dub.tryAgain"), act: fetch }} />}
      {!ffmpeg && (
        <p role="note" className="mx-auto mb-4 max-w-5xl rounded-card border border-warn/50 bg-warn-soft p-3">
          {t("dub.needsFfmpeg")}
        </p>
      )}
      {empty && (
        <Empty icon={<Clapperboard className="size-6" aria-hidden />} title={t("dub.emptyTitle")} action={begin}>
          <p>{t("dub.emptyAbout")}</p>
          <ol className="mt-4 flex flex-col gap-1.5 text-left text-small">
            {[t("dub.step1"), t("dub.step2"), t("dub.step3")].map((step, at) => (
              <li key={step} className="flex gap-2">
                <span className="numbers flex size-5 shrink-0 items-center justify-center rounded-full bg-sunken text-tiny font-semibold">
                  {at + 1}
                </span>
                <span>{step}</span>
              </li>
            ))}
          </ol>
        </Empty>
      )}
      {dubs && !empty && (
        <ul aria-label={t("dub.shelf")} className="mx-auto flex max-w-5xl flex-col gap-2">
          {dubs.map((dub) => (
            <DubRow key={dub.id} dub={dub} onRemove={() => setLeaving(dub)} />
          ))}
        </ul>
      )}
      <BeginDialog open={beginning} onClose={() => setBeginning(false)} />
      {leaving && (
        <Removal
          title={t("dub.removeTitle", { title: leaving.title })}
          about={t("dub.removeAbout")}
          yes={t("dub.removeYes")}
          gone={t("dub.removed", { title: leaving.title })}
          testid="dub-remove-confirm"
          remove={() => client.removeDub(leaving.id)}
          onGone={fetch}
          onClose={() => setLeaving(null)}
        />
      )}
    </Page>
  );
}

function useDubs() {
  const [dubs, setDubs] = useState<DubCardView[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const fetch = useCallback(() => {
    client
      .dubs()
      .then((dubs) => {
        setDubs(dubs);
        setProblem(null);
      })
      .catch((thrown) => setProblem(problemOf(thrown)));
  }, []);
  // A job that ends leaves fresh cues behind.
  const ended = useStore((store) => store.jobs.filter((job) => job.state === "done").length);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each end of a job is a reason to ask again
  useEffect(fetch, [ended, fetch]);
  return { dubs, problem, fetch };
}
