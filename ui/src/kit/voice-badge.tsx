// Every voice has a colour and a letter, the same everywhere: never the colour alone.

import { useStore } from "../state/store";

/** Twelve hues, far enough apart; the number of a voice picks one, so neighbours differ. */
const HUES = [172, 265, 40, 330, 215, 95, 300, 15, 140, 240, 65, 355];

function hash(id: string): number {
  let sum = 7;
  for (const sign of id) sum = (sum * 31 + (sign.codePointAt(0) ?? 0)) >>> 0;
  return sum;
}

export function voiceHue(id: string): number {
  const order = useStore.getState().voices.findIndex((voice) => voice.id === id);
  return HUES[(order >= 0 ? order : hash(id)) % HUES.length] ?? 172;
}

export function VoiceBadge({
  id,
  name,
  size = "base",
}: {
  id: string;
  name: string;
  size?: "small" | "base" | "large";
}) {
  const hue = voiceHue(id);
  const box = { small: "size-5 text-tiny", base: "size-6 text-small", large: "size-10 text-lead" }[size];
  return (
    <span
      aria-hidden
      className={`inline-flex shrink-0 items-center justify-center rounded-full font-semibold text-[white] ${box}`}
      style={{ background: `oklch(0.5 0.115 ${hue})` }}
    >
      {name.trim().charAt(0).toUpperCase() || "?"}
    </span>
  );
}
