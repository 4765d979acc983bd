// Who speaks in the film, and in which voice they speak in the dub. Nobody's own voice without their consent.

import { UserRoundPlus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { DubSpeakerView } from "../../ipc/bindings/DubSpeakerView";
import { Button } from "../../kit/button";
import { Choose } from "../../kit/field";
import { count } from "../../kit/format";
import { VoiceBadge } from "../../kit/voice-badge";
import { go, useStore } from "../../state/store";
import { edit } from "./deeds";
import { useDesk, useDeskStore } from "./desk";
import { languageName, maySpeak } from "./languages";
import { SpeakerBadge } from "./marks";

/** Stands for the voice that the program chooses. */
const AUTO = "auto";
/** Letters that one key assigns. */
const KEYS = 9;

export function Cast() {
  const { t } = useTranslation();
  const speakers = useDesk((desk) => desk.speakers);
  const to = useDesk((desk) => desk.card?.to ?? "");
  return (
    <section aria-label={t("dub.cast")} className="flex flex-col gap-2 p-3">
      <h2 className="text-small font-semibold text-ink-soft">{t("dub.cast")}</h2>
      {speakers.length === 0 && <p className="text-small text-ink-soft">{t("dub.nobodyYet")}</p>}
      <ul className="flex flex-col gap-2.5">
        {speakers.map((speaker, at) => (
          <li key={speaker.letter}>
            <One speaker={speaker} at={at} />
          </li>
        ))}
      </ul>
      {speakers.length > 0 && (
        <div className="mt-1 flex flex-col items-start gap-1.5 rounded-control bg-sunken p-2 text-small text-ink-soft">
          <p>{t("dub.consentNote", { language: languageName(to) })}</p>
          <Button
            size="small"
            data-testid="cast-ceremony"
            icon={<UserRoundPlus className="size-3.5" aria-hidden />}
            onClick={() => go({ page: "ceremony" })}
          >
            {t("dub.askConsent")}
          </Button>
        </div>
      )}
    </section>
  );
}

function One({ speaker, at }: { speaker: DubSpeakerView; at: number }) {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const voices = useStore((store) => store.voices);
  const to = useDesk((desk) => desk.card?.to ?? "");
  const known = (id: string) => voices.find((voice) => voice.id === id);
  const choice = (id: string) => {
    const voice = known(id);
    const may = voice !== undefined && maySpeak(voice, to);
    return {
      value: id,
      label: voice?.name ?? t("dub.voiceGone"),
      about: voice && !may ? t("dub.voiceNotFor", { language: languageName(to) }) : voice?.about,
      sign: <VoiceBadge id={id} name={voice?.name ?? "?"} size="small" />,
      disabled: !voice?.usable || !may,
    };
  };
  const usable = voices.filter((voice) => voice.usable);
  const sorted = [...usable.filter((voice) => !voice.preset), ...usable.filter((voice) => voice.preset)];
  const choices = [
    {
      value: AUTO,
      label: t("dub.voiceAuto", { name: known(speaker.spokenBy)?.name ?? "?" }),
      about: t("dub.voiceAutoAbout"),
      sign: <VoiceBadge id={speaker.spokenBy} name={known(speaker.spokenBy)?.name ?? "?"} size="small" />,
    },
    ...sorted.map((voice) => choice(voice.id)),
  ];
  const { voice } = speaker;
  if (voice !== null && !usable.some((one) => one.id === voice)) choices.push(choice(voice));
  const chosen = voice === null ? undefined : known(voice);
  const ended = voice !== null && !chosen?.usable;
  const silent = !ended && chosen !== undefined && !maySpeak(chosen, to);
  return (
    <div data-testid={`speaker-${at}`} className="flex flex-col gap-1">
      <div className="flex items-center gap-2">
        <SpeakerBadge speaker={at} letter={speaker.letter} size="small" />
        <Name key={speaker.name} speaker={speaker} at={at} />
        <span className="numbers shrink-0 text-tiny text-ink-faint">
          {t("dub.cueCount", { count: speaker.cues, cues: count(speaker.cues) })}
          {at < KEYS && (
            <kbd className="ml-1.5 rounded border border-line bg-sunken px-1 font-sans">
              <span className="sr-only">{t("dub.assignKey")} </span>
              {at + 1}
            </kbd>
          )}
        </span>
      </div>
      <Choose
        label={t("dub.voiceOf", { name: speaker.name })}
        hideLabel
        value={voice ?? AUTO}
        choices={choices}
        onChange={(value) => void edit(desk, { edit: "voice", speaker: at, voice: value === AUTO ? null : value })}
      />
      {(ended || silent) && (
        <p role="alert" className="text-small text-bad">
          {ended ? t("dub.voiceEnded") : t("dub.voiceNotFor", { language: languageName(to) })}
        </p>
      )}
    </div>
  );
}

/** What they are called; written over in place. */
function Name({ speaker, at }: { speaker: DubSpeakerView; at: number }) {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const plain = speaker.name === speaker.letter ? "" : speaker.name;
  const [name, setName] = useState(plain);
  const keep = () => {
    const wanted = name.trim() || speaker.letter;
    if (wanted !== speaker.name) void edit(desk, { edit: "name", speaker: at, name: wanted });
  };
  return (
    <input
      aria-label={t("dub.nameOf", { letter: speaker.letter })}
      value={name}
      maxLength={60}
      placeholder={t("dub.speakerNamed", { letter: speaker.letter })}
      spellCheck={false}
      autoComplete="off"
      className="h-7 w-0 min-w-0 flex-1 rounded-control border border-transparent bg-transparent px-1.5 text-base font-medium placeholder:font-normal placeholder:text-ink-faint hover:border-line-strong/60 focus:border-line-strong focus:bg-surface"
      onChange={(event) => setName(event.target.value)}
      onBlur={keep}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
        if (event.key === "Escape") setName(plain);
      }}
    />
  );
}
