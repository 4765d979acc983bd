// The timeline: one track for each speaker. Drag an edge to retime, a cue to move it (with Alt, all that follow move along),
// the ruler to seek; the wheel zooms. The same can be done by numbers beside the picture.

import { Maximize2, ZoomIn, ZoomOut } from "lucide-react";
import { type PointerEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../ipc/index";
import { IconButton } from "../../kit/button";
import { useKeys } from "../../state/keys";
import { useStore } from "../../state/store";
import { holds } from "../book/selection";
import { edit, playCue, shift } from "./deeds";
import { focusCues, select, useDesk, useDeskStore } from "./desk";
import { SpeakerBadge } from "./marks";
import { seek, useReel } from "./reel";
import { paintTimeline, RULER } from "./timeline-paint";
import { bounded, dragged, type Grip, msOf, showing, under, type View, xOf, zoomed } from "./timeline-view";
import { timecode } from "./times";

/** As many as one answer holds. */
const BUCKETS = 4000;
/** Less than this is a click with an unsteady hand. */
const STEADY_PX = 3;

/** Alt; Ctrl too, for window managers that take Alt for themselves. */
const ripples = (event: PointerEvent) => event.altKey || event.ctrlKey;

interface Drag {
  at: number;
  grip: Grip;
  ripple: boolean;
  fromX: number;
  byMs: number;
  begun: boolean;
}

export function Timeline() {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const dub = useDesk((desk) => desk.dub);
  const cues = useDesk((desk) => desk.cues);
  const speakers = useDesk((desk) => desk.speakers);
  const selection = useDesk((desk) => desk.selection);
  const durationMs = useDesk((desk) => desk.card?.durationMs ?? 0);
  const theme = useStore((store) => store.taste.theme);
  const canvas = useRef<HTMLCanvasElement>(null);
  const hover = useRef<HTMLSpanElement>(null);
  const [wide, setWide] = useState(0);
  const [low, setLow] = useState(() => window.innerHeight < 620);
  const [chosenView, setView] = useState<View>({ fromMs: 0, msPerPx: 40 });
  const [drag, setDrag] = useState<Drag | null>(null);
  const [peaks, setPeaks] = useState<Int8Array | null>(null);
  const view = useMemo(() => bounded(chosenView, durationMs, wide || 1), [chosenView, durationMs, wide]);

  const rows = Math.max(1, speakers.length);
  const wave = low ? 0 : 26;
  const track = Math.max(9, Math.min(low ? 18 : 24, (low ? 54 : 96) / rows));
  const high = RULER + wave + rows * track;

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const watch = new ResizeObserver(([entry]) => {
      if (entry) setWide(Math.round(entry.contentRect.width));
      setLow(window.innerHeight < 620);
    });
    watch.observe(element);
    return () => watch.disconnect();
  }, []);

  useEffect(() => {
    let gone = false;
    client
      .dubPeaks(dub, BUCKETS)
      .then((peaks) => !gone && setPeaks(peaks))
      // Without them there are still the cues.
      .catch(() => undefined);
    return () => {
      gone = true;
    };
  }, [dub]);

  const moved = useCallback(
    (index: number) => {
      if (!drag?.begun) return null;
      const cue = cues[index];
      if (!cue || cue.state === "locked") return null;
      const group = drag.grip === "move" && holds(selection, drag.at) && holds(selection, index);
      const along = index === drag.at || group || (drag.ripple && drag.grip === "move" && index >= drag.at);
      return along ? dragged(cue, drag.grip, drag.byMs, durationMs) : null;
    },
    [drag, cues, selection, durationMs],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours
  useEffect(() => {
    const element = canvas.current;
    if (!element || wide < 8) return;
    // After the root has taken on the theme.
    const frame = requestAnimationFrame(() => {
      paintTimeline(element, {
        view,
        wide,
        wave,
        track,
        speakers: speakers.length,
        cues,
        durationMs,
        peaks,
        isChosen: (index) => holds(selection, index),
        moved,
        dark: document.documentElement.dataset.theme === "dark",
      });
    });
    return () => cancelAnimationFrame(frame);
  }, [view, wide, wave, track, speakers.length, cues, durationMs, peaks, selection, moved, theme]);

  // The wheel must be heard before the page scrolls, which React cannot promise.
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const x = event.clientX - element.getBoundingClientRect().left;
      const aside = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      setView((before) => {
        const now = bounded(before, durationMs, wide);
        if (Math.abs(aside) > Math.abs(event.shiftKey ? 0 : event.deltaY))
          return bounded({ ...now, fromMs: now.fromMs + aside * now.msPerPx }, durationMs, wide);
        return zoomed(now, 1.0018 ** event.deltaY, x, durationMs, wide);
      });
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [durationMs, wide]);

  // The view goes along with the film, and to a cue that is chosen elsewhere.
  useEffect(() => {
    const follow = (ms: number) =>
      setView((before) => showing(bounded(before, durationMs, wide), ms, durationMs, wide));
    const stops = [
      useReel.subscribe(({ positionMs, playing, jumps }, before) => {
        if (positionMs !== before.positionMs && (playing || jumps !== before.jumps)) follow(positionMs);
      }),
      desk.subscribe(({ reveal, cues }, before) => {
        const cue = cues[reveal.cue];
        if (reveal !== before.reveal && cue) follow(cue.startMs);
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [desk, durationMs, wide]);

  const zoom = (by: number) => {
    const { positionMs } = useReel.getState();
    const x = xOf(view, positionMs);
    setView(zoomed(view, by, x >= 0 && x <= wide ? x : wide / 2, durationMs, wide));
  };
  const whole = () => setView({ fromMs: 0, msPerPx: Number.POSITIVE_INFINITY });
  useKeys({ "+": () => zoom(0.7), "=": () => zoom(0.7), "-": () => zoom(1 / 0.7), "0": whole });

  const place = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const found = (x: number, y: number) => {
    const speaker = Math.floor((y - RULER - wave) / track);
    return speaker < 0 ? null : under(cues, view, x, speaker);
  };
  const down = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const { x, y } = place(event);
    const hit = found(x, y);
    focusCues();
    if (!hit) {
      seek(msOf(view, x));
      setDrag({ at: -1, grip: "move", ripple: false, fromX: x, byMs: 0, begun: false });
      return;
    }
    if (event.shiftKey || !holds(selection, hit.at)) select(desk, hit.at, event.shiftKey);
    setDrag({ ...hit, ripple: ripples(event), fromX: x, byMs: 0, begun: false });
  };
  const move = (event: PointerEvent<HTMLCanvasElement>) => {
    const { x, y } = place(event);
    if (hover.current) {
      hover.current.style.transform = `translateX(${Math.max(0, Math.min(wide - 56, x + 6))}px)`;
      hover.current.textContent = timecode(msOf(view, x), 1);
    }
    if (!drag) {
      const hit = found(x, y);
      event.currentTarget.style.cursor = !hit ? "default" : hit.grip === "move" ? "grab" : "ew-resize";
      return;
    }
    if (drag.at < 0) seek(msOf(view, x));
    else {
      const begun = drag.begun || Math.abs(x - drag.fromX) > STEADY_PX;
      setDrag({ ...drag, begun, byMs: (x - drag.fromX) * view.msPerPx, ripple: ripples(event) });
    }
  };
  const up = async (event: PointerEvent<HTMLCanvasElement>) => {
    if (!drag) return;
    const cue = cues[drag.at];
    if (!cue || !drag.begun) {
      // A click on one of several leaves that one.
      if (cue && !event.shiftKey) select(desk, drag.at, false);
      setDrag(null);
      return;
    }
    const time = dragged(cue, drag.grip, drag.byMs, durationMs);
    const by = time.startMs - cue.startMs;
    if (drag.grip !== "move") await edit(desk, { edit: "time", cue: drag.at, ...time });
    else if (drag.ripple) await edit(desk, { edit: "shift", first: drag.at, last: cues.length - 1, byMs: by });
    else await shift(desk, by);
    setDrag(null);
  };

  if (durationMs === 0) return null;
  return (
    <section aria-label={t("dub.timeline")} className="flex shrink-0 border-t border-line bg-sunken">
      <div
        className="flex w-7 shrink-0 flex-col items-center border-r border-line"
        style={{ paddingTop: RULER + wave }}
      >
        {speakers.map(({ letter }, at) => (
          <span key={letter} className="flex items-center" style={{ height: track }}>
            {track >= 16 ? (
              <SpeakerBadge speaker={at} letter={letter} size="small" />
            ) : (
              <span className="text-tiny leading-none font-semibold">{letter}</span>
            )}
          </span>
        ))}
      </div>
      <div className="group/time relative min-w-0 flex-1 overflow-hidden" style={{ height: high }}>
        <canvas
          ref={canvas}
          role="img"
          data-testid="timeline"
          data-from={Math.round(view.fromMs)}
          data-scale={view.msPerPx}
          aria-label={t("dub.timelineAbout", { count: cues.length, speakers: speakers.length })}
          className="absolute inset-0 block size-full touch-none"
          onPointerDown={down}
          onPointerMove={move}
          onPointerUp={(event) => void up(event)}
          onPointerCancel={() => setDrag(null)}
          onDoubleClick={() => playCue(desk)}
        />
        <Playhead view={view} wide={wide} />
        <span
          ref={hover}
          aria-hidden
          className="numbers pointer-events-none absolute top-0 left-0 hidden rounded bg-ink px-1 text-tiny text-ground group-hover/time:inline"
        />
      </div>
      <div className="flex w-8 shrink-0 flex-col items-center border-l border-line">
        <IconButton size="small" label={t("dub.zoomIn")} hint="+" onClick={() => zoom(0.7)}>
          <ZoomIn className="size-3.5" aria-hidden />
        </IconButton>
        <IconButton size="small" label={t("dub.zoomOut")} hint="−" onClick={() => zoom(1 / 0.7)}>
          <ZoomOut className="size-3.5" aria-hidden />
        </IconButton>
        {high >= 84 && (
          <IconButton size="small" label={t("dub.zoomWhole")} hint="0" onClick={whole}>
            <Maximize2 className="size-3.5" aria-hidden />
          </IconButton>
        )}
      </div>
    </section>
  );
}

/** Where the film stands: moved without drawing anything anew. */
function Playhead({ view, wide }: { view: View; wide: number }) {
  const line = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const put = (ms: number) => {
      const x = xOf(view, ms);
      if (!line.current) return;
      line.current.style.transform = `translateX(${x}px)`;
      line.current.style.visibility = x >= -1 && x <= wide ? "visible" : "hidden";
    };
    put(useReel.getState().positionMs);
    return useReel.subscribe(({ positionMs }) => put(positionMs));
  }, [view, wide]);
  return (
    <span ref={line} aria-hidden className="pointer-events-none absolute top-0 bottom-0 left-0 -ml-px w-0.5 bg-record">
      <span className="absolute top-0 -left-1 size-2.5 rounded-b-full bg-record" />
    </span>
  );
}
