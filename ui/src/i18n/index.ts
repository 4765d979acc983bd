// The window's words, by language. English is complete by definition; a test holds the others to the same keys.

import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import * as de from "./de/index";
import * as en from "./en/index";

export const LANGUAGES = { en: "English", de: "Deutsch" } as const;

export function startLanguage(chosen: string | null): void {
  const wanted = chosen ?? navigator.language.slice(0, 2);
  void i18next.use(initReactI18next).init({
    resources: { en: { translation: { ...en } }, de: { translation: { ...de } } },
    lng: wanted in LANGUAGES ? wanted : "en",
    fallbackLng: "en",
    interpolation: { escapeValue: false },
  });
  document.documentElement.lang = i18next.language;
}

export function changeLanguage(chosen: string | null): void {
  const wanted = chosen ?? navigator.language.slice(0, 2);
  void i18next.changeLanguage(wanted in LANGUAGES ? wanted : "en");
  document.documentElement.lang = i18next.language;
}
