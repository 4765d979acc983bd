// Times of a film as they are written: "1:02.450", "1:01:02.450".

const two = (n: number) => String(n).padStart(2, "0");

/** With so many places of a second. */
export function timecode(ms: number, places: 0 | 1 | 2 | 3 = 3): string {
  const unit = 10 ** (3 - places);
  const whole = Math.max(0, Math.floor(ms / unit)) * unit;
  const seconds = Math.floor(whole / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest =
    places === 0
      ? ""
      : `.${String(whole % 1000)
          .padStart(3, "0")
          .slice(0, places)}`;
  const head = hours > 0 ? `${hours}:${two(minutes)}` : `${minutes}`;
  return `${head}:${two(seconds % 60)}${rest}`;
}

/** Milliseconds of what somebody wrote; null where it is no time. A comma is as good as a point. */
export function readTimecode(text: string): number | null {
  const parts = text.trim().replace(",", ".").split(":");
  if (parts.length === 0 || parts.length > 3) return null;
  let seconds = 0;
  for (const [at, part] of parts.entries()) {
    const last = at === parts.length - 1;
    if (!(last ? /^\d{1,5}(\.\d{0,3})?$/ : /^\d{1,3}$/).test(part)) return null;
    seconds = seconds * 60 + Number(part);
  }
  return Math.round(seconds * 1000);
}
