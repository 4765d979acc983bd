// What is on the stage while the statement is taken: the sentence, then one word at a time, very large; then the judgement.

import { Ear } from "lucide-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import type { ChallengeView } from "../../ipc/bindings/ChallengeView";
import type { CheckView } from "../../ipc/bindings/CheckView";
import type { LevelView } from "../../ipc/bindings/LevelView";
import { Button } from "../../kit/button";
import { LevelMeter } from "../../kit/level-meter";
import { Card } from "../../kit/parts";
import { Checks } from "./checks";

export type Moment =
  | { at: "sentence" }
  | { at: "ready" }
  | { at: "word"; word: string; number: number }
  | { at: "judging" };

export function Stage({
  moment,
  challenge,
  level,
  onRead,
  onCancel,
}: {
  moment: Moment;
  challenge: ChallengeView;
  level: LevelView | null;
  onRead: () => void;
  onCancel: () => void;
}) {
  const { t } = useTranslation();
  const reading = moment.at === "sentence";

  // Enter and space mean "I have read it" wherever the focus is, and Escape ends it: before any other key of the window.
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const mine = event.key === "Escape" || event.key === "Enter" || event.key === " ";
      if (!mine || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key !== "Escape" && event.target instanceof HTMLElement && event.target.dataset.testid === "cancel") {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
      if (event.repeat) return;
      if (event.key === "Escape") onCancel();
      else if (reading) onRead();
    };
    window.addEventListener("keydown", listen, true);
    return () => window.removeEventListener("keydown", listen, true);
  }, [reading, onRead, onCancel]);

  return (
    <Card className="flex min-h-104 flex-col gap-5 p-6 ring-1 ring-record">
      <div className="flex items-center justify-between gap-3">
        <h2 className="flex items-center gap-2 text-base font-semibold" aria-live="polite">
          <span className="size-2.5 rounded-full bg-record" aria-hidden />
          {t(reading ? "ceremony.readSentence" : "ceremony.sayWord")}
        </h2>
        <Button size="small" look="quiet" hint="Esc" onClick={onCancel} data-testid="cancel">
          {t("shell.cancel")}
        </Button>
      </div>
      <div className="flex flex-1 flex-col items-center justify-center gap-6">
        {reading && (
          <p className="text-hero leading-11 font-medium text-balance" lang="en" data-testid="sentence">
            {challenge.sentence}
          </p>
        )}
        {moment.at === "ready" && <p className="text-title text-ink-soft">{t("ceremony.getReady")}</p>}
        {moment.at === "word" && (
          <p
            key={moment.number}
            className="text-center text-word font-semibold"
            lang="en"
            aria-live="assertive"
            data-testid="word"
          >
            {moment.word}
          </p>
        )}
        {!reading && <Counter number={moment.at === "word" ? moment.number : 0} count={challenge.wordCount} />}
      </div>
      <LevelMeter level={level} />
      {reading && (
        <Button
          look="main"
          size="large"
          // Enter goes on
          autoFocus
          hint="Enter"
          className="self-center"
          onClick={onRead}
          data-testid="sentence-read"
        >
          {t("ceremony.sentenceRead")}
        </Button>
      )}
    </Card>
  );
}

function Counter({ number, count }: { number: number; count: number }) {
  const { t } = useTranslation();
  return (
    <div className="flex items-center gap-3" role="img" aria-label={t("ceremony.wordOf", { number, count })}>
      <div className="flex gap-1.5">
        {Array.from({ length: count }, (_, index) => (
          <span key={index} className={`h-1.5 w-6 rounded-full ${index < number ? "bg-accent" : "bg-line"}`} />
        ))}
      </div>
      <span className="numbers text-small text-ink-soft">
        {number} / {count}
      </span>
    </div>
  );
}

export function Judging({ checks }: { checks: CheckView[] }) {
  const { t } = useTranslation();
  return (
    <Card className="flex min-h-104 flex-col gap-4 p-6">
      <h2 className="flex items-center gap-2.5 text-title font-semibold" aria-live="polite">
        <Ear className="size-5 text-accent-text" aria-hidden />
        {t("ceremony.judging")}
      </h2>
      <p className="text-base text-ink-soft">{t("ceremony.judgingAbout")}</p>
      <Checks checks={checks} />
    </Card>
  );
}
