// The sheet at the side with every word that is said in its own way.

import { ArrowRight, BookA, Trash2, X } from "lucide-react";
import { Dialog } from "radix-ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "../../kit/button";
import { TextField } from "../../kit/field";
import { useFocusBack } from "../../kit/focus-back";
import { Empty } from "../../kit/parts";
import { fail, toast, useStore } from "../../state/store";
import { LibraryDoor } from "../home/library-door";
import { removeSaying, setSaying, useSayings } from "./sayings";

/** The search field comes when there is something to search in. */
const MANY = 12;
/** Entries that are drawn; the others are found by searching. */
const MOST = 300;

export function SayingSheet({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const list = useSayings((store) => store.list);
  const library = useStore((store) => store.machine?.library.state === "open");
  const [sought, setSought] = useState("");
  const fits = (text: string) => text.toLowerCase().includes(sought.trim().toLowerCase());
  const focusBack = useFocusBack(open);
  const found = list.filter(({ word, say }) => fits(word) || fits(say));
  const drop = (word: string, say: string) =>
    removeSaying(word)
      .then(() =>
        toast({
          tone: "plain",
          text: t("speak.sayingGone", { word }),
          action: { label: t("shell.undo"), run: () => void setSaying(word, say).catch(fail) },
        }),
      )
      .catch(fail);
  return (
    <Dialog.Root open={open} onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 animate-[fade_120ms] bg-[black]/30" />
        <Dialog.Content
          onCloseAutoFocus={focusBack}
          className="fixed inset-y-0 right-0 z-40 flex w-96 max-w-[calc(100vw-2rem)] animate-[fade_120ms] flex-col border-l border-line bg-raised shadow-raised"
        >
          <header className="flex items-start gap-3 border-b border-line px-5 py-4">
            <div className="min-w-0 flex-1">
              <Dialog.Title className="text-lead font-semibold">{t("speak.sayingsTitle")}</Dialog.Title>
              <Dialog.Description className="mt-1 text-small text-ink-soft">
                {t("speak.sayingsAbout")}
              </Dialog.Description>
            </div>
            <Dialog.Close
              aria-label={t("shell.close")}
              className="inline-flex size-7 items-center justify-center rounded-control text-ink-soft hover:bg-sunken"
            >
              <X className="size-4" aria-hidden />
            </Dialog.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-3">
            {!library && <LibraryDoor why={t("speak.sayingsNeedLibrary")} />}
            {library && list.length === 0 && (
              <Empty icon={<BookA className="size-5" aria-hidden />} title={t("speak.sayingsNone")}>
                {t("speak.sayingsHow")}
              </Empty>
            )}
            {list.length > MANY && (
              <TextField
                label={t("speak.find")}
                hideLabel
                placeholder={t("speak.find")}
                value={sought}
                onChange={(event) => setSought(event.target.value)}
              />
            )}
            <ul className="mt-1 flex flex-col divide-y divide-line">
              {found.slice(0, MOST).map(({ word, say }) => (
                <li key={word} className="flex items-center gap-2 py-1.5" data-selectable>
                  <span className="min-w-0 flex-1 font-medium break-words">{word}</span>
                  <ArrowRight className="size-3.5 shrink-0 text-ink-faint" aria-hidden />
                  <span className="min-w-0 flex-1 break-words text-ink-soft">{say}</span>
                  <IconButton
                    label={t("speak.removeSaying", { word })}
                    size="small"
                    onClick={() => void drop(word, say)}
                  >
                    <Trash2 className="size-3.5" aria-hidden />
                  </IconButton>
                </li>
              ))}
            </ul>
            {found.length > MOST && (
              <p className="py-2 text-small text-ink-soft">{t("speak.moreSayings", { count: found.length - MOST })}</p>
            )}
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
