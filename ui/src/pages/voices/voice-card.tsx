// A voice on the page of voices: who it is, whose consent it stands under, how long and how much of it is left.

import { AudioLines, BadgeCheck, Ban, CalendarClock, FlaskConical, Package } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { VoiceView } from "../../ipc/bindings/VoiceView";
import { Button } from "../../kit/button";
import { day, span } from "../../kit/format";
import { Bar, Chip } from "../../kit/parts";
import { VoiceBadge } from "../../kit/voice-badge";
import { go } from "../../state/store";
import { VoicePlay } from "./voice-play";
import { aboutWord, daysLeft, ended, hours, modeWord, SOON_DAYS, scopeWord } from "./words";

/** What kind of voice it is, in chips. */
export function KindChips({ voice }: { voice: VoiceView }) {
  const { t } = useTranslation();
  const sign = "size-3";
  return (
    <>
      {voice.preset ? (
        <Chip icon={<Package className={sign} aria-hidden />}>{t("voices.preset")}</Chip>
      ) : voice.revoked ? (
        <Chip tone="bad" icon={<Ban className={sign} aria-hidden />}>
          {t("voices.revoked")}
        </Chip>
      ) : voice.usable ? (
        <Chip tone="good" icon={<BadgeCheck className={sign} aria-hidden />}>
          {t("voices.withConsent")}
        </Chip>
      ) : (
        <Chip tone="warn" icon={<CalendarClock className={sign} aria-hidden />}>
          {t("voices.notUsable")}
        </Chip>
      )}
      {voice.demo && (
        <Chip tone="accent" icon={<FlaskConical className={sign} aria-hidden />}>
          {t("voices.demo")}
        </Chip>
      )}
    </>
  );
}

/** Until when, and how many days that are. */
export function Until({ until }: { until: string }) {
  const { t } = useTranslation();
  const left = daysLeft(until, Date.now());
  const words =
    left < 0
      ? t("voices.endedOn", { date: day(until) })
      : `${t("voices.until", { date: day(until) })}, ${t("voices.daysLeft", { count: left })}`;
  return (
    <span className={left < SOON_DAYS ? "inline-flex items-center gap-1 font-medium text-warn" : undefined}>
      {left < SOON_DAYS && <CalendarClock className="size-3.5" aria-hidden />}
      {words}
    </span>
  );
}

/** How much of what was allowed has been spoken. */
export function Used({ voice }: { voice: VoiceView }) {
  const { t } = useTranslation();
  if (voice.usedSeconds === null || voice.capSeconds === null) return null;
  const part = voice.capSeconds > 0 ? voice.usedSeconds / voice.capSeconds : 1;
  const words = t("voices.used", { used: span(voice.usedSeconds), cap: hours(voice.capSeconds) });
  return (
    <div className="flex flex-col gap-1">
      <span className="numbers text-small text-ink-soft">{words}</span>
      <Bar value={part} label={words} tone={part >= 1 ? "bad" : part > 0.9 ? "warn" : "accent"} />
    </div>
  );
}

export function VoiceCard({ voice }: { voice: VoiceView }) {
  const { t } = useTranslation();
  const over = ended(voice);
  return (
    <li
      className={`flex flex-col gap-3 rounded-card border border-line p-4 ${over ? "bg-transparent" : "bg-surface"}`}
      data-testid={`voice-card-${voice.id}`}
    >
      <div className="flex items-start gap-3">
        <span className={over ? "opacity-45 grayscale" : ""}>
          <VoiceBadge id={voice.id} name={voice.name} size="large" />
        </span>
        <div className="min-w-0 flex-1">
          <h3 className={`truncate text-lead font-semibold ${over ? "text-ink-soft" : ""}`}>{voice.name}</h3>
          <div className="mt-0.5 flex flex-wrap gap-1">
            <KindChips voice={voice} />
          </div>
        </div>
      </div>
      {voice.preset ? (
        <p className="text-small text-ink-soft">{aboutWord(t, voice)}</p>
      ) : (
        <div className="flex flex-col gap-1 text-small text-ink-soft">
          {voice.owner && <p className="truncate">{t("voices.ownedBy", { owner: voice.owner })}</p>}
          {voice.ownerMode && <p className="truncate">{modeWord(t, voice.ownerMode)}</p>}
          {voice.until && !voice.revoked && (
            <p>
              <Until until={voice.until} />
            </p>
          )}
        </div>
      )}
      {!over && voice.scopes.length > 0 && (
        <div className="flex flex-wrap gap-1">
          {voice.scopes.map((scope) => (
            <Chip key={scope}>{scopeWord(t, scope)}</Chip>
          ))}
        </div>
      )}
      {!voice.revoked && <Used voice={voice} />}
      <div className="mt-auto flex flex-wrap items-center gap-2 pt-1">
        {!over && <VoicePlay voice={voice.id} name={voice.name} words />}
        {!over && (
          <Button
            look="quiet"
            icon={<AudioLines className="size-4" aria-hidden />}
            onClick={() => go({ page: "speak", voice: voice.id })}
          >
            {t("voices.speak")}
          </Button>
        )}
        {!voice.preset && (
          <Button
            look="quiet"
            className="ml-auto"
            aria-label={t("voices.detailsOf", { name: voice.name })}
            onClick={() => go({ page: "voice", voice: voice.id })}
            data-testid={`voice-open-${voice.id}`}
          >
            {t("voices.details")}
          </Button>
        )}
      </div>
    </li>
  );
}
