// The picture of the film at the reel's position, drawn on a canvas: the next is asked for when the last has come, about
// twelve times a second while it plays, at once after a jump. A media element cannot read our addresses everywhere.

import { Film, ImageOff } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../ipc/index";
import { useDesk } from "./desk";
import { CountIn } from "./line-panel";
import { useReel } from "./reel";

const EVERY_MS = 82;
/** Moments nearer than this look alike. */
const SAME_MS = 30;
/** After a failure the picture is let be for a while. */
const REST_MS = 2000;

export function Picture() {
  const { t } = useTranslation();
  const dub = useDesk((desk) => desk.dub);
  const hasPicture = useDesk((desk) => desk.card?.hasPicture ?? false);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [state, setState] = useState<"none" | "there" | "failed">("none");

  useEffect(() => {
    if (!hasPicture) return;
    let gone = false;
    let busy = false;
    let drawn = -1;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let next = 0;
    const ask = async () => {
      clearTimeout(timer);
      timer = undefined;
      const wanted = Math.round(useReel.getState().positionMs);
      if (gone || busy || (drawn >= 0 && Math.abs(wanted - drawn) < SAME_MS)) return;
      const wait = next - performance.now();
      if (wait > 0) {
        timer = setTimeout(() => void ask(), wait);
        return;
      }
      busy = true;
      const began = performance.now();
      try {
        const image = await createImageBitmap(await client.framePicture(dub, wanted));
        const element = canvas.current;
        if (gone || !element) return;
        if (element.width !== image.width || element.height !== image.height) {
          element.width = image.width;
          element.height = image.height;
        }
        element.getContext("2d")?.drawImage(image, 0, 0);
        image.close();
        element.dataset.ms = String(wanted);
        setState("there");
        next = useReel.getState().playing ? began + EVERY_MS : 0;
      } catch {
        if (gone) return;
        setState("failed");
        next = performance.now() + REST_MS;
      } finally {
        drawn = wanted;
        busy = false;
        // What was wished meanwhile.
        if (!gone) void ask();
      }
    };
    void ask();
    const stop = useReel.subscribe(({ positionMs, dub: open }, before) => {
      if (open === dub && positionMs !== before.positionMs) void ask();
    });
    return () => {
      gone = true;
      clearTimeout(timer);
      stop();
    };
  }, [dub, hasPicture]);

  const note = "absolute inset-0 flex flex-col items-center justify-center gap-1.5 text-small text-[white]/75";
  return (
    <div className={`relative w-full shrink-0 overflow-hidden bg-[black] ${hasPicture ? "aspect-video" : "h-20"}`}>
      {hasPicture && (
        <canvas
          ref={canvas}
          data-testid="picture"
          role="img"
          aria-label={t("dub.picture")}
          className={`size-full object-contain ${state === "failed" ? "opacity-30" : ""}`}
        />
      )}
      {!hasPicture && (
        <p className={note}>
          <Film className="size-5" aria-hidden />
          {t("dub.noPicture")}
        </p>
      )}
      {state === "failed" && (
        <p className={note} role="status">
          <ImageOff className="size-5" aria-hidden />
          {t("dub.pictureFailed")}
        </p>
      )}
      <Caption />
      <CountIn />
    </div>
  );
}

/** What is said at this moment in the dub, as a subtitle. */
function Caption() {
  const to = useDesk((desk) => desk.card?.to);
  const cues = useDesk((desk) => desk.cues);
  const at = useReel((reel) => {
    // A few cues overlap at most: the latest that has begun and has not ended counts.
    let [low, high] = [0, cues.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cues[middle]?.startMs ?? 0) <= reel.positionMs) low = middle + 1;
      else high = middle;
    }
    const cue = cues[low - 1];
    return cue && reel.positionMs < cue.endMs ? low - 1 : -1;
  });
  const words = cues[at]?.target || cues[at]?.source;
  if (!words) return null;
  return (
    <p className="pointer-events-none absolute inset-x-2 bottom-1.5 text-center text-small leading-5" lang={to}>
      <span className="rounded bg-[black]/70 box-decoration-clone px-1.5 py-0.5 text-[white]">{words}</span>
    </p>
  );
}
