// Step four: the statement. First what will happen; then the sentence, the words one by one, and the judgement.

import { FileAudio, Mic } from "lucide-react";
import { useCallback, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { AttemptView } from "../../ipc/bindings/AttemptView";
import type { CeremonyNews } from "../../ipc/bindings/CeremonyNews";
import type { CheckView } from "../../ipc/bindings/CheckView";
import type { LevelView } from "../../ipc/bindings/LevelView";
import type { Problem } from "../../ipc/bindings/Problem";
import { client, problemOf } from "../../ipc/index";
import { Button } from "../../kit/button";
import { Card, Trouble } from "../../kit/parts";
import { stop } from "../../player/player";
import { refreshVoices, useStore } from "../../state/store";
import { release, useCapture } from "./capture";
import { CableNote, DeviceChoice, useMicrophones } from "./device-choice";
import { Foot } from "./foot";
import { Refused } from "./refused";
import { Judging, type Moment, Stage } from "./stage";
import { change, useCeremony } from "./state";
import { drawWords } from "./terms-step";

export function StatementStep() {
  const { t } = useTranslation();
  const challenge = useCeremony((ceremony) => ceremony.challenge);
  const attempt = useCeremony((ceremony) => ceremony.attempt);
  const terms = useCeremony((ceremony) => ceremony.terms);
  const demo = useStore((store) => store.machine?.library.demo ?? false);
  const microphones = useMicrophones();
  const { capture, stillHere } = useCapture();
  const [moment, setMoment] = useState<Moment | null>(null);
  const [level, setLevel] = useState<LevelView | null>(null);
  const [checks, setChecks] = useState<CheckView[]>([]);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const cancelled = useRef(false);
  const { device } = microphones;

  const hear = useCallback((news: CeremonyNews) => {
    switch (news.news) {
      case "listening":
        setMoment({ at: "sentence" });
        break;
      case "level":
        setLevel(news.level);
        break;
      case "word":
        setMoment({ at: "word", word: news.word, number: news.number });
        break;
      case "judging":
        setMoment({ at: "judging" });
        break;
      case "check":
        setChecks((checks) => [...checks.filter((check) => check.code !== news.check.code), news.check]);
        break;
    }
  }, []);

  const settle = async (result: AttemptView) => {
    if (result.voice !== null) {
      await refreshVoices();
      change({ attempt: result, step: "granted", challenge: null, terms: { ...terms, passphrase: "", again: "" } });
      return;
    }
    const next = result.next;
    change({ attempt: result, challenge: next, ...(next ? { challengedAt: Date.now() } : {}) });
  };

  const attemptIt = async (work: () => Promise<AttemptView | null>) => {
    stop();
    setProblem(null);
    setChecks([]);
    setBusy(true);
    cancelled.current = false;
    try {
      const result = await work();
      if (result) await settle(result);
    } catch (thrown) {
      if (!cancelled.current && stillHere()) setProblem(problemOf(thrown));
    } finally {
      setMoment(null);
      setLevel(null);
      setBusy(false);
    }
  };

  const session = () => useCeremony.getState().challenge?.session ?? "";
  const speak = () =>
    attemptIt(async () => {
      // Words that have grown too old would only be refused.
      await drawWords();
      change({ attempt: null });
      const secret = terms.keepsKey ? terms.passphrase : null;
      return capture(() => client.speakStatement(session(), device?.id ?? null, secret, hear));
    });
  const bring = () =>
    attemptIt(async () => {
      await drawWords();
      return client.importStatement(session());
    });
  const cancel = () => {
    cancelled.current = true;
    void release();
  };

  if (moment && moment.at !== "judging" && challenge) {
    return (
      <Stage
        moment={moment}
        challenge={challenge}
        level={level}
        onRead={() => {
          setMoment({ at: "ready" });
          client.sentenceRead().catch((thrown) => setProblem(problemOf(thrown)));
        }}
        onCancel={cancel}
      />
    );
  }
  if (moment) return <Judging checks={checks} />;
  if (attempt?.refusal) {
    return (
      <div className="flex flex-col gap-4">
        {problem && <Trouble problem={problem} />}
        <Refused attempt={attempt} busy={busy} onAgain={() => void speak()} onFile={demo ? () => void bring() : null} />
      </div>
    );
  }
  if (!challenge) {
    return (
      <Card className="flex flex-col items-start gap-3">
        <p>{t("ceremony.noChallenge")}</p>
        <Button onClick={() => change({ step: "terms" })}>{t("ceremony.toTerms")}</Button>
      </Card>
    );
  }

  const blocked = device === null || (device.virtualCable && !demo);
  return (
    <div className="flex flex-col gap-4">
      <Card className="flex flex-col gap-5 p-5">
        <div>
          <h2 className="text-title font-semibold">{t("ceremony.statementTitle")}</h2>
          <p className="text-base text-ink-soft">{t("ceremony.statementAbout")}</p>
        </div>
        <blockquote className="border-l-2 border-accent pl-4 text-read" lang="en" data-selectable data-testid="terms">
          {challenge.terms}
        </blockquote>
        <ol className="flex flex-col gap-1.5 text-base text-ink-soft">
          {["how1", "how2", "how3"].map((key, index) => (
            <li key={key} className="flex gap-2.5">
              <span className="numbers flex size-5 shrink-0 items-center justify-center rounded-full bg-accent-soft text-tiny font-semibold text-accent-text">
                {index + 1}
              </span>
              {t(`ceremony.${key}`, { number: challenge.wordCount })}
            </li>
          ))}
        </ol>
        <DeviceChoice microphones={microphones} disabled={busy} />
        <CableNote device={device} />
      </Card>
      {problem && <Trouble problem={problem} />}
      <Foot>
        <Button look="quiet" onClick={() => change({ step: "terms" })}>
          {t("ceremony.back")}
        </Button>
        <div className="flex flex-wrap items-center gap-3">
          <span className="text-small text-ink-soft">
            {challenge.triesLeft > 0 ? t("ceremony.triesAfter", { count: challenge.triesLeft }) : t("ceremony.lastTry")}
          </span>
          {demo && (
            <Button
              icon={<FileAudio className="size-4" aria-hidden />}
              disabled={busy}
              onClick={() => void bring()}
              data-testid="import-statement"
            >
              {t("ceremony.importStatement")}
            </Button>
          )}
          <Button
            look="main"
            size="large"
            icon={<Mic className="size-4" aria-hidden />}
            disabled={busy || blocked}
            onClick={() => void speak()}
            data-testid="statement-start"
          >
            {t("ceremony.statementStart")}
          </Button>
        </div>
      </Foot>
    </div>
  );
}
