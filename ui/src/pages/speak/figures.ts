// A number with so many places after the point, in the window's language.

import i18next from "i18next";

export function decimal(n: number, places: number): string {
  return new Intl.NumberFormat(i18next.language, {
    minimumFractionDigits: places,
    maximumFractionDigits: places,
  }).format(n);
}
