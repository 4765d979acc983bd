// The window: rail, page, status line, and what lies over them.

import { Tooltip } from "radix-ui";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Book } from "./pages/book/book";
import { Ceremony } from "./pages/ceremony/ceremony";
import { Dubs } from "./pages/dub/dubs";
import { FilmPage } from "./pages/dub/film";
import { Home } from "./pages/home/home";
import { Jobs } from "./pages/jobs/jobs";
import { Models } from "./pages/models/models";
import { Narrate } from "./pages/narrate/narrate";
import { Settings } from "./pages/settings/settings";
import { Speak } from "./pages/speak/speak";
import { VoicePage } from "./pages/voices/voice";
import { Voices } from "./pages/voices/voices";
import { seek, stop, toggle, usePlayer } from "./player/player";
import { KeySheet, Palette } from "./shell/overlays";
import { PAGES, Rail } from "./shell/rail";
import { Status } from "./shell/status";
import { Toasts } from "./shell/toasts";
import { type Keys, useKeys } from "./state/keys";
import { go, open, useStore } from "./state/store";

export function App() {
  const { t } = useTranslation();
  const route = useStore((store) => store.route);
  const hovering = useStore((store) => store.hovering);
  useTaste();
  const keys: Keys = {
    "mod+k": () => open("palette"),
    "?": () => open("keys"),
    space: toggle,
    j: () => seek(usePlayer.getState().position - 1),
    l: () => seek(usePlayer.getState().position + 1),
    escape: stop,
  };
  for (const [index, { route }] of PAGES.entries()) keys[`mod+${index + 1}`] = () => go(route);
  useKeys(keys, true, true);
  return (
    <Tooltip.Provider>
      <div className="flex h-full flex-col">
        <div className="flex min-h-0 flex-1">
          <Rail />
          <main className="min-w-0 flex-1">
            {route.page === "home" && <Home />}
            {route.page === "speak" && <Speak voice={route.voice} />}
            {route.page === "narrate" && <Narrate />}
            {route.page === "book" && <Book key={route.book} book={route.book} />}
            {route.page === "dub" && <Dubs />}
            {route.page === "film" && <FilmPage key={route.dub} dub={route.dub} />}
            {route.page === "voices" && <Voices />}
            {route.page === "voice" && <VoicePage key={route.voice} voice={route.voice} />}
            {route.page === "ceremony" && <Ceremony />}
            {route.page === "jobs" && <Jobs />}
            {route.page === "models" && <Models />}
            {route.page === "settings" && <Settings />}
          </main>
        </div>
        <Status />
      </div>
      {hovering && (
        <div className="pointer-events-none fixed inset-3 z-50 flex items-center justify-center rounded-card border-2 border-dashed border-accent bg-ground/85 text-title font-medium text-accent-text">
          {t("shell.dropHere")}
        </div>
      )}
      <Palette />
      <KeySheet />
      <Toasts />
    </Tooltip.Provider>
  );
}

/** Theme, motion and scale are attributes of the root; the style sheet does the rest. */
function useTaste(): void {
  const { theme, motion, scale } = useStore((store) => store.taste);
  useEffect(() => {
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const apply = () => {
      const root = document.documentElement;
      root.dataset.theme = theme === "dark" || (theme === "auto" && dark.matches) ? "dark" : "light";
      root.dataset.motion = motion;
      root.style.setProperty("--scale", String(scale));
    };
    apply();
    dark.addEventListener("change", apply);
    return () => dark.removeEventListener("change", apply);
  }, [theme, motion, scale]);
}
