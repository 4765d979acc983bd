// All voices: people's with their consent, the bundled ones, and below those that have ended.

import { Mic, UsersRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { VoiceView } from "../../ipc/bindings/VoiceView";
import { Button } from "../../kit/button";
import { Empty, Page } from "../../kit/parts";
import { go, useStore } from "../../state/store";
import { LibraryDoor } from "../home/library-door";
import { VoiceCard } from "./voice-card";
import { ended } from "./words";

export function Voices() {
  const { t } = useTranslation();
  const voices = useStore((store) => store.voices);
  const isOpen = useStore((store) => store.machine?.library.state === "open");
  const people = voices.filter((voice) => !voice.preset && !ended(voice));
  const presets = voices.filter((voice) => voice.preset);
  const over = voices.filter((voice) => !voice.preset && ended(voice));
  const make = (
    <Button
      look="main"
      icon={<Mic className="size-4" aria-hidden />}
      onClick={() => go({ page: "ceremony" })}
      data-testid="make-voice"
    >
      {t("voices.make")}
    </Button>
  );
  return (
    <Page title={t("voices.title")} about={t("voices.about")} actions={make}>
      <div className="mx-auto flex max-w-6xl flex-col gap-7">
        {!isOpen && <LibraryDoor why={t("voices.needLibrary")} />}
        {isOpen && people.length === 0 && (
          <div className="rounded-card border border-dashed border-line-strong/60">
            <Empty icon={<UsersRound className="size-5" aria-hidden />} title={t("voices.none")} action={make}>
              {t("voices.noneAbout")}
            </Empty>
          </div>
        )}
        <Group title={t("voices.people")} voices={people} />
        <Group title={t("voices.presets")} about={t("voices.presetsAbout")} voices={presets} />
        <Group title={t("voices.over")} about={t("voices.overAbout")} voices={over} />
      </div>
    </Page>
  );
}

function Group({ title, about, voices }: { title: string; about?: string; voices: VoiceView[] }) {
  if (voices.length === 0) return null;
  return (
    <section aria-label={title} className="flex flex-col gap-3">
      <div>
        <h2 className="text-base font-semibold text-ink-soft">{title}</h2>
        {about && <p className="text-small text-ink-faint">{about}</p>}
      </div>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(17rem,1fr))] gap-4">
        {voices.map((voice) => (
          <VoiceCard key={voice.id} voice={voice} />
        ))}
      </ul>
    </section>
  );
}
