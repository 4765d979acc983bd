// Before a model leaves the disk: what is lost with it, and what it takes to have it again.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { CatalogView } from "../../ipc/bindings/CatalogView";
import { client } from "../../ipc/index";
import { Button } from "../../kit/button";
import { Dialog } from "../../kit/dialog";
import { bytes } from "../../kit/format";
import { fail, toast } from "../../state/store";
import { changed } from "./coming";

export function RemoveModel({ offer, onClose }: { offer: CatalogView; onClose: () => void }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const remove = async () => {
    setBusy(true);
    try {
      await client.removeModel(offer.id);
      toast({ tone: "good", text: t("models.removed", { name: offer.name }) });
      onClose();
      changed();
    } catch (thrown) {
      fail(thrown);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("models.removeTitle", { name: offer.name })}
      about={t(offer.inCatalog ? "models.removeAbout" : "models.removeForGood", { size: bytes(offer.bytes) })}
      foot={
        <>
          <Button onClick={onClose}>{t("shell.cancel")}</Button>
          <Button look="danger" data-testid="remove-model" disabled={busy} onClick={() => void remove()}>
            {t("models.remove")}
          </Button>
        </>
      }
    />
  );
}
