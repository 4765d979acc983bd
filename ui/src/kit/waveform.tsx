// A sound's shape from peaks that the program computed, with a playhead; click or arrow keys to seek. Our own canvas: the
// known widgets want to decode the sound in the page.

import { useEffect, useRef, useState } from "react";
import { client } from "../ipc/index";

export function Waveform({
  sound,
  position,
  seconds,
  onSeek,
  height = 44,
  label,
  version = 0,
}: {
  /** Id of the sound. */
  sound: string | null;
  /** Seconds, or null where nothing plays. */
  position: number | null;
  seconds: number;
  onSeek?: (seconds: number) => void;
  height?: number;
  label: string;
  /** Counts up when the sound has grown. */
  version?: number;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [peaks, setPeaks] = useState<Int8Array | null>(null);
  const [width, setWidth] = useState(0);

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const watch = new ResizeObserver(([entry]) => entry && setWidth(Math.round(entry.contentRect.width)));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new version is a reason to ask again
  useEffect(() => {
    if (!sound || width < 8) return;
    let gone = false;
    client
      .peaks(sound, Math.min(2000, Math.floor(width / 3)))
      .then((peaks) => !gone && setPeaks(peaks))
      .catch(() => !gone && setPeaks(null));
    return () => {
      gone = true;
    };
  }, [sound, width, version]);

  useEffect(() => {
    const element = canvas.current;
    const paint = element?.getContext("2d");
    if (!element || !paint || width < 8) return;
    const scale = window.devicePixelRatio || 1;
    element.width = width * scale;
    element.height = height * scale;
    paint.scale(scale, scale);
    paint.clearRect(0, 0, width, height);
    const style = getComputedStyle(element);
    const played = style.getPropertyValue("--accent");
    const rest = style.getPropertyValue("--ink-faint");
    const middle = height / 2;
    const count = peaks ? peaks.length >> 1 : 0;
    if (!peaks || count === 0) {
      paint.fillStyle = rest;
      paint.fillRect(0, middle - 0.5, width, 1);
      return;
    }
    const step = width / count;
    const head = position !== null && seconds > 0 ? (position / seconds) * width : -1;
    for (let i = 0; i < count; i += 1) {
      const low = (peaks[2 * i] ?? 0) / 128;
      const high = (peaks[2 * i + 1] ?? 0) / 128;
      const top = middle - high * (middle - 1);
      const tall = Math.max(1.5, (high - low) * (middle - 1));
      paint.fillStyle = i * step < head ? played : rest;
      paint.fillRect(i * step, top, Math.max(1, step - 1), tall);
    }
    if (head >= 0) {
      paint.fillStyle = style.getPropertyValue("--ink");
      paint.fillRect(Math.min(width - 1.5, head), 0, 1.5, height);
    }
  }, [peaks, position, seconds, width, height]);

  const to = (part: number) => onSeek?.(Math.max(0, Math.min(1, part)) * seconds);
  return (
    <canvas
      ref={canvas}
      role="slider"
      tabIndex={onSeek ? 0 : -1}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={Math.round(seconds * 10) / 10}
      aria-valuenow={Math.round((position ?? 0) * 10) / 10}
      aria-valuetext={`${(position ?? 0).toFixed(1)} / ${seconds.toFixed(1)} s`}
      className="block w-full rounded-control"
      style={{ height }}
      onClick={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        to((event.clientX - box.left) / box.width);
      }}
      onKeyDown={(event) => {
        const by = event.shiftKey ? 5 : 1;
        if (event.key === "ArrowLeft") to(((position ?? 0) - by) / seconds);
        else if (event.key === "ArrowRight") to(((position ?? 0) + by) / seconds);
        else return;
        event.preventDefault();
      }}
    />
  );
}
