// How the text is to be spoken. What this model cannot do is shown, with the reason, and cannot be moved.

import { ChevronDown, ChevronRight, Dices } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../ipc/index";
import { Button } from "../../kit/button";
import { Choose, Slide, TextField } from "../../kit/field";
import { decimal } from "../../kit/format";
import { fail } from "../../state/store";
import { change, useDraft } from "./draft";
import { anySeed } from "./measure";

/** Largest seed. */
const MOST_SEED = 4_294_967_295;

export function Controls() {
  const { t } = useTranslation();
  const { language, speed, pauses, seed } = useDraft();
  const [more, setMore] = useState(false);
  const languages = useLanguages();
  const only = languages.length === 1 ? languages[0]?.label : undefined;
  return (
    <div className="flex flex-col gap-2">
      <div className="grid grid-cols-2 gap-x-4 gap-y-2 @min-[40rem]:grid-cols-4">
        <Choose
          label={t("speak.language")}
          hint={only && t("speak.onlyLanguage", { language: only })}
          value={language}
          choices={languages}
          onChange={(language) => change({ language })}
        />
        <Choose
          label={t("speak.style")}
          hint={t("speak.noStyles")}
          value="plain"
          choices={[{ value: "plain", label: t("speak.stylePlain") }]}
          onChange={() => undefined}
          disabled
        />
        <Slide
          label={t("speak.speed")}
          value={speed}
          least={0.5}
          most={2}
          step={0.05}
          shown={`${decimal(speed, 2)} ×`}
          onChange={(speed) => change({ speed })}
        />
        <Slide
          label={t("speak.pauses")}
          value={pauses}
          least={0}
          most={3}
          step={0.1}
          shown={pauses === 0 ? t("speak.noPauses") : `${decimal(pauses, 1)} ×`}
          onChange={(pauses) => change({ pauses })}
        />
      </div>
      <div className="flex flex-wrap items-end gap-3">
        <Button
          size="small"
          look="quiet"
          className="-ml-2"
          aria-expanded={more}
          icon={
            more ? <ChevronDown className="size-3.5" aria-hidden /> : <ChevronRight className="size-3.5" aria-hidden />
          }
          onClick={() => setMore(!more)}
        >
          {t("speak.more")}
        </Button>
        {more && (
          <>
            <div className="w-40">
              <TextField
                label={t("speak.seed")}
                inputMode="numeric"
                value={String(seed)}
                data-testid="speak-seed"
                onChange={(event) => {
                  const digits = event.target.value.replace(/\D/g, "").slice(0, 10);
                  change({ seed: Math.min(MOST_SEED, Number(digits)) });
                }}
              />
            </div>
            <Button icon={<Dices className="size-4" aria-hidden />} onClick={() => change({ seed: anySeed() })}>
              {t("speak.otherSeed")}
            </Button>
            <p className="max-w-72 text-small text-ink-faint">{t("speak.seedHint")}</p>
          </>
        )}
      </div>
    </div>
  );
}

/** The languages of the models that are installed, by their names in the window's language. */
function useLanguages(): { value: string; label: string }[] {
  const { i18n } = useTranslation();
  const [tags, setTags] = useState(["en"]);
  useEffect(() => {
    client
      .models()
      .then((models) => {
        const all = new Set(models.filter((model) => model.installed).flatMap((model) => model.languages));
        if (all.size > 0) setTags([...all]);
      })
      .catch(fail);
  }, []);
  const names = new Intl.DisplayNames(i18n.language, { type: "language" });
  return tags.map((tag) => ({ value: tag, label: names.of(tag) ?? tag }));
}
