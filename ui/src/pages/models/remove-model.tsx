// Before a model leaves the disk: what is lost with it, and what it takes to have it again.

import { useTranslation } from "react-i18next";
import type { CatalogView } from "../../ipc/bindings/CatalogView";
import { client } from "../../ipc/index";
import { bytes } from "../../kit/format";
import { Removal } from "../../kit/removal";
import { changed } from "./coming";

export function RemoveModel({ offer, onClose }: { offer: CatalogView; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Removal
      title={t("models.removeTitle", { name: offer.name })}
      about={t(offer.inCatalog ? "models.removeAbout" : "models.removeForGood", { size: bytes(offer.bytes) })}
      yes={t("models.remove")}
      gone={t("models.removed", { name: offer.name })}
      testid="remove-model"
      remove={() => client.removeModel(offer.id)}
      onGone={changed}
      onClose={onClose}
    />
  );
}
