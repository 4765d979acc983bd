// One model of the catalog: what it does, what it needs, and getting, stopping or removing it.

import { AlertTriangle, Check, Download, Trash2, Wrench } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CatalogView } from "../../ipc/bindings/CatalogView";
import { Button } from "../../kit/button";
import { bytes } from "../../kit/format";
import { Card, Chip, Trouble } from "../../kit/parts";
import { toast } from "../../state/store";
import { pull, useComing } from "./coming";
import { Progress } from "./progress";
import { RemoveModel } from "./remove-model";

export function OfferCard({
  offer,
  memoryBytes,
  busy,
}: {
  offer: CatalogView;
  memoryBytes: number | null;
  /** A model is on its way, this one or another. */
  busy: boolean;
}) {
  const { t, i18n } = useTranslation();
  const { id, trouble } = useComing();
  const [removing, setRemoving] = useState(false);
  const coming = id === offer.id || offer.coming;
  const { state } = offer;
  const names = new Intl.DisplayNames(i18n.language, { type: "language" });
  const tooLittle = memoryBytes !== null && offer.memoryBytes > memoryBytes;
  const get = async () => {
    if (await pull(offer.id)) toast({ tone: "good", text: t("models.came", { name: offer.name }) });
  };
  const word = { absent: "download", partial: "resume", damaged: "mend", installed: "download" }[state];
  const GetIcon = state === "damaged" ? Wrench : Download;
  return (
    <Card>
      <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-60 flex-1">
          <div className="flex flex-wrap items-center gap-2">
            <h3 className="text-lead font-semibold">{offer.name}</h3>
            <Chip>{t(`models.kind.${offer.kind}`)}</Chip>
            {state === "installed" && (
              <Chip tone="good" icon={<Check className="size-3" aria-hidden />}>
                {t("models.isInstalled")}
              </Chip>
            )}
            {state === "partial" && !coming && (
              <Chip tone="accent">
                {t("models.amount", { done: bytes(offer.doneBytes), total: bytes(offer.bytes) })}
              </Chip>
            )}
            {state === "damaged" && (
              <Chip tone="warn" icon={<AlertTriangle className="size-3" aria-hidden />}>
                {t("models.isDamaged")}
              </Chip>
            )}
          </div>
          <p className="mt-0.5 max-w-2xl text-base text-ink-soft">{offer.about}</p>
        </div>
        {!coming && (
          <div className="flex gap-2">
            {state !== "absent" && (
              <Button
                look="quiet"
                icon={<Trash2 className="size-4" aria-hidden />}
                aria-label={t("models.removeName", { name: offer.name })}
                disabled={busy}
                onClick={() => setRemoving(true)}
              >
                {t("models.remove")}
              </Button>
            )}
            {state !== "installed" && offer.inCatalog && (
              <Button
                icon={<GetIcon className="size-4" aria-hidden />}
                aria-label={t(`models.${word}Name`, { name: offer.name })}
                disabled={busy}
                onClick={() => void get()}
              >
                {t(`models.${word}`)}
              </Button>
            )}
          </div>
        )}
      </div>
      <dl className="mt-3 flex flex-wrap gap-x-8 gap-y-2">
        <Fact name={t("models.size")}>{bytes(offer.bytes)}</Fact>
        <Fact name={t("models.memoryNeeded")}>
          <span className={`inline-flex items-center gap-1.5 ${tooLittle ? "text-warn" : ""}`}>
            {tooLittle && <AlertTriangle className="size-3.5 shrink-0" aria-hidden />}
            {memoryBytes === null
              ? bytes(offer.memoryBytes)
              : t(tooLittle ? "models.memoryTooLittle" : "models.memoryEnough", {
                  needed: bytes(offer.memoryBytes),
                  all: bytes(memoryBytes),
                })}
          </span>
        </Fact>
        <Fact name={t("models.licence")}>{offer.licence}</Fact>
        <Fact name={t("models.languages")}>
          {offer.languages.map((tag) => names.of(tag) ?? tag).join(", ") || t("models.anyLanguage")}
        </Fact>
        <Fact name={t("models.licenceText")} wide>
          <span className="text-small break-all">{offer.licenceUrl}</span>
        </Fact>
      </dl>
      {!offer.inCatalog && <p className="mt-3 text-base text-ink-soft">{t("models.notInCatalog")}</p>}
      {coming && <Progress name={offer.name} kept={{ done: offer.doneBytes, total: offer.bytes }} />}
      {trouble?.id === offer.id && (
        <div className="mt-3">
          <Trouble problem={trouble.problem} mend={{ label: t("models.goOn"), act: () => void get() }} />
        </div>
      )}
      {removing && <RemoveModel offer={offer} onClose={() => setRemoving(false)} />}
    </Card>
  );
}

function Fact({ name, children, wide }: { name: string; children: ReactNode; wide?: boolean }) {
  return (
    <div className={wide ? "w-full" : ""}>
      <dt className="text-small text-ink-faint">{name}</dt>
      <dd className="numbers" data-selectable>
        {children}
      </dd>
    </div>
  );
}
