// The gate said no: which check, in words, what to do, and how many tries are left.

import { CircleX, FileAudio, RotateCcw } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { AttemptView } from "../../ipc/bindings/AttemptView";
import { Button } from "../../kit/button";
import { Card } from "../../kit/parts";
import { Checks } from "./checks";
import { change } from "./state";

export function Refused({
  attempt,
  busy,
  onAgain,
  onFile,
}: {
  attempt: AttemptView;
  busy: boolean;
  onAgain: () => void;
  onFile: (() => void) | null;
}) {
  const { t } = useTranslation();
  const { refusal, next } = attempt;
  if (!refusal) return null;
  const failed = attempt.checks.find((check) => check.state === "failed");
  return (
    <Card className="flex flex-col gap-4 ring-1 ring-bad/60 p-5">
      <div role="alert" className="flex gap-3" data-testid="refusal" data-code={refusal.code}>
        <CircleX className="mt-1 size-5 shrink-0 text-bad" aria-hidden />
        <div className="min-w-0">
          <h2 className="text-title font-semibold">{t("ceremony.refused")}</h2>
          {failed && (
            <p className="text-base font-medium text-bad">
              {t(`ceremony.check_${failed.code}`, { defaultValue: failed.label })}
            </p>
          )}
          <p className="mt-1 text-lead" data-selectable>
            {t(`ceremony.refusals.${refusal.code}`, { defaultValue: refusal.message })}
          </p>
          {refusal.fix && (
            <p className="text-base text-ink-soft">
              {t(`ceremony.fixes.${refusal.code}`, { defaultValue: refusal.fix })}
            </p>
          )}
        </div>
      </div>
      <div className="flex flex-wrap items-center gap-3">
        {next ? (
          <>
            <Button
              look="main"
              size="large"
              icon={<RotateCcw className="size-4" aria-hidden />}
              disabled={busy}
              onClick={onAgain}
              data-testid="try-again"
            >
              {t("ceremony.tryAgain")}
            </Button>
            {onFile && (
              <Button icon={<FileAudio className="size-4" aria-hidden />} disabled={busy} onClick={onFile}>
                {t("ceremony.importStatement")}
              </Button>
            )}
            <span className="text-small text-ink-soft">
              {t("ceremony.triesLeft", { count: next.triesLeft + 1 })} {t("ceremony.freshWords")}
            </span>
          </>
        ) : (
          <>
            <Button onClick={() => change({ step: "terms", attempt: null, challenge: null })} data-testid="try-again">
              {t("ceremony.toTerms")}
            </Button>
            <span className="text-small text-ink-soft">{t("ceremony.noTries")}</span>
          </>
        )}
      </div>
      <details>
        <summary className="text-small font-medium text-ink-soft hover:text-ink">{t("ceremony.allChecks")}</summary>
        <div className="mt-2">
          <Checks checks={attempt.checks} />
        </div>
      </details>
    </Card>
  );
}
