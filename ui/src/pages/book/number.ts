// Numbers with decimals, as written in the window's language.

import i18next from "i18next";

export function decimal(value: number, places: number): string {
  return new Intl.NumberFormat(i18next.language, {
    minimumFractionDigits: places,
    maximumFractionDigits: places,
  }).format(value);
}
