// More models: what this version's catalog offers, how it comes, and how it goes.

import { Boxes, FolderInput } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { CatalogView } from "../../ipc/bindings/CatalogView";
import type { Problem } from "../../ipc/bindings/Problem";
import { client, problemOf } from "../../ipc/index";
import { Button } from "../../kit/button";
import { Card, Trouble } from "../../kit/parts";
import { toast } from "../../state/store";
import { bring, useComing } from "./coming";
import { OfferCard } from "./offer-card";
import { Progress } from "./progress";

/** How often the list is asked for while another window's life began a download, in milliseconds. */
const LOOK_EVERY = 1000;

export function MoreModels({ memoryBytes }: { memoryBytes: number | null }) {
  const { t } = useTranslation();
  const { id, trouble, changes } = useComing();
  const [offers, setOffers] = useState<CatalogView[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const ask = () => {
    client.catalog().then(
      (offers) => {
        setProblem(null);
        setOffers(offers);
      },
      (thrown) => setProblem(problemOf(thrown)),
    );
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: each change is a reason to ask again
  useEffect(ask, [changes, id]);
  // The page was loaded anew while a model came: its news went to the page before.
  const unheard = id === null && offers?.some((offer) => offer.coming);
  useEffect(() => {
    if (!unheard) return;
    const timer = setInterval(ask, LOOK_EVERY);
    return () => clearInterval(timer);
  });
  const bringOne = async () => {
    const name = await bring();
    if (name) toast({ tone: "good", text: t("models.brought", { name }) });
  };
  if (problem) return <Trouble problem={problem} mend={{ label: t("models.askAgain"), act: ask }} />;
  if (!offers) return null;
  if (offers.length === 0) {
    return (
      <Card className="flex gap-3">
        <Boxes className="mt-0.5 size-4 shrink-0 text-ink-soft" aria-hidden />
        <p className="max-w-2xl text-base text-ink-soft">{t("models.noOthers")}</p>
      </Card>
    );
  }
  const busy = id !== null || Boolean(unheard);
  return (
    <>
      {offers.map((offer) => (
        <OfferCard key={offer.id} offer={offer} memoryBytes={memoryBytes} busy={busy} />
      ))}
      <Card>
        <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
          <div className="min-w-60 flex-1">
            <h3 className="text-base font-semibold">{t("models.bring")}</h3>
            <p className="max-w-2xl text-base text-ink-soft">{t("models.bringAbout")}</p>
          </div>
          <Button
            icon={<FolderInput className="size-4" aria-hidden />}
            disabled={busy}
            data-testid="bring-model"
            onClick={() => void bringOne()}
          >
            {t("models.bringButton")}
          </Button>
        </div>
        {id === "" && <Progress name={t("models.bring")} />}
        {trouble?.id === "" && (
          <div className="mt-3">
            <Trouble problem={trouble.problem} />
          </div>
        )}
      </Card>
    </>
  );
}
