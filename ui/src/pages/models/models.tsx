// Models: what is installed and what it can do, what it computes on, and what else is to be had. Nothing is promised.

import { Cpu, MemoryStick, MonitorCog } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ModelView } from "../../ipc/bindings/ModelView";
import type { Problem } from "../../ipc/bindings/Problem";
import { client, problemOf } from "../../ipc/index";
import { bytes } from "../../kit/format";
import { Bar, Card, Page, Trouble } from "../../kit/parts";
import { useStore } from "../../state/store";
import { ModelCard } from "./model-card";
import { MoreModels } from "./more-models";

export function Models() {
  const { t } = useTranslation();
  const machine = useStore((store) => store.machine);
  const load = useStore((store) => store.load);
  const [models, setModels] = useState<ModelView[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const ask = () => {
    setProblem(null);
    client.models().then(setModels, (thrown) => setProblem(problemOf(thrown)));
  };
  useEffect(ask, []);
  const installed = models?.filter((model) => model.installed) ?? [];
  return (
    <Page title={t("models.title")} about={t("models.about")}>
      <div className="mx-auto flex max-w-4xl flex-col gap-6">
        {problem && <Trouble problem={problem} mend={{ label: t("models.askAgain"), act: ask }} />}
        <Section title={t("models.installed")}>
          {installed.map((model) => (
            <ModelCard key={model.id} model={model} />
          ))}
        </Section>

        {machine && (
          <Section title={t("models.device")}>
            <div className="grid gap-3 sm:grid-cols-2">
              <Fact icon={<Cpu className="size-4" aria-hidden />} title={t("models.processor")}>
                <p data-selectable>{machine.processor}</p>
                <p className="text-small text-ink-soft">{t("models.cores", { count: machine.cores })}</p>
                {load.slots > 0 && (
                  <div className="mt-2 flex flex-col gap-1">
                    <p className="numbers text-small text-ink-soft">
                      {load.active > 0 ? t("models.streams", load) : t("models.idle", load)}
                    </p>
                    <Bar value={load.active / load.slots} label={t("models.load")} />
                  </div>
                )}
              </Fact>
              <Fact icon={<MemoryStick className="size-4" aria-hidden />} title={t("models.memory")}>
                <p className="numbers">
                  {machine.memoryBytes === null
                    ? t("models.memoryUnknown")
                    : t("models.memoryOf", { all: bytes(machine.memoryBytes) })}
                </p>
                <p className="numbers text-small text-ink-soft">
                  {t("models.memoryModels", { size: bytes(installed.reduce((sum, model) => sum + model.bytes, 0)) })}
                </p>
              </Fact>
              <Fact
                icon={<MonitorCog className="size-4" aria-hidden />}
                title={t("models.graphics")}
                className="sm:col-span-2"
              >
                <p data-selectable>{machine.gpu ?? t("models.noGraphics")}</p>
                <p className="text-small text-ink-soft">
                  {machine.usesGpu
                    ? t("models.graphicsUsed")
                    : t(machine.gpu ? "models.graphicsUnused" : "models.graphicsNotNeeded")}
                </p>
              </Fact>
            </div>
          </Section>
        )}

        <Section title={t("models.others")}>
          <MoreModels memoryBytes={machine?.memoryBytes ?? null} />
        </Section>
      </div>
    </Page>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title} className="flex flex-col gap-2">
      <h2 className="text-base font-semibold">{title}</h2>
      {children}
    </section>
  );
}

function Fact({
  icon,
  title,
  children,
  className = "",
}: {
  icon: ReactNode;
  title: string;
  children: ReactNode;
  className?: string;
}) {
  return (
    <Card className={`flex gap-3 ${className}`}>
      <span className="mt-0.5 text-ink-soft">{icon}</span>
      <div className="min-w-0 flex-1">
        <h3 className="text-small font-medium text-ink-soft">{title}</h3>
        {children}
      </div>
    </Card>
  );
}
