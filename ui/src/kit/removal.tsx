// The question before something is removed: what is lost with it, then doing it and telling so.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fail, toast } from "../state/store";
import { Button } from "./button";
import { Dialog } from "./dialog";

export interface RemovalProps {
  title: string;
  about: string;
  /** What the button says. */
  yes: string;
  /** What is told when it is gone. */
  gone: string;
  testid: string;
  remove: () => Promise<unknown>;
  onGone: () => void;
  onClose: () => void;
}

export function Removal({ title, about, yes, gone, testid, remove, onGone, onClose }: RemovalProps) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    try {
      await remove();
      toast({ tone: "good", text: gone });
      onClose();
      onGone();
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
      title={title}
      about={about}
      foot={
        <>
          <Button onClick={onClose}>{t("shell.cancel")}</Button>
          <Button look="danger" data-testid={testid} disabled={busy} onClick={() => void go()}>
            {yes}
          </Button>
        </>
      }
    />
  );
}
