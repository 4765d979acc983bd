// The main act of the page, and while it lasts: how far it is, how fast, and how to stop it.

import { AudioLines, Square } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "../../kit/button";
import { decimal } from "../../kit/format";
import { Bar as Progress, Trouble } from "../../kit/parts";
import { fail, go, useStore } from "../../state/store";
import { speaker, useDraft } from "./draft";
import { cancel, closeProblem, useMaking } from "./making";
import { characters, expectedSeconds, MOST_CHARACTERS, rateOf, sentenceAt } from "./measure";
import { speakDraft } from "./speak-draft";
import { useTakes } from "./takes";

export function Bar() {
  const { t } = useTranslation();
  const draft = useDraft();
  const making = useMaking();
  const voice = useStore((store) => speaker(draft.voice, store.voices));
  const long = characters(draft.text);
  const able = voice !== null && long > 0 && long <= MOST_CHARACTERS;
  return (
    <div className="sticky bottom-0 mt-auto flex flex-col gap-2 border-t border-line bg-ground py-3">
      {making.problem && (
        <Trouble
          problem={making.problem}
          mend={
            making.problem.code === "no_library"
              ? { label: t("shell.unlock"), act: () => go({ page: "settings" }) }
              : { label: t("speak.tryAgain"), act: able ? speakDraft : closeProblem }
          }
        />
      )}
      <div className="flex items-center gap-4">
        {making.form ? (
          <Button
            size="large"
            icon={<Square className="size-4" aria-hidden />}
            hint="Esc"
            data-testid="speak-cancel"
            disabled={making.stopping}
            onClick={() => void cancel().catch(fail)}
          >
            {t("shell.cancel")}
          </Button>
        ) : (
          <Button
            size="large"
            look="main"
            icon={<AudioLines className="size-4.5" aria-hidden />}
            hint="Ctrl ↵"
            data-testid="speak-go"
            disabled={!able}
            onClick={speakDraft}
          >
            {t("speak.speak")}
          </Button>
        )}
        <div className="min-w-0 flex-1" aria-live={making.form ? "off" : "polite"}>
          <Told able={able} />
        </div>
      </div>
    </div>
  );
}

/** One line: how far it is, or what came of the last one, or what is missing. */
function Told({ able }: { able: boolean }) {
  const { t } = useTranslation();
  const { form, sentences, seconds, firstSound, elapsed, made } = useMaking();
  const rate = useTakes((takes) => rateOf(takes.list));
  if (form) {
    const part = Math.min(0.98, seconds / Math.max(0.5, expectedSeconds(form.text, form.speed, rate)));
    const words =
      firstSound === null
        ? t("speak.beginning")
        : [
            t("speak.sentence", { at: sentenceAt(form.text, part, sentences), of: sentences }),
            t("speak.firstSound", { seconds: decimal(firstSound, 2) }),
            elapsed > 0 && t("speak.realTime", { times: decimal(seconds / elapsed, 1) }),
          ]
            .filter(Boolean)
            .join(" · ");
    return (
      <div className="flex flex-col gap-1.5">
        <span className="numbers truncate text-small text-ink-soft" data-testid="speak-progress">
          {words}
        </span>
        <Progress value={part} label={t("speak.progress")} />
      </div>
    );
  }
  if (made)
    return (
      <p className="numbers text-small text-ink-soft" data-testid="speak-made">
        {[
          t("speak.madeSeconds", { seconds: decimal(made.seconds, 1), took: decimal(made.elapsedSeconds, 1) }),
          t("speak.firstSound", { seconds: decimal(made.firstSoundSeconds, 2) }),
          t("speak.realTime", { times: decimal(made.seconds / Math.max(0.01, made.elapsedSeconds), 1) }),
        ].join(" · ")}
      </p>
    );
  return <p className="text-small text-ink-faint">{able ? t("speak.ready") : t("speak.typeFirst")}</p>;
}
