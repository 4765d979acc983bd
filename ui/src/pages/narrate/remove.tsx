// Before a book leaves the shelf: what is lost with it.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { BookCardView } from "../../ipc/bindings/BookCardView";
import { client } from "../../ipc/index";
import { Button } from "../../kit/button";
import { Dialog } from "../../kit/dialog";
import { fail, toast } from "../../state/store";

export function RemoveQuestion({
  book,
  onClose,
  onGone,
}: {
  book: BookCardView | null;
  onClose: () => void;
  onGone: () => void;
}) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  if (!book) return null;
  const remove = async () => {
    setBusy(true);
    try {
      await client.removeBook(book.id);
      toast({ tone: "good", text: t("narrate.removed", { title: book.title }) });
      onGone();
      onClose();
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
      title={t("narrate.removeTitle", { title: book.title })}
      about={book.fresh > 0 ? t("narrate.removeAbout", { count: book.fresh }) : t("narrate.removeAboutEmpty")}
      foot={
        <>
          <Button onClick={onClose}>{t("shell.cancel")}</Button>
          <Button look="danger" data-testid="remove-confirm" disabled={busy} onClick={() => void remove()}>
            {t("narrate.removeYes")}
          </Button>
        </>
      }
    />
  );
}
