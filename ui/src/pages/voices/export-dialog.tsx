// Takes a voice out as an encrypted bundle: the passphrase is the only thing that opens it again.

import { type FormEvent, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Problem } from "../../ipc/bindings/Problem";
import type { SavedView } from "../../ipc/bindings/SavedView";
import type { VoiceView } from "../../ipc/bindings/VoiceView";
import { client, problemOf } from "../../ipc/index";
import { Button } from "../../kit/button";
import { Dialog } from "../../kit/dialog";
import { TextField } from "../../kit/field";
import { Trouble } from "../../kit/parts";
import { fail } from "../../state/store";

/** Shortest passphrase of a bundle, in characters: a file can be guessed at for years. */
const SHORTEST = 10;

export function ExportDialog({ voice, onClose }: { voice: VoiceView; onClose: () => void }) {
  const { t } = useTranslation();
  const form = useId();
  const [passphrase, setPassphrase] = useState("");
  const [again, setAgain] = useState("");
  const [pressed, setPressed] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [saved, setSaved] = useState<SavedView | null>(null);
  const short = [...passphrase].length < SHORTEST;
  const differs = passphrase !== again;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setPressed(true);
    if (short || differs || busy) return;
    setBusy(true);
    setProblem(null);
    client
      .exportVoice(voice.id, passphrase)
      .then((file) => {
        setSaved(file);
        setPassphrase("");
        setAgain("");
      })
      .catch((thrown) => setProblem(problemOf(thrown)))
      .finally(() => setBusy(false));
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("voices.exportTitle", { name: voice.name })}
      about={saved ? undefined : t("voices.exportDialogAbout")}
      foot={
        saved ? (
          <>
            <Button onClick={() => void client.showFolder("exports").catch(fail)}>{t("voices.showFolder")}</Button>
            <Button look="main" onClick={onClose}>
              {t("shell.close")}
            </Button>
          </>
        ) : (
          <>
            <Button onClick={onClose}>{t("shell.cancel")}</Button>
            <Button look="main" type="submit" form={form} disabled={busy}>
              {t(busy ? "voices.exporting" : "voices.exportButton")}
            </Button>
          </>
        )
      }
    >
      {saved ? (
        <p className="text-base break-all" role="status" data-selectable>
          {t("voices.saved", { name: saved.name, folder: saved.folder })}
        </p>
      ) : (
        <form id={form} onSubmit={submit} className="flex flex-col gap-3">
          {problem && <Trouble problem={problem} />}
          <TextField
            label={t("voices.passphrase")}
            type="password"
            value={passphrase}
            hint={t("voices.passphraseHint", { count: SHORTEST })}
            complaint={pressed && short ? t("voices.passphraseShort", { count: SHORTEST }) : null}
            onChange={(event) => setPassphrase(event.target.value)}
          />
          <TextField
            label={t("voices.passphraseAgain")}
            type="password"
            value={again}
            complaint={pressed && !short && differs ? t("voices.passphraseDiffers") : null}
            onChange={(event) => setAgain(event.target.value)}
          />
        </form>
      )}
    </Dialog>
  );
}
