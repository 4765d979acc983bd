// Before a book leaves the shelf: what is lost with it.

import { useTranslation } from "react-i18next";
import type { BookCardView } from "../../ipc/bindings/BookCardView";
import { client } from "../../ipc/index";
import { Removal } from "../../kit/removal";

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
  if (!book) return null;
  return (
    <Removal
      title={t("narrate.removeTitle", { title: book.title })}
      about={book.fresh > 0 ? t("narrate.removeAbout", { count: book.fresh }) : t("narrate.removeAboutEmpty")}
      yes={t("narrate.removeYes")}
      gone={t("narrate.removed", { title: book.title })}
      testid="remove-confirm"
      remove={() => client.removeBook(book.id)}
      onGone={onGone}
      onClose={onClose}
    />
  );
}
