// The two overlays that work everywhere: the command palette and the sheet of keys.

import { Command } from "cmdk";
import { useTranslation } from "react-i18next";
import { Dialog } from "../kit/dialog";
import { Key } from "../kit/parts";
import { VoiceBadge } from "../kit/voice-badge";
import { changeTaste, go, open, useStore } from "../state/store";
import { PAGES } from "./rail";

export function Palette() {
  const { t } = useTranslation();
  const shown = useStore((store) => store.overlay === "palette");
  const voices = useStore((store) => store.voices);
  const close = () => open(null);
  const item = "flex h-9 items-center gap-2.5 rounded-control px-2.5 text-base data-[selected=true]:bg-accent-soft";
  return (
    <Dialog open={shown} onClose={close} title={t("shell.palette")}>
      <Command loop label={t("shell.palette")} className="pb-3">
        <Command.Input
          autoFocus
          placeholder={t("shell.palette")}
          className="mb-2 h-9 w-full rounded-control border border-line-strong bg-surface px-2.5 text-base"
        />
        <Command.List className="max-h-80 overflow-y-auto">
          <Command.Empty className="px-2.5 py-4 text-ink-soft">{t("shell.paletteEmpty")}</Command.Empty>
          {PAGES.map(({ route, name, icon: Icon }) => (
            <Command.Item key={route.page} className={item} onSelect={() => go(route)}>
              <Icon className="size-4 text-ink-soft" aria-hidden />
              {t(name)}
            </Command.Item>
          ))}
          <Command.Item className={item} onSelect={() => go({ page: "ceremony" })}>
            {t("shell.makeVoice")}
          </Command.Item>
          {voices
            .filter((voice) => voice.usable)
            .map((voice) => (
              <Command.Item
                key={voice.id}
                value={`${t("shell.speak")} ${voice.name} ${voice.id}`}
                className={item}
                onSelect={() => go({ page: "speak", voice: voice.id })}
              >
                <VoiceBadge id={voice.id} name={voice.name} size="small" />
                {t("shell.speak")}: {voice.name}
              </Command.Item>
            ))}
          {(["light", "dark", "auto"] as const).map((theme) => (
            <Command.Item
              key={theme}
              className={item}
              onSelect={() => {
                void changeTaste({ theme });
                close();
              }}
            >
              {t(theme === "light" ? "shell.themeLight" : theme === "dark" ? "shell.themeDark" : "shell.themeAuto")}
            </Command.Item>
          ))}
          <Command.Item className={item} onSelect={() => open("keys")}>
            {t("shell.keys")}
          </Command.Item>
        </Command.List>
      </Command>
    </Dialog>
  );
}

const SHEET: { head: string; keys: [string[], string][] }[] = [
  {
    head: "shell.keysEverywhere",
    keys: [
      [["Ctrl", "K"], "shell.keyPalette"],
      [["?"], "shell.keyHelp"],
      [["Ctrl", "1…8"], "shell.keyPages"],
      [["Space"], "shell.keyPlay"],
      [["J", "L"], "shell.keySeek"],
      [["Esc"], "shell.keyStop"],
    ],
  },
  {
    head: "shell.keysBook",
    keys: [
      [["↑", "↓"], "shell.keyLines"],
      [["Enter"], "shell.keyPlayLine"],
      [["R"], "shell.keyRegenerate"],
      [["T"], "shell.keyNewTake"],
      [["Shift", "R"], "shell.keyStale"],
      [["1…9"], "shell.keyTake"],
      [["E"], "shell.keyEdit"],
      [["X"], "shell.keyLock"],
      [["V"], "shell.keyVoice"],
      [["D"], "shell.keyDoubtful"],
      [["I"], "shell.keyInspector"],
      [["Ctrl", "F"], "shell.keyFind"],
      [["Ctrl", "Z / Y"], "shell.keyUndo"],
    ],
  },
  {
    head: "dub.keys",
    keys: [
      [["J", "K", "L"], "dub.keyShuttle"],
      [["←", "→"], "dub.keySecond"],
      [["Enter"], "dub.keyPlayCue"],
      [["1…9"], "dub.keyAssign"],
      [["Q"], "dub.keyMonitor"],
      [["R", "T"], "dub.keyMake"],
      [["E"], "dub.keyEdit"],
      [["S", "M", "N"], "dub.keySplit"],
      [["I", "O"], "dub.keyEdges"],
      [["Alt", "← →"], "dub.keyNudge"],
      [["V"], "dub.keyRecord"],
      [["D"], "dub.keyTrouble"],
      [["+", "−", "0"], "dub.keyZoom"],
    ],
  },
  {
    head: "shell.keysSpeak",
    keys: [
      [["Ctrl", "Enter"], "shell.keySpeak"],
      [["A", "B"], "shell.keyAB"],
      [["S"], "shell.keyStar"],
      [["Ctrl", "Z"], "shell.undo"],
    ],
  },
];

export function KeySheet() {
  const { t } = useTranslation();
  const shown = useStore((store) => store.overlay === "keys");
  return (
    <Dialog open={shown} onClose={() => open(null)} title={t("shell.keys")} wide>
      <div className="grid gap-6 pb-4 sm:grid-cols-3">
        {SHEET.map(({ head, keys }) => (
          <section key={head}>
            <h3 className="mb-2 text-small font-semibold text-ink-soft">{t(head)}</h3>
            <dl className="flex flex-col gap-1.5">
              {keys.map(([pressed, does]) => (
                <div key={does} className="flex items-center justify-between gap-3">
                  <dt>{t(does)}</dt>
                  <dd className="flex gap-1">
                    {pressed.map((key) => (
                      <Key key={key}>{key}</Key>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
