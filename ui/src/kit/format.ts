// Numbers as people read them, in the window's language.

import i18next from "i18next";

/** As in "3:07" or "1:02:45". */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** As in "7 h 12 min" or "40 s". */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.round(whole / 60)} min`;
  return `${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`;
}

export function bytes(count: number): string {
  const [size, unit, places] =
    count < 1e6 ? [count / 1e3, "kB", 0] : count < 1e9 ? [count / 1e6, "MB", 1] : [count / 1e9, "GB", 1];
  return `${decimal(size, places)} ${unit}`;
}

/** They take longer to make than to use, and rows of a long table use many. */
const decimals = new Map<string, Intl.NumberFormat>();

/** A number with so many places. */
export function decimal(n: number, places: number): string {
  const key = `${i18next.language} ${places}`;
  let format = decimals.get(key);
  if (!format) {
    format = new Intl.NumberFormat(i18next.language, { minimumFractionDigits: places, maximumFractionDigits: places });
    decimals.set(key, format);
  }
  return format.format(n);
}

/** Date and time of seconds since 1970. */
export function when(unixSeconds: number): string {
  return new Intl.DateTimeFormat(i18next.language, { dateStyle: "medium", timeStyle: "short" }).format(
    unixSeconds * 1000,
  );
}

/** A date of the form YYYY-MM-DD. */
export function day(date: string): string {
  return new Intl.DateTimeFormat(i18next.language, { dateStyle: "long", timeZone: "UTC" }).format(
    new Date(`${date}T00:00:00Z`),
  );
}

/** The clock's time so many seconds from now. */
export function finish(seconds: number): string {
  return new Intl.DateTimeFormat(i18next.language, { timeStyle: "short" }).format(Date.now() + seconds * 1000);
}

export function count(n: number): string {
  return new Intl.NumberFormat(i18next.language).format(n);
}
