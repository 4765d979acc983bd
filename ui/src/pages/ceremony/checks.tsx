// The gate's checks as they come: passed, failed, and, told apart from both, what this ear cannot tell.

import { CheckCircle2, CircleDashed, CircleHelp, XCircle } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { CheckState } from "../../ipc/bindings/CheckState";
import type { CheckView } from "../../ipc/bindings/CheckView";

const SIGNS: Record<CheckState, { icon: typeof CheckCircle2; colour: string }> = {
  passed: { icon: CheckCircle2, colour: "text-good" },
  failed: { icon: XCircle, colour: "text-bad" },
  not_checked: { icon: CircleHelp, colour: "text-warn" },
  not_reached: { icon: CircleDashed, colour: "text-ink-faint" },
};

export function Checks({ checks }: { checks: CheckView[] }) {
  const { t } = useTranslation();
  return (
    <ul className="flex flex-col" aria-label={t("ceremony.checks")} aria-live="polite">
      {checks.map((check) => {
        const { icon: Icon, colour } = SIGNS[check.state];
        return (
          <li
            key={check.code}
            className="flex animate-[fade_120ms] items-start gap-2.5 border-b border-line py-1.5 last:border-0"
            data-testid={`check-${check.code}`}
            data-state={check.state}
          >
            <Icon className={`mt-0.5 size-4 shrink-0 ${colour}`} aria-hidden />
            <div className="min-w-0 flex-1">
              <span className={check.state === "not_reached" ? "text-ink-faint" : ""}>
                {t(`ceremony.check_${check.code}`, { defaultValue: check.label })}
              </span>
              {check.detail && <span className="block text-small text-ink-soft">{check.detail}</span>}
            </div>
            <span className={`shrink-0 text-small ${colour} ${check.state === "failed" ? "font-semibold" : ""}`}>
              {t(`ceremony.state_${check.state}`)}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
