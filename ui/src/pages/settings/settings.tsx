// Settings: everything counts at once, there is nothing to save.

import { FolderOpen, Keyboard } from "lucide-react";
import { useTranslation } from "react-i18next";
import { changeLanguage, LANGUAGES } from "../../i18n/index";
import { client } from "../../ipc/index";
import { Button } from "../../kit/button";
import { Choose } from "../../kit/field";
import { Chip, Page } from "../../kit/parts";
import { changeTaste, fail, open, useStore } from "../../state/store";
import { LibraryDoor } from "../home/library-door";
import { Diagnostics } from "./diagnostics";
import { Microphone } from "./microphone";
import { Row, Section } from "./row";
import { Scale } from "./scale";
import { Segments } from "./segments";

export function Settings() {
  const { t } = useTranslation();
  const taste = useStore((store) => store.taste);
  const machine = useStore((store) => store.machine);
  const show = (which: "exports" | "library") => void client.showFolder(which).catch(fail);
  return (
    <Page title={t("settings.title")} about={t("settings.about")}>
      <div className="mx-auto flex max-w-3xl flex-col gap-6">
        <Section title={t("settings.look")}>
          <Row title={t("settings.theme")}>
            <Segments
              label={t("settings.theme")}
              name="setting-theme"
              value={taste.theme}
              choices={[
                { value: "auto", label: t("settings.themeAuto") },
                { value: "light", label: t("settings.themeLight") },
                { value: "dark", label: t("settings.themeDark") },
              ]}
              onChange={(theme) => void changeTaste({ theme })}
            />
          </Row>
          <Row title={t("settings.language")}>
            <div className="w-48" data-testid="setting-language">
              <Choose
                label={t("settings.language")}
                hideLabel
                value={taste.language ?? "auto"}
                choices={[
                  { value: "auto", label: t("settings.languageAuto") },
                  ...Object.entries(LANGUAGES).map(([value, label]) => ({ value, label })),
                ]}
                onChange={(value) => {
                  const language = value === "auto" ? null : value;
                  changeLanguage(language);
                  void changeTaste({ language });
                }}
              />
            </div>
          </Row>
          <Row title={t("settings.scale")} about={t("settings.scaleAbout")}>
            <Scale />
          </Row>
          <Row title={t("settings.motion")} about={t("settings.motionAbout")}>
            <Segments
              label={t("settings.motion")}
              name="setting-motion"
              value={taste.motion}
              choices={[
                { value: "auto", label: t("settings.themeAuto") },
                { value: "reduced", label: t("settings.motionReduced") },
              ]}
              onChange={(motion) => void changeTaste({ motion })}
            />
          </Row>
          <Row title={t("settings.keys")} about={t("settings.keysAbout")}>
            <Button icon={<Keyboard className="size-4" aria-hidden />} hint="?" onClick={() => open("keys")}>
              {t("settings.showKeys")}
            </Button>
          </Row>
        </Section>

        <Section title={t("settings.sound")}>
          <Microphone />
        </Section>

        {machine && (
          <Section title={t("settings.files")}>
            <Row
              title={
                <span className="flex flex-wrap items-center gap-2">
                  {t("settings.library")}
                  <Chip
                    tone={
                      machine.library.state === "open" ? "good" : machine.library.state === "broken" ? "bad" : "plain"
                    }
                  >
                    {t(`settings.library_${machine.library.state}`)}
                  </Chip>
                  {machine.library.demo && <Chip tone="warn">{t("settings.demo")}</Chip>}
                </span>
              }
              about={
                <>
                  <span data-selectable>{machine.library.folder}</span>
                  {machine.library.demo && <p>{t("settings.demoAbout")}</p>}
                </>
              }
            >
              <Button
                icon={<FolderOpen className="size-4" aria-hidden />}
                disabled={machine.library.state === "none" || machine.library.state === "none_needs_passphrase"}
                onClick={() => show("library")}
              >
                {t("settings.showFolder")}
              </Button>
            </Row>
            {machine.library.state !== "open" && (
              <div className="py-3">
                <LibraryDoor
                  why={t(machine.library.state === "locked" ? "settings.libraryLocked" : "settings.libraryNone")}
                />
              </div>
            )}
            <Row title={t("settings.exports")} about={<span data-selectable>{machine.exports}</span>}>
              <Button icon={<FolderOpen className="size-4" aria-hidden />} onClick={() => show("exports")}>
                {t("settings.showFolder")}
              </Button>
            </Row>
            <Row title="ffmpeg" about={t(machine.ffmpeg ? "settings.ffmpegThere" : "settings.ffmpegMissing")}>
              <Chip tone={machine.ffmpeg ? "good" : "warn"}>
                {t(machine.ffmpeg ? "settings.found" : "settings.notFound")}
              </Chip>
            </Row>
          </Section>
        )}

        <Section title={t("settings.help")}>
          <Diagnostics />
          {machine && (
            <Row title={t("settings.version")}>
              <span className="numbers text-ink-soft" data-selectable>
                Vouch {machine.version} · {machine.system}
              </span>
            </Row>
          )}
        </Section>
      </div>
    </Page>
  );
}
