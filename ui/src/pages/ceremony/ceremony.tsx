// Making a voice with the consent of whose voice it is: microphone, recordings, terms, statement, and the voice.

import { Check } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Page } from "../../kit/parts";
import { fail, useStore } from "../../state/store";
import { LibraryDoor } from "../home/library-door";
import { Granted } from "./granted";
import { MicrophoneStep } from "./microphone-step";
import { SamplesStep } from "./samples-step";
import { beginAnew, change, refreshSamples, STEPS, useCeremony } from "./state";
import { StatementStep } from "./statement-step";
import { TermsStep } from "./terms-step";

export function Ceremony() {
  const { t } = useTranslation();
  const isOpen = useStore((store) => store.machine?.library.state === "open");
  const demo = useStore((store) => store.machine?.library.demo ?? false);
  const step = useCeremony((ceremony) => ceremony.step);

  useEffect(() => {
    if (isOpen) refreshSamples().catch(fail);
  }, [isOpen]);
  // A granted voice has its own page; coming back here begins the next one.
  useEffect(
    () => () => {
      if (useCeremony.getState().step === "granted") beginAnew();
    },
    [],
  );

  const top = useRef<HTMLDivElement>(null);
  const before = useRef(step);
  useEffect(() => {
    if (before.current === step) return;
    before.current = step;
    top.current?.parentElement?.scrollTo({ top: 0 });
    top.current?.focus({ preventScroll: true });
  }, [step]);

  return (
    <Page title={t("ceremony.title")} about={t(demo ? "ceremony.aboutDemo" : "ceremony.about")}>
      <div ref={top} tabIndex={-1} className="mx-auto flex max-w-3xl flex-col gap-6 outline-none">
        {isOpen ? (
          <>
            <Steps />
            {step === "microphone" && <MicrophoneStep />}
            {step === "samples" && <SamplesStep />}
            {step === "terms" && <TermsStep />}
            {step === "statement" && <StatementStep />}
            {step === "granted" && <Granted />}
          </>
        ) : (
          <LibraryDoor why={t("ceremony.needLibrary")} />
        )}
      </div>
    </Page>
  );
}

function Steps() {
  const { t } = useTranslation();
  const step = useCeremony((ceremony) => ceremony.step);
  // While the microphone records, the way back waits; metering the room does not hold anybody.
  const at = step === "granted" ? STEPS.length : STEPS.indexOf(step);
  return (
    <ol className="grid grid-cols-4 gap-2" aria-label={t("ceremony.steps")}>
      {STEPS.map((name, index) => {
        const done = index < at;
        const here = index === at;
        return (
          <li key={name} aria-current={here ? "step" : undefined}>
            <button
              type="button"
              disabled={!done || step === "granted"}
              onClick={() => change({ step: name })}
              className={`flex w-full flex-col gap-1.5 rounded-control text-left transition-colors ${here ? "text-ink" : done ? "text-ink-soft hover:text-ink" : "text-ink-faint"}`}
            >
              <span className={`h-1 w-full rounded-full ${done || here ? "bg-accent" : "bg-line"}`} aria-hidden />
              <span className={`flex items-center gap-1.5 text-small ${here ? "font-semibold" : ""}`}>
                {done ? (
                  <Check className="size-3.5 text-accent-text" aria-label={t("ceremony.stepDone")} />
                ) : (
                  <span className="numbers">{index + 1}</span>
                )}
                <span className="truncate">{t(`ceremony.step_${name}`)}</span>
              </span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}
