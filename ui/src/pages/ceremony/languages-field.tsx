// The languages that a voice may be dubbed into: those that were chosen, each with a way out, and a list of the others.

import { X } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Choose } from "../../kit/field";
import { LANGUAGES, LANGUAGES_MOST } from "./languages";

const NONE = "none";

export function LanguagesField({ value, onChange }: { value: string[]; onChange: (tags: string[]) => void }) {
  const { t, i18n } = useTranslation();
  const names = new Intl.DisplayNames(i18n.language, { type: "language" });
  const name = (tag: string) => names.of(tag) ?? tag;
  const byName = new Intl.Collator(i18n.language).compare;
  const others = LANGUAGES.map(([tag]) => tag)
    .filter((tag) => !value.includes(tag))
    .map((tag) => ({ value: tag, label: name(tag) }))
    .sort((a, b) => byName(a.label, b.label));
  return (
    <div className="flex flex-col gap-2" data-testid="dub-into">
      <Choose
        label={t("ceremony.dubInto")}
        hint={t("ceremony.dubIntoHint")}
        value={NONE}
        choices={[{ value: NONE, label: t("ceremony.dubIntoAdd"), disabled: true }, ...others]}
        disabled={value.length >= LANGUAGES_MOST}
        className="max-w-72"
        onChange={(tag) => onChange([...value, tag].sort())}
      />
      {value.length > 0 && (
        <ul className="flex flex-wrap gap-1.5" aria-label={t("ceremony.dubInto")}>
          {value.map((tag) => (
            <li key={tag}>
              <button
                type="button"
                aria-label={t("ceremony.dubIntoRemove", { language: name(tag) })}
                className="inline-flex h-8 items-center gap-1.5 rounded-full border border-accent bg-accent-soft px-3 text-base text-accent-text transition-colors hover:bg-sunken"
                onClick={() => onChange(value.filter((other) => other !== tag))}
              >
                {name(tag)}
                <X className="size-3.5" aria-hidden />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
