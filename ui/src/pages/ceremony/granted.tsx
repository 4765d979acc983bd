// The voice is there: it speaks at once, its receipt is saved, and what could not be checked is said.

import { AudioLines, BadgeCheck, Play, Square } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../kit/button";
import { Card } from "../../kit/parts";
import { VoiceBadge } from "../../kit/voice-badge";
import { Waveform } from "../../kit/waveform";
import { seek, stop, usePlayer } from "../../player/player";
import { go, useStore } from "../../state/store";
import { Receipt } from "../voices/voice";
import { useVoiceSound } from "../voices/voice-play";
import { Checks } from "./checks";
import { useCeremony } from "./state";

export function Granted() {
  const { t } = useTranslation();
  const attempt = useCeremony((ceremony) => ceremony.attempt);
  const voice = useStore((store) => store.voices.find((voice) => voice.id === attempt?.voice));
  const { sound, waiting, playing, speak } = useVoiceSound();
  const position = usePlayer((player) => (sound && player.sound?.id === sound.id ? player.position : null));
  const begun = useRef(false);

  // The first sentence in one's own voice needs no further click.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once
  useEffect(() => {
    if (!voice || begun.current) return;
    begun.current = true;
    void speak(voice.id, voice.name);
  }, [voice]);

  if (!voice || !attempt) return null;
  const passed = attempt.checks.filter((check) => check.state === "passed").length;
  const open = attempt.checks.filter((check) => check.state === "not_checked").length;
  return (
    <div className="flex flex-col gap-4" data-testid="granted">
      <Card className="flex flex-col gap-5 p-6">
        <div className="flex flex-wrap items-center gap-4">
          <VoiceBadge id={voice.id} name={voice.name} size="large" />
          <div className="min-w-48 flex-1">
            <h2 className="flex items-center gap-2 text-hero font-semibold">
              {t("ceremony.granted", { name: voice.name })}
              <BadgeCheck className="size-6 shrink-0 text-good" aria-label={t("ceremony.withConsent")} />
            </h2>
            <p className="text-base text-ink-soft">{t("ceremony.grantedAbout")}</p>
          </div>
        </div>
        <div className="flex items-center gap-3">
          <Button
            size="large"
            disabled={waiting}
            icon={playing ? <Square className="size-4" aria-hidden /> : <Play className="size-4" aria-hidden />}
            onClick={() => (playing ? stop() : void speak(voice.id, voice.name))}
            data-testid="voice-play"
          >
            {t(waiting ? "voices.making" : playing ? "voices.stopShort" : "ceremony.hearIt")}
          </Button>
          <div className="min-w-0 flex-1 rounded-control bg-sunken px-3 py-1">
            <Waveform
              sound={sound?.id ?? null}
              seconds={sound?.seconds ?? 0}
              position={position}
              onSeek={position === null ? undefined : seek}
              label={t("ceremony.firstSentence")}
            />
          </div>
        </div>
      </Card>
      <div className="grid items-start gap-4 sm:grid-cols-2">
        <Receipt voice={voice} loud />
        <Card className="flex flex-col gap-2">
          <h3 className="text-base font-semibold">{t("ceremony.whatNext")}</h3>
          <p className="text-small text-ink-soft">{t("ceremony.whatNextAbout")}</p>
          <div className="flex flex-wrap gap-2">
            <Button
              look="main"
              icon={<AudioLines className="size-4" aria-hidden />}
              onClick={() => go({ page: "speak", voice: voice.id })}
              data-testid="to-speak"
            >
              {t("ceremony.toSpeak")}
            </Button>
            <Button look="quiet" onClick={() => go({ page: "voice", voice: voice.id })}>
              {t("ceremony.toVoice")}
            </Button>
          </div>
        </Card>
      </div>
      <Card>
        <details>
          <summary className="text-base font-medium">{t("ceremony.grantedChecks", { passed, open })}</summary>
          <div className="mt-2">
            <Checks checks={attempt.checks} />
          </div>
        </details>
      </Card>
    </div>
  );
}
