// Everything that a voice's consent says, in plain words, with what the ear could not check.

import { CircleHelp } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { VoiceView } from "../../ipc/bindings/VoiceView";
import { when } from "../../kit/format";
import { Card, Chip } from "../../kit/parts";
import { Until, Used } from "./voice-card";
import { aboutWord, modeWord, scopeWord, uncheckedWord } from "./words";

export function Facts({ voice }: { voice: VoiceView }) {
  const { t, i18n } = useTranslation();
  if (voice.preset) {
    return (
      <Card>
        <p className="text-lead">{aboutWord(t, voice)}</p>
        <p className="mt-2 text-base text-ink-soft">{t("voices.presetAbout")}</p>
      </Card>
    );
  }
  const facts: [string, ReactNode][] = [];
  if (voice.owner) facts.push([t("voices.owner"), voice.owner]);
  if (voice.purpose) facts.push([t("voices.purpose"), voice.purpose]);
  if (voice.scopes.length > 0) {
    facts.push([
      t("voices.allowed"),
      <span key="scopes" className="flex flex-wrap gap-1">
        {voice.scopes.map((scope) => (
          <Chip key={scope}>{scopeWord(t, scope)}</Chip>
        ))}
      </span>,
    ]);
  }
  if (voice.dubInto.length > 0) {
    const names = new Intl.DisplayNames(i18n.language, { type: "language" });
    facts.push([t("voices.dubInto"), voice.dubInto.map((tag) => names.of(tag) ?? tag).join(", ")]);
  }
  if (voice.until && !voice.revoked) facts.push([t("voices.holds"), <Until key="until" until={voice.until} />]);
  if (voice.grantedAt !== null) facts.push([t("voices.grantedAt"), when(voice.grantedAt)]);
  if (voice.ownerMode) facts.push([t("voices.key"), modeWord(t, voice.ownerMode)]);
  if (voice.ear) facts.push([t("voices.ear"), voice.ear]);
  return (
    <Card className="flex flex-col gap-4">
      <h2 className="text-base font-semibold">{t("voices.consent")}</h2>
      {voice.terms && (
        <blockquote className="border-l-2 border-accent pl-3 text-read" data-selectable>
          {voice.terms}
        </blockquote>
      )}
      <dl className="flex flex-col gap-2">
        {facts.map(([name, fact]) => (
          <div key={name} className="flex gap-4">
            <dt className="w-32 shrink-0 text-ink-faint">{name}</dt>
            <dd className="min-w-0 flex-1 break-words" data-selectable>
              {fact}
            </dd>
          </div>
        ))}
      </dl>
      <Used voice={voice} />
      {voice.unchecked.length > 0 && (
        <div className="flex gap-2.5 rounded-control bg-warn-soft p-3">
          <CircleHelp className="mt-0.5 size-4 shrink-0 text-warn" aria-hidden />
          <div>
            <h3 className="text-base font-semibold text-warn">{t("voices.notChecked")}</h3>
            <p className="text-small text-ink-soft">{t("voices.notCheckedAbout")}</p>
            <ul className="mt-1.5 list-disc pl-4 text-small text-ink">
              {voice.unchecked.map((code) => (
                <li key={code}>{uncheckedWord(t, code)}</li>
              ))}
            </ul>
          </div>
        </div>
      )}
    </Card>
  );
}
