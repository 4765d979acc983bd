// The pages, always in reach on the left; the number key of each is its place.

import {
  AudioLines,
  BookOpenText,
  Boxes,
  Clapperboard,
  House,
  ListTodo,
  type LucideIcon,
  Settings,
  UsersRound,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import { Tip } from "../kit/tip";
import { go, type Route, useStore } from "../state/store";

export const PAGES: { route: Route; name: string; icon: LucideIcon; within: Route["page"][] }[] = [
  { route: { page: "home" }, name: "shell.home", icon: House, within: ["home"] },
  { route: { page: "speak" }, name: "shell.speak", icon: AudioLines, within: ["speak"] },
  { route: { page: "narrate" }, name: "shell.narrate", icon: BookOpenText, within: ["narrate", "book"] },
  { route: { page: "dub" }, name: "dub.title", icon: Clapperboard, within: ["dub", "film"] },
  { route: { page: "voices" }, name: "shell.voices", icon: UsersRound, within: ["voices", "voice", "ceremony"] },
  { route: { page: "jobs" }, name: "shell.jobs", icon: ListTodo, within: ["jobs"] },
  { route: { page: "models" }, name: "shell.models", icon: Boxes, within: ["models"] },
  { route: { page: "settings" }, name: "shell.settings", icon: Settings, within: ["settings"] },
];

export function Rail() {
  const { t } = useTranslation();
  const here = useStore((store) => store.route.page);
  const running = useStore(
    (store) => store.jobs.filter((job) => job.state === "running" || job.state === "queued").length,
  );
  return (
    <nav
      aria-label={t("shell.pages")}
      className="flex w-14 shrink-0 flex-col gap-1 border-r border-line bg-sunken p-2 xl:w-44"
    >
      {PAGES.map(({ route, name, icon: Icon, within }, index) => {
        const current = within.includes(here);
        const label = t(name);
        return (
          <Tip key={route.page} text={`${label} (Ctrl ${index + 1})`}>
            <button
              type="button"
              aria-current={current ? "page" : undefined}
              aria-label={label}
              onClick={() => go(route)}
              className={`flex h-9 items-center gap-3 rounded-control px-2.5 text-base transition-colors ${current ? "bg-surface font-medium text-ink shadow-[inset_0_0_0_1px_var(--line)]" : "text-ink-soft hover:bg-surface/60 hover:text-ink"}`}
            >
              <span className="relative">
                <Icon className={`size-4.5 ${current ? "text-accent-text" : ""}`} aria-hidden />
                {route.page === "jobs" && running > 0 && (
                  <span className="absolute -top-0.5 -right-0.5 size-2 rounded-full bg-accent" aria-hidden />
                )}
              </span>
              <span className="hidden xl:inline">{label}</span>
            </button>
          </Tip>
        );
      })}
    </nav>
  );
}
