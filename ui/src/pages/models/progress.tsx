// How far a model has come: bytes, speed, time left, and how to stop it.

import { useTranslation } from "react-i18next";
import { Button } from "../../kit/button";
import { bytes, span } from "../../kit/format";
import { Bar } from "../../kit/parts";
import { fail } from "../../state/store";
import { stop, useComing } from "./coming";

/** `kept` stands in until the first news: what was known when the list was asked for. */
export function Progress({ name, kept }: { name: string; kept?: { done: number; total: number } }) {
  const { t } = useTranslation();
  const { news, stopping } = useComing();
  const done = news?.doneBytes ?? kept?.done ?? 0;
  const total = news?.totalBytes ?? kept?.total ?? 0;
  const parts: string[] = [];
  if (stopping) parts.push(t("models.stopping"));
  else if (news?.checking) parts.push(t("models.checking"));
  if (total > 0) parts.push(t("models.amount", { done: bytes(done), total: bytes(total) }));
  if (news && !stopping && news.bytesPerSecond !== null) {
    parts.push(t("models.rate", { rate: bytes(news.bytesPerSecond) }));
    if (news.etaSeconds !== null) parts.push(t("models.left", { span: span(news.etaSeconds) }));
  }
  return (
    <div className="mt-3 flex flex-wrap items-center gap-x-4 gap-y-2" data-testid="model-progress">
      <div className="flex min-w-60 flex-1 flex-col gap-1">
        <Bar value={total > 0 ? done / total : 0} label={t("models.comingLabel", { name })} />
        <p className="numbers text-small text-ink-soft">{parts.join(" · ") || t("models.beginning")}</p>
      </div>
      <Button
        size="small"
        disabled={stopping}
        aria-label={t("models.stopName", { name })}
        onClick={() => void stop().catch(fail)}
      >
        {t("models.stop")}
      </Button>
    </div>
  );
}
