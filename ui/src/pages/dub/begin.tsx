// Before a film is chosen: into which language, and out of which.

import { Film } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../ipc/index";
import { Button } from "../../kit/button";
import { Dialog } from "../../kit/dialog";
import { Choose } from "../../kit/field";
import { go, useStore } from "../../state/store";
import { LANGUAGES, languageName } from "./languages";
import { fail } from "./problems";
import { canSpeak, firstChoice, useSpeakable } from "./speakable";

/** Stands for the language that a recogniser finds. */
const ANY = "any";

export function BeginDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const [from, setFrom] = useState<string>(ANY);
  /** What somebody chose; until then it follows from what can be spoken and from the film's language. */
  const [wanted, setTo] = useState<string | null>(null);
  const speakable = useSpeakable(open);
  const to = wanted ?? firstChoice(speakable ?? new Set(["en"]), i18n.language, from === ANY ? null : from);
  const film = useStore((store) => store.film);
  const [busy, setBusy] = useState(false);
  const names = LANGUAGES.map((tag) => ({ value: tag, label: languageName(tag) })).sort((a, b) =>
    a.label.localeCompare(b.label, i18n.language),
  );
  const same = from === to;
  const spoken = new Intl.ListFormat(i18n.language, { type: "conjunction" }).format(
    [...(speakable ?? [])].map(languageName).sort((a, b) => a.localeCompare(b, i18n.language)),
  );
  const begin = async () => {
    setBusy(true);
    try {
      const view = await client.beginDub(to, from === ANY ? null : from);
      if (!view) return;
      onClose();
      go({ page: "film", dub: view.card.id });
    } catch (thrown) {
      fail(thrown);
    } finally {
      useStore.setState({ film: null });
      setBusy(false);
    }
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={t("dub.beginTitle")}
      about={t("dub.beginAbout")}
      foot={
        <>
          <Button onClick={onClose}>{t("shell.cancel")}</Button>
          <Button look="main" data-testid="dub-choose-film" disabled={busy || same} onClick={() => void begin()}>
            {busy ? t("dub.lookingAtFilm") : film ? t("dub.beginGo") : t("dub.chooseFilm")}
          </Button>
        </>
      }
    >
      {film && (
        <p className="mb-3 flex min-w-0 items-center gap-2 rounded-control bg-sunken px-3 py-2">
          <Film className="size-4 shrink-0 text-ink-faint" aria-hidden />
          <span className="truncate font-medium">{film}</span>
        </p>
      )}
      <div className="grid gap-4 sm:grid-cols-2">
        <Choose
          label={t("dub.spokenIn")}
          value={from}
          choices={[{ value: ANY, label: t("dub.findOut") }, ...names]}
          onChange={setFrom}
        />
        <Choose
          label={t("dub.dubInto")}
          value={to}
          choices={names.map((name) => ({
            ...name,
            about: speakable && !canSpeak(speakable, name.value) ? t("dub.notSpoken") : undefined,
          }))}
          onChange={setTo}
        />
      </div>
      {speakable && (
        <p className="mt-2 text-small text-ink-soft" data-testid="dub-speakable">
          {t("dub.speakable", { languages: spoken })}{" "}
          {!canSpeak(speakable, to) && t("dub.speakableNot", { language: languageName(to) })}{" "}
          <button
            type="button"
            className="font-medium text-accent-text underline"
            onClick={() => {
              onClose();
              go({ page: "models" });
            }}
          >
            {t("dub.toModels")}
          </button>
        </p>
      )}
      {same && (
        <p role="alert" className="mt-2 text-small text-bad">
          {t("dub.sameLanguage")}
        </p>
      )}
    </Dialog>
  );
}
