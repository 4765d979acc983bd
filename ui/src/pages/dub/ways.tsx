// What to do with a film where nothing is written down yet, and with one where nothing is translated yet: three ways each.

import { Boxes, Captions, CaptionsOff, Ear, Languages, PenLine, X } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../ipc/index";
import { Button, IconButton } from "../../kit/button";
import { go, useStore } from "../../state/store";
import { askSubtitles } from "./bring";
import { beginEdit, insert, prepare } from "./deeds";
import { useDesk, useDeskStore } from "./desk";
import { languageName } from "./languages";
import { jobOf } from "./strip";

function Way({
  icon,
  title,
  about,
  act,
}: {
  icon: ReactNode;
  title: string;
  about: string;
  act: { label: string; main?: boolean; run: () => void; disabled?: boolean; testid: string };
}) {
  return (
    <li className="flex items-start gap-3 rounded-card border border-line bg-surface p-3">
      <span className="mt-0.5 flex size-8 shrink-0 items-center justify-center rounded-full bg-accent-soft text-accent-text">
        {icon}
      </span>
      <span className="flex min-w-0 flex-1 flex-wrap items-center justify-end gap-x-3 gap-y-2">
        <span className="min-w-44 flex-1">
          <span className="block font-medium">{title}</span>
          <span className="block text-small text-ink-soft">{about}</span>
        </span>
        <Button
          size="small"
          look={act.main ? "main" : "plain"}
          disabled={act.disabled}
          data-testid={act.testid}
          onClick={act.run}
        >
          {act.label}
        </Button>
      </span>
    </li>
  );
}

function useWorks(): boolean {
  const dub = useDesk((desk) => desk.dub);
  return useStore((store) => {
    const state = jobOf(store.jobs, dub)?.state;
    return state === "running" || state === "queued";
  });
}

const sign = "size-4";

/** Whether a model that translates could be had and is not here. */
function useLacksTranslator(asks: boolean): boolean {
  const [lacks, setLacks] = useState(false);
  useEffect(() => {
    if (!asks) return;
    let gone = false;
    client
      .catalog()
      .then((models) => {
        const able = models.filter((model) => model.kind === "llm");
        if (!gone) setLacks(able.length > 0 && able.every((model) => model.state !== "installed"));
      })
      // Then the job itself says what is missing.
      .catch(() => undefined);
    return () => {
      gone = true;
    };
  }, [asks]);
  return lacks;
}

/** No cue is there. */
export function NothingWritten() {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const works = useWorks();
  const language = languageName(useDesk((desk) => desk.card?.to ?? ""));
  return (
    <div className="h-full overflow-y-auto bg-ground">
      <div className="mx-auto flex max-w-xl flex-col gap-3 px-5 py-8">
        <h2 className="text-lead font-semibold">{t("dub.noCues")}</h2>
        <p className="text-ink-soft">{t("dub.noCuesAbout")}</p>
        <ul className="flex flex-col gap-2">
          <Way
            icon={<Ear className={sign} aria-hidden />}
            title={t("dub.wayListen")}
            about={t("dub.wayListenAbout")}
            act={{
              label: works ? t("dub.listening") : t("dub.listen"),
              main: true,
              disabled: works,
              run: () => void prepare(desk),
              testid: "way-listen",
            }}
          />
          <Way
            icon={<CaptionsOff className={sign} aria-hidden />}
            title={t("dub.wayFilmSubs")}
            about={t("dub.wayFilmSubsAbout")}
            act={{ label: t("dub.chooseFile"), run: () => askSubtitles(desk, "source"), testid: "way-film-subs" }}
          />
          <Way
            icon={<Captions className={sign} aria-hidden />}
            title={t("dub.wayDubSubs", { language })}
            about={t("dub.wayDubSubsAbout")}
            act={{ label: t("dub.chooseFile"), run: () => askSubtitles(desk, "target"), testid: "way-dub-subs" }}
          />
        </ul>
        <p className="text-small text-ink-faint">
          {t("dub.orByHand")}{" "}
          <button type="button" className="font-medium text-accent-text underline" onClick={() => void insert(desk)}>
            {t("dub.firstCue")}
          </button>
        </p>
      </div>
    </div>
  );
}

/** Every cue is there, and none in the language of the dub. Lies over the table until it is put away. */
export function NothingTranslated() {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const works = useWorks();
  const to = useDesk((desk) => desk.card?.to ?? "");
  const bare = useDesk((desk) => desk.cues.length > 0 && desk.cues.every((cue) => cue.state === "untranslated"));
  const [closed, setClosed] = useState(false);
  const lacks = useLacksTranslator(bare);
  if (!bare || closed) return null;
  const language = languageName(to);
  return (
    <section aria-label={t("dub.noWords", { language })} className="shrink-0 border-b border-line bg-ground px-4 py-3">
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <h2 className="font-semibold">{t("dub.noWords", { language })}</h2>
          <p className="text-small text-ink-soft">{t("dub.noWordsAbout")}</p>
        </div>
        <IconButton size="small" label={t("dub.putAway")} onClick={() => setClosed(true)}>
          <X className="size-3.5" aria-hidden />
        </IconButton>
      </div>
      <div className="mt-2 flex flex-wrap gap-2">
        {lacks ? (
          <Button
            size="small"
            look="main"
            data-testid="way-model"
            icon={<Boxes className={sign} aria-hidden />}
            onClick={() => go({ page: "models" })}
          >
            {t("dub.getModel")}
          </Button>
        ) : (
          <Button
            size="small"
            look="main"
            data-testid="way-translate"
            disabled={works}
            icon={<Languages className={sign} aria-hidden />}
            onClick={() => void prepare(desk)}
          >
            {works ? t("dub.translating") : t("dub.wayTranslate")}
          </Button>
        )}
        <Button
          size="small"
          data-testid="way-subtitles"
          icon={<Captions className={sign} aria-hidden />}
          onClick={() => askSubtitles(desk, "target")}
        >
          {t("dub.waySubtitles")}
        </Button>
        <Button
          size="small"
          data-testid="way-hand"
          icon={<PenLine className={sign} aria-hidden />}
          onClick={() => {
            setClosed(true);
            beginEdit(desk, 0, "target");
          }}
        >
          {t("dub.wayHand")}
        </Button>
      </div>
    </section>
  );
}
