// The part of a cue's panel where its line is recorded by a person: the button, the count, the level, and the choice after.

import { AudioLines, FileAudio, Mic, RotateCcw, Square, Trash2, Volume2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { DubCueView } from "../../ipc/bindings/DubCueView";
import type { LineTakeView } from "../../ipc/bindings/LineTakeView";
import { Button, IconButton } from "../../kit/button";
import { decimal } from "../../kit/format";
import { LevelMeter } from "../../kit/level-meter";
import { focusCues, select, useDesk, useDeskStore } from "./desk";
import {
  bringLine,
  COUNT_MS,
  discardWaiting,
  endLine,
  hearWaiting,
  keepWaiting,
  removeLine,
  startLine,
  waitingFor,
} from "./line";

const small = "size-3.5";

export function OwnLine({ cue }: { cue: DubCueView }) {
  const { t } = useTranslation();
  const working = useDesk((desk) => desk.line?.cue === cue.id);
  const take = useDesk((desk) => waitingFor(desk.waiting, cue));
  return (
    <section aria-label={t("dub.ownLine")} className="flex flex-col gap-1.5 rounded-control bg-sunken p-2 text-small">
      {working ? <Working cue={cue} /> : take ? <Waiting key={take.id} take={take} /> : <Idle cue={cue} />}
      <Others cue={cue} />
    </section>
  );
}

function Idle({ cue }: { cue: DubCueView }) {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const locked = cue.state === "locked";
  const busy = useDesk((desk) => desk.line !== null);
  const recorded = cue.recorded !== null;
  return (
    <>
      {recorded && (
        <p className="flex items-center gap-1.5 font-medium" data-testid="line-recorded">
          <Mic className={`${small} text-good`} aria-hidden />
          {t("dub.isRecorded")}
        </p>
      )}
      <div className="flex flex-wrap items-center gap-1">
        <Button
          size="small"
          hint="V"
          data-testid="line-record"
          disabled={locked || busy}
          icon={<Mic className={small} aria-hidden />}
          onClick={() => void startLine(desk)}
        >
          {recorded ? t("dub.recordAgain") : t("dub.recordLine")}
        </Button>
        <IconButton
          size="small"
          label={t("dub.lineFile")}
          data-testid="line-file"
          disabled={locked || busy}
          onClick={() => void bringLine(desk)}
        >
          <FileAudio className={small} aria-hidden />
        </IconButton>
        {recorded && (
          <Button
            size="small"
            look="quiet"
            data-testid="line-remove"
            disabled={locked || busy}
            icon={<AudioLines className={small} aria-hidden />}
            onClick={() => void removeLine(desk, cue.index)}
          >
            {t("dub.lineRemove")}
          </Button>
        )}
      </div>
    </>
  );
}

function Working({ cue }: { cue: DubCueView }) {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const line = useDesk((desk) => desk.line);
  if (!line) return null;
  const left = (cue.endMs - cue.startMs - line.atMs) / 1000;
  const words =
    line.step === "opens"
      ? t("dub.lineOpens")
      : line.step === "counts"
        ? t("dub.lineCounts")
        : line.step === "ends"
          ? t("dub.lineEnds")
          : left >= 0
            ? t("dub.lineLeft", { seconds: decimal(left, 1) })
            : t("dub.lineOver", { seconds: decimal(-left, 1) });
  return (
    <>
      <p role="status" className="flex items-center gap-1.5">
        <span
          aria-hidden
          className={`size-2 shrink-0 rounded-full ${line.step === "records" ? "bg-record" : "bg-ink-faint"}`}
        />
        <span className={`numbers ${left < 0 ? "text-warn" : ""}`} data-testid="line-step" data-step={line.step}>
          {words}
        </span>
      </p>
      <LevelMeter level={line.level} quiet={line.step !== "records"} />
      <Button
        // Takes the place of the button that was pressed
        autoFocus
        size="small"
        look="record"
        hint="V"
        data-testid="line-stop"
        disabled={line.step === "ends"}
        icon={<Square className={small} aria-hidden />}
        onClick={() => endLine(desk)}
      >
        {line.step === "records" ? t("dub.lineStop") : t("shell.cancel")}
      </Button>
    </>
  );
}

function Waiting({ take }: { take: LineTakeView }) {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const after = (deed: Promise<unknown>) => void deed.then(() => requestAnimationFrame(focusCues));
  return (
    <>
      <p className="numbers font-medium" role="status" data-testid="line-take">
        {take.recovered
          ? t("dub.lineRecovered", { seconds: decimal(take.seconds, 1) })
          : t("dub.lineRecorded", { seconds: decimal(take.seconds, 1) })}
      </p>
      {take.doubt && <p className="text-bad">{take.doubt}</p>}
      <div className="flex flex-wrap items-center gap-1">
        <Button
          autoFocus={!take.recovered}
          size="small"
          look="main"
          data-testid="line-keep"
          onClick={() => after(keepWaiting(desk, take))}
        >
          {t("dub.lineKeep")}
        </Button>
        <IconButton
          size="small"
          label={t("dub.lineHear")}
          data-testid="line-hear"
          onClick={() => void hearWaiting(desk, take)}
        >
          <Volume2 className={small} aria-hidden />
        </IconButton>
        <IconButton
          size="small"
          label={t("dub.recordAgain")}
          data-testid="line-again"
          onClick={() => void discardWaiting(desk, take).then(() => startLine(desk))}
        >
          <RotateCcw className={small} aria-hidden />
        </IconButton>
        <IconButton
          size="small"
          label={t("dub.lineDiscard")}
          data-testid="line-discard"
          onClick={() => after(discardWaiting(desk, take))}
        >
          <Trash2 className={small} aria-hidden />
        </IconButton>
      </div>
    </>
  );
}

/** A recording of another cue that waits: from before a crash, say. */
function Others({ cue }: { cue: DubCueView }) {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const at = useDesk(({ waiting, cues }) => {
    const other = waiting.find((take) => take.cue !== cue.id);
    return other ? cues.findIndex((one) => one.id === other.cue) : -1;
  });
  if (at < 0) return null;
  return (
    <button
      type="button"
      data-testid="line-other"
      className="self-start rounded text-left text-accent-text underline"
      onClick={() => select(desk, at)}
    >
      {t("dub.lineWaits", { cue: at + 1 })}
    </button>
  );
}

/** Over the picture: three, two, one, and then that it is recorded. */
export function CountIn() {
  const { t } = useTranslation();
  const step = useDesk((desk) => desk.line?.step);
  const left = useDesk((desk) => (desk.line ? Math.ceil((-desk.line.atMs / COUNT_MS) * 3) : 0));
  if (step !== "counts" && step !== "records") return null;
  return (
    <p
      role="timer"
      aria-live="assertive"
      data-testid="count-in"
      className="numbers pointer-events-none absolute top-2 right-2 flex items-center gap-1.5 rounded bg-[black]/70 px-2 py-1 text-lead font-semibold text-[white]"
    >
      <span aria-hidden className="size-2.5 rounded-full bg-record" />
      {step === "counts" ? left : t("dub.lineLive")}
    </p>
  );
}
