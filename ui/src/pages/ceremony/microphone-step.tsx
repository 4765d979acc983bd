// Step one: which microphone, how quiet the room is, and whether the voice arrives. Metered only; nothing is kept.

import { CheckCircle2, Ear, MicOff, TriangleAlert } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Problem } from "../../ipc/bindings/Problem";
import { client, problemOf } from "../../ipc/index";
import { Button } from "../../kit/button";
import { LevelMeter } from "../../kit/level-meter";
import { Card, Empty, Trouble } from "../../kit/parts";
import { useStore } from "../../state/store";
import { release, useCapture } from "./capture";
import { CableNote, DeviceChoice, useMicrophones } from "./device-choice";
import { change, useCeremony } from "./state";

/** How long the room is listened to. */
const ROOM_SECONDS = 3;
/** How long a microphone may say nothing at all. */
const SILENT_MS = 8000;

export function MicrophoneStep() {
  const { t } = useTranslation();
  const microphones = useMicrophones();
  const { all, device, look } = microphones;
  const demo = useStore((store) => store.machine?.library.demo ?? false);
  const room = useCeremony((ceremony) => ceremony.room);
  const { level, capture, stillHere } = useCapture();
  const [measuring, setMeasuring] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  /** Counts up with each beginning: an older one goes no further. */
  const turn = useRef(0);
  const id = device?.id ?? null;

  const measure = useCallback(
    async (device: string) => {
      turn.current += 1;
      const mine = turn.current;
      const current = () => mine === turn.current && stillHere();
      setProblem(null);
      setMeasuring(true);
      let timer = 0;
      try {
        const room = await capture((on) => {
          // Counted in what was heard: a microphone may take its time to open. The clock is only for one that never speaks.
          timer = window.setTimeout(() => current() && void release(), SILENT_MS);
          return client.listen(device, (level) => {
            on(level);
            if (level.seconds >= ROOM_SECONDS && current()) void release();
          });
        });
        window.clearTimeout(timer);
        if (!current()) return;
        change({ room });
        setMeasuring(false);
        // From here on the meter only shows that the voice arrives.
        await capture((on) => client.listen(device, on));
      } catch (thrown) {
        if (current()) setProblem(problemOf(thrown));
      } finally {
        window.clearTimeout(timer);
        if (current()) setMeasuring(false);
      }
    },
    [capture, stillHere],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: another device is the only reason to begin again
  useEffect(() => {
    if (id) void measure(id);
    return () => {
      turn.current += 1;
    };
  }, [id]);

  if (all && !device) {
    return (
      <Card>
        <Empty
          icon={<MicOff className="size-5" aria-hidden />}
          title={t("ceremony.noMicrophone")}
          action={
            <>
              <Button look={demo ? "plain" : "main"} onClick={look}>
                {t("ceremony.lookAgain")}
              </Button>
              {demo && (
                <Button look="main" onClick={() => change({ step: "samples" })} data-testid="mic-next">
                  {t("ceremony.useFiles")}
                </Button>
              )}
            </>
          }
        >
          {t(demo ? "ceremony.noMicrophoneDemo" : "ceremony.noMicrophoneAbout")}
        </Empty>
      </Card>
    );
  }

  return (
    <Card className="flex flex-col gap-5 p-5">
      <div>
        <h2 className="text-title font-semibold">{t("ceremony.micTitle")}</h2>
        <p className="text-base text-ink-soft">{t("ceremony.micAbout")}</p>
      </div>
      <DeviceChoice microphones={microphones} />
      <CableNote device={device} />
      {problem ? (
        <Trouble
          problem={problem}
          mend={id ? { label: t("ceremony.retry"), act: () => void measure(id) } : undefined}
        />
      ) : (
        <div className="flex flex-col gap-3 rounded-control bg-sunken p-4">
          <LevelMeter level={level} quiet={measuring} />
          <div className="flex min-h-11 items-start gap-2" aria-live="polite">
            {measuring ? (
              <>
                <Ear className="mt-0.5 size-4 shrink-0 text-accent-text" aria-hidden />
                <p className="text-base">
                  {t("ceremony.roomSilent", {
                    seconds: Math.max(1, Math.ceil(ROOM_SECONDS - (level?.seconds ?? 0))),
                  })}
                </p>
              </>
            ) : room ? (
              <>
                {room.good ? (
                  <CheckCircle2 className="mt-0.5 size-4 shrink-0 text-good" aria-hidden />
                ) : (
                  <TriangleAlert className="mt-0.5 size-4 shrink-0 text-warn" aria-hidden />
                )}
                <p className="min-w-0 flex-1 text-base">
                  {t(`ceremony.rooms.${room.code}`, { defaultValue: room.verdict })}{" "}
                  {room.noiseFloorDbfs !== null && (
                    <span className="numbers text-small text-ink-soft">
                      {t("ceremony.roomLevel", { level: room.noiseFloorDbfs.toFixed(0) })}
                    </span>
                  )}
                  <span className="block text-small text-ink-soft">{t("ceremony.saySomething")}</span>
                </p>
              </>
            ) : null}
          </div>
        </div>
      )}
      <div className="flex flex-wrap items-center justify-between gap-2">
        <Button look="quiet" disabled={!id || measuring} onClick={() => id && void measure(id)}>
          {t("ceremony.measureAgain")}
        </Button>
        <Button look="main" disabled={!device} onClick={() => change({ step: "samples" })} data-testid="mic-next">
          {t("ceremony.next")}
        </Button>
      </div>
    </Card>
  );
}
