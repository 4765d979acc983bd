// One model: what it does, its size, licence and languages, and the digest by which it is known.

import { Check, Copy } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ModelView } from "../../ipc/bindings/ModelView";
import { Button } from "../../kit/button";
import { bytes } from "../../kit/format";
import { Card, Chip } from "../../kit/parts";
import { fail, toast } from "../../state/store";

/** Signs of a digest that are enough to tell two apart by eye. */
const SHORT = 12;

export function ModelCard({ model }: { model: ModelView }) {
  const { t, i18n } = useTranslation();
  const { identity } = model;
  const names = new Intl.DisplayNames(i18n.language, { type: "language" });
  const copy = (digest: string) =>
    navigator.clipboard
      .writeText(digest)
      .then(() => toast({ tone: "good", text: t("shell.copied") }))
      .catch(fail);
  const facts: [string, string][] = [
    [t("models.size"), bytes(model.bytes)],
    [t("models.licence"), model.licence],
    [t("models.languages"), model.languages.map((tag) => names.of(tag) ?? tag).join(", ") || t("models.anyLanguage")],
  ];
  return (
    <Card>
      <div className="flex flex-wrap items-center gap-2">
        <h3 className="text-lead font-semibold">{model.name}</h3>
        {model.bundled ? (
          <Chip tone="good" icon={<Check className="size-3" aria-hidden />}>
            {t("models.bundled")}
          </Chip>
        ) : (
          model.installed && <Chip tone="good">{t("models.isInstalled")}</Chip>
        )}
        {!model.installed && <Chip>{t("models.notInstalled")}</Chip>}
      </div>
      <p className="mt-0.5 max-w-2xl text-base text-ink-soft">{model.about}</p>
      <dl className="mt-3 flex flex-wrap gap-x-8 gap-y-2">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt className="text-small text-ink-faint">{name}</dt>
            <dd className="numbers" data-selectable>
              {value}
            </dd>
          </div>
        ))}
        {identity && (
          <div>
            <dt className="text-small text-ink-faint">{t("models.identity")}</dt>
            <dd className="flex items-center gap-1">
              <code className="font-mono text-small" data-selectable>
                {identity.slice(0, SHORT)}…
              </code>
              <Button
                size="small"
                look="quiet"
                className="h-5! px-1.5!"
                aria-label={t("models.copyIdentity", { name: model.name })}
                icon={<Copy className="size-3" aria-hidden />}
                onClick={() => void copy(identity)}
              >
                {t("models.copy")}
              </Button>
            </dd>
          </div>
        )}
      </dl>
    </Card>
  );
}
