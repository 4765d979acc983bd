// Step two: a few sentences are read. Each is judged in words as soon as it is there, and can be read again.

import { FileAudio, Languages } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { SampleView } from "../../ipc/bindings/SampleView";
import { client } from "../../ipc/index";
import { Button } from "../../kit/button";
import { Card } from "../../kit/parts";
import { fail, useStore } from "../../state/store";
import { CableNote, useMicrophones } from "./device-choice";
import { Foot } from "./foot";
import { ENOUGH, PROMPTS } from "./prompts";
import { Reader } from "./reader";
import { SampleRow } from "./sample-row";
import { add, change, chosen, discard, isUsable, useCeremony } from "./state";

export function SamplesStep() {
  const { t } = useTranslation();
  const ceremony = useCeremony();
  const { device } = useMicrophones();
  const demo = useStore((store) => store.machine?.library.demo ?? false);
  const samples = ceremony.samples ?? [];
  const used = chosen(ceremony);
  const aside = samples.filter((sample) => ceremony.aside.includes(sample.id));
  const here = samples.filter((sample) => !ceremony.aside.includes(sample.id));
  const of = (prompt: string) => here.findLast((sample) => sample.prompt === prompt);
  const firstOpen = PROMPTS.findIndex((prompt) => {
    const sample = of(prompt);
    return !sample || !isUsable(sample);
  });
  const [at, setAt] = useState(Math.max(0, firstOpen));
  const [recording, setRecording] = useState(false);
  const [moved, setMoved] = useState(false);
  const prompt = PROMPTS[at] ?? PROMPTS[0];
  const current = of(prompt);
  const others = here.filter((sample) => !PROMPTS.some((prompt) => of(prompt) === sample));

  // Once the kept ones are known, the first that is missing comes up.
  const loaded = ceremony.samples !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when they arrive
  useEffect(() => {
    if (loaded) setAt(Math.max(0, firstOpen));
  }, [loaded]);

  const made = async (sample: SampleView) => {
    const old = of(prompt);
    add(sample);
    // The retake stands in for the older one, which goes only now that the new one is safe.
    if (old) await discard(old.id).catch(fail);
  };

  const bring = () =>
    client
      .importSample()
      .then((sample) => sample && add(sample))
      .catch(fail);

  return (
    <div className="flex flex-col gap-4">
      {!recording && aside.map((sample) => <Recovered key={sample.id} sample={sample} />)}
      <Card className="flex flex-col gap-4 p-5">
        <div>
          <h2 className="text-title font-semibold">{t("ceremony.samplesTitle")}</h2>
          <p className="text-base text-ink-soft">{t("ceremony.samplesAbout", { number: ENOUGH })}</p>
          <p className="mt-1.5 flex items-start gap-1.5 text-small text-ink-soft">
            <Languages className="mt-0.5 size-3.5 shrink-0" aria-hidden />
            {t("ceremony.promptsEnglish")}
          </p>
        </div>
        <CableNote device={device} />
        <div className="flex flex-wrap gap-1.5" role="group" aria-label={t("ceremony.prompts")}>
          {PROMPTS.map((one, index) => {
            const sample = of(one);
            const state = !sample ? "open" : isUsable(sample) ? "good" : "flawed";
            return (
              <button
                key={one}
                type="button"
                disabled={recording}
                aria-current={index === at ? "true" : undefined}
                onClick={() => setAt(index)}
                className={`h-7 rounded-full border px-3 text-small transition-colors disabled:opacity-45 ${index === at ? "border-accent bg-accent-soft font-medium text-accent-text" : "border-line-strong/60 text-ink-soft hover:bg-sunken"}`}
              >
                {t("ceremony.sentence", { number: index + 1 })} · {t(`ceremony.sentence_${state}`)}
              </button>
            );
          })}
        </div>
        <Reader
          key={prompt}
          prompt={prompt}
          device={device?.id ?? null}
          again={current !== undefined}
          focus={moved}
          onRecording={setRecording}
          onMade={(sample) => void made(sample)}
          more={
            current &&
            isUsable(current) &&
            at + 1 < PROMPTS.length && (
              <Button
                look={used.length < ENOUGH ? "main" : "plain"}
                size="large"
                onClick={() => {
                  setMoved(true);
                  setAt(at + 1);
                }}
                data-testid="next-sentence"
              >
                {t(used.length < ENOUGH ? "ceremony.nextSentence" : "ceremony.oneMore")}
              </Button>
            )
          }
        >
          {current && <SampleRow key={current.id} sample={current} />}
        </Reader>
      </Card>
      {others.length > 0 && (
        <Card className="flex flex-col gap-4">
          <div>
            <h2 className="text-base font-semibold">{t("ceremony.otherSamples")}</h2>
            <p className="text-small text-ink-soft">{t("ceremony.otherSamplesAbout")}</p>
          </div>
          {others.map((sample) => (
            <SampleRow key={sample.id} sample={sample} named removable />
          ))}
        </Card>
      )}
      <Foot>
        {demo ? (
          <Button
            icon={<FileAudio className="size-4" aria-hidden />}
            disabled={recording}
            onClick={() => void bring()}
            data-testid="import-sample"
          >
            {t("ceremony.importSample")}
          </Button>
        ) : (
          <span />
        )}
        <div className="flex items-center gap-3">
          <span className="text-small text-ink-soft" aria-live="polite">
            {used.length === 0
              ? t("ceremony.noneUsable")
              : t("ceremony.usable", {
                  count: used.length,
                  seconds: Math.round(used.reduce((sum, sample) => sum + sample.speechSeconds, 0)),
                })}
          </span>
          <Button
            look={used.length >= ENOUGH ? "main" : "plain"}
            disabled={used.length === 0 || recording}
            onClick={() => change({ step: "terms" })}
            data-testid="samples-next"
          >
            {t("ceremony.next")}
          </Button>
        </div>
      </Foot>
    </div>
  );
}

/** A recording that the program was ended over. */
function Recovered({ sample }: { sample: SampleView }) {
  const { t } = useTranslation();
  const take = () => change({ aside: useCeremony.getState().aside.filter((id) => id !== sample.id) });
  return (
    <Card className="flex flex-col gap-3 ring-1 ring-accent">
      <div>
        <h2 className="text-base font-semibold">{t("ceremony.recovered")}</h2>
        <p className="text-small text-ink-soft">{t("ceremony.recoveredAbout")}</p>
      </div>
      <SampleRow sample={sample} named />
      <div className="flex gap-2">
        <Button look="main" disabled={!isUsable(sample)} onClick={take} data-testid="recovered-use">
          {t("ceremony.recoveredUse")}
        </Button>
        <Button onClick={() => void discard(sample.id).catch(fail)}>{t("ceremony.discard")}</Button>
      </div>
    </Card>
  );
}
