// Ends a consent. Says first what exactly dies with it and what does not come back; there is no undo behind it.

import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DiesView } from "../../ipc/bindings/DiesView";
import type { Problem } from "../../ipc/bindings/Problem";
import type { VoiceView } from "../../ipc/bindings/VoiceView";
import { client, problemOf } from "../../ipc/index";
import { Button } from "../../kit/button";
import { Dialog } from "../../kit/dialog";
import { count, span } from "../../kit/format";
import { Trouble } from "../../kit/parts";
import { stop } from "../../player/player";
import { go, refreshVoices, toast } from "../../state/store";
import { Tick } from "./tick";

export function RevokeDialog({ voice, onClose }: { voice: VoiceView; onClose: () => void }) {
  const { t } = useTranslation();
  const [dies, setDies] = useState<DiesView | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [sure, setSure] = useState(false);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    client
      .wouldDie(voice.id)
      .then(setDies)
      .catch((thrown) => setProblem(problemOf(thrown)));
  }, [voice.id]);
  const revoke = async () => {
    setBusy(true);
    setProblem(null);
    try {
      await client.revokeVoice(voice.id);
      stop();
      await refreshVoices();
      toast({ tone: "plain", text: t("voices.revokedNow", { name: voice.name }) });
      onClose();
      go({ page: "voices" });
    } catch (thrown) {
      setProblem(problemOf(thrown));
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={t("voices.revokeQuestion", { name: voice.name })}
      about={t("voices.revokeNoUndo")}
      foot={
        <>
          <Button onClick={onClose}>{t("voices.keep")}</Button>
          <Button
            look="danger"
            disabled={!sure || !dies || busy}
            onClick={() => void revoke()}
            data-testid="revoke-confirm"
          >
            {t(busy ? "voices.revoking" : "voices.revokeForGood")}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3 pb-2">
        {problem && <Trouble problem={problem} />}
        {dies && (
          <>
            <div>
              <h3 className="text-small font-semibold text-bad">{t("voices.dies")}</h3>
              <ul className="mt-1 list-disc pl-4 text-base">
                <li>{t("voices.diesVoice", { name: voice.name })}</li>
                <li>{t("voices.diesSamples", { count: dies.samples })}</li>
                <li>{t("voices.diesSegments", { count: dies.segments, number: count(dies.segments) })}</li>
              </ul>
              <p className="mt-1.5 text-small text-ink-soft">{t("voices.diesHow")}</p>
            </div>
            <div>
              <h3 className="text-small font-semibold text-ink-soft">{t("voices.stays")}</h3>
              <ul className="mt-1 list-disc pl-4 text-base">
                <li>{t("voices.staysFiles", { span: span(dies.seconds) })}</li>
                <li>{t("voices.staysBackup")}</li>
                <li>{t("voices.staysLog")}</li>
              </ul>
            </div>
            <Tick on={sure} onChange={setSure} data-testid="revoke-sure">
              {t("voices.sure", { name: voice.name })}
            </Tick>
          </>
        )}
      </div>
    </Dialog>
  );
}
