// Reading one sentence: big words, three-two-one, the level, the seconds, and stop.

import { Mic, Square } from "lucide-react";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { SampleView } from "../../ipc/bindings/SampleView";
import { client } from "../../ipc/index";
import { Button } from "../../kit/button";
import { clock } from "../../kit/format";
import { LevelMeter } from "../../kit/level-meter";
import { stop } from "../../player/player";
import { fail } from "../../state/store";
import { release, useCapture } from "./capture";
import { Countdown, useStill } from "./countdown";

export function Reader({
  prompt,
  device,
  again,
  onRecording,
  onMade,
  children,
  more,
  focus,
}: {
  prompt: string;
  device: string | null;
  again: boolean;
  onRecording: (recording: boolean) => void;
  onMade: (sample: SampleView) => void;
  /** What was recorded before. */
  children?: ReactNode;
  /** Buttons beside the one that records. */
  more?: ReactNode;
  /** The way here was a key or a click on "next": go on from the button that records. */
  focus?: boolean;
}) {
  const { t } = useTranslation();
  const still = useStill();
  const { level, capture } = useCapture();
  const [phase, setPhase] = useState<"ready" | "counting" | "recording">("ready");

  // What comes next is in sight and has the focus, whatever stood there before.
  const acts = useRef<HTMLDivElement>(null);
  const before = useRef(phase);
  useEffect(() => {
    if (before.current === phase) return;
    before.current = phase;
    acts.current?.scrollIntoView({ block: "nearest" });
    if (phase !== "ready") return;
    const next =
      acts.current?.querySelector<HTMLElement>("[data-testid=next-sentence]") ?? acts.current?.querySelector("button");
    next?.focus({ preventScroll: true });
  }, [phase]);

  const record = useCallback(async () => {
    setPhase("recording");
    onRecording(true);
    try {
      onMade(await capture((on) => client.recordSample(device, prompt, on)));
    } catch (thrown) {
      fail(thrown);
    } finally {
      setPhase("ready");
      onRecording(false);
    }
  }, [capture, device, prompt, onMade, onRecording]);
  // The countdown must not begin anew when the page is drawn anew.
  const [begin, setBegin] = useState<(() => void) | null>(null);

  const start = () => {
    stop();
    if (still) void record();
    else {
      setBegin(() => () => void record());
      setPhase("counting");
    }
  };

  return (
    <div className="flex flex-col gap-4">
      <p
        lang="en"
        className={`rounded-control border-l-4 bg-sunken px-5 py-4 text-title leading-9 font-medium text-balance ${phase === "recording" ? "border-record" : "border-line-strong/50"}`}
        data-selectable
      >
        {prompt}
      </p>
      {phase === "recording" && <LevelMeter level={level} />}
      {phase === "ready" && children}
      <div ref={acts} className="flex min-h-14 scroll-mb-20 flex-wrap items-center gap-x-4 gap-y-2">
        {phase === "ready" && (
          <Button
            look={again ? "plain" : "record"}
            size="large"
            disabled={device === null}
            autoFocus={focus}
            icon={<Mic className="size-4" aria-hidden />}
            onClick={start}
            data-testid="record"
          >
            {t(again ? "ceremony.retake" : "ceremony.record")}
          </Button>
        )}
        {phase === "ready" && more}
        {phase === "counting" && begin && <Countdown onDone={begin} />}
        {phase === "recording" && (
          <>
            <Button
              look="record"
              size="large"
              // Enter ends what Enter began
              autoFocus
              hint="Enter"
              icon={<Square className="size-4" aria-hidden />}
              onClick={() => void release()}
              data-testid="record-stop"
            >
              {t("ceremony.stop")}
            </Button>
            <span className="numbers flex items-center gap-2 text-lead font-medium" role="timer">
              <span className="size-2.5 rounded-full bg-record" aria-hidden />
              {clock(level?.seconds ?? 0)}
            </span>
            <span className="text-small text-ink-soft">{t("ceremony.readCalmly")}</span>
          </>
        )}
        {phase === "ready" && device === null && (
          <span className="text-small text-ink-soft">{t("ceremony.noMicrophone")}</span>
        )}
      </div>
    </div>
  );
}
