// What this machine has, said plainly, and loudly where it matters: what computes here, and how fast that was measured.

import { Cpu, Zap } from "lucide-react";
import { useTranslation } from "react-i18next";
import { bytes } from "../../kit/format";
import { Card } from "../../kit/parts";
import { useStore } from "../../state/store";

export function MachineCard({ speed }: { /** Measured here: seconds of sound per second. */ speed: number | null }) {
  const { t } = useTranslation();
  const machine = useStore((store) => store.machine);
  if (!machine) return null;
  const memory = machine.memoryBytes === null ? null : bytes(machine.memoryBytes);
  const facts: [string, string][] = [
    [t("home.processor"), machine.processor],
    [t("home.coresLabel"), String(machine.cores)],
    [t("home.memory"), memory === null ? t("home.unknown") : memory],
    [t("home.graphics"), machine.gpu ?? t("home.noGraphics")],
  ];
  if (speed !== null)
    facts.push([t("home.measured"), t("home.timesRealTime", { times: speed.toFixed(speed < 10 ? 1 : 0) })]);
  return (
    <Card className="flex flex-col gap-3">
      <h2 className="text-base font-semibold">{t("home.thisMachine")}</h2>
      <dl className="flex flex-col gap-1.5 text-small">
        {facts.map(([name, fact]) => (
          <div key={name} className="flex gap-3">
            <dt className="w-20 shrink-0 text-ink-faint">{name}</dt>
            <dd className="min-w-0 flex-1 text-ink" data-selectable>
              {fact}
            </dd>
          </div>
        ))}
      </dl>
      {machine.usesGpu ? (
        <p className="flex gap-2 rounded-control bg-good-soft p-2.5 text-small text-good">
          <Zap className="mt-0.5 size-3.5 shrink-0" aria-hidden />
          {t("home.onGpu", { gpu: machine.gpu })}
        </p>
      ) : (
        <div className="flex gap-2 rounded-control bg-warn-soft p-2.5 text-small text-ink">
          <Cpu className="mt-0.5 size-3.5 shrink-0 text-warn" aria-hidden />
          <div>
            <p className="font-semibold text-warn">{t("home.onProcessor")}</p>
            <p>{machine.gpu ? t("home.onProcessorGpu", { gpu: machine.gpu }) : t("home.onProcessorNoGpu")}</p>
            <p className="mt-1 text-ink-soft">
              {t("home.onProcessorMeans")} {speed === null && t("home.notMeasured")}
            </p>
          </div>
        </div>
      )}
      {!machine.ffmpeg && <p className="text-small text-warn">{t("home.noFfmpeg")}</p>}
    </Card>
  );
}
