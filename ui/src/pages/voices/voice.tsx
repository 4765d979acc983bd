// One voice: everything its consent says, what could not be checked, its trail, and how to end it.

import { ArrowLeft, AudioLines, FileKey2, PackageOpen, Pencil, ReceiptText, UserRoundX } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { VoiceView } from "../../ipc/bindings/VoiceView";
import { client } from "../../ipc/index";
import { Button, IconButton } from "../../kit/button";
import { TextField } from "../../kit/field";
import { Empty, Page } from "../../kit/parts";
import { VoiceBadge } from "../../kit/voice-badge";
import { fail, go, refreshVoices, toast, useStore } from "../../state/store";
import { LibraryDoor } from "../home/library-door";
import { ExportDialog } from "./export-dialog";
import { Facts } from "./facts";
import { RevokeDialog } from "./revoke-dialog";
import { Trail } from "./trail";
import { KindChips } from "./voice-card";
import { VoicePlay } from "./voice-play";
import { ended } from "./words";

export function VoicePage({ voice: id }: { voice: string }) {
  const { t } = useTranslation();
  const voice = useStore((store) => store.voices.find((voice) => voice.id === id));
  const isOpen = useStore((store) => store.machine?.library.state === "open");
  if (!voice) {
    return (
      <Page title={t("voices.title")}>
        {isOpen ? (
          <Empty
            icon={<UserRoundX className="size-5" aria-hidden />}
            title={t("voices.gone")}
            action={<Button onClick={() => go({ page: "voices" })}>{t("voices.back")}</Button>}
          >
            {t("voices.goneAbout")}
          </Empty>
        ) : (
          <LibraryDoor why={t("voices.needLibrary")} />
        )}
      </Page>
    );
  }
  return <One voice={voice} />;
}

function One({ voice }: { voice: VoiceView }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState<"export" | "revoke" | null>(null);
  const over = ended(voice);
  return (
    <section className="flex h-full min-h-0 flex-col" aria-label={voice.name}>
      <header className="flex min-h-14 flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-6 py-2.5">
        <IconButton label={t("voices.back")} onClick={() => go({ page: "voices" })}>
          <ArrowLeft className="size-4" aria-hidden />
        </IconButton>
        <VoiceBadge id={voice.id} name={voice.name} size="large" />
        <div className="min-w-40 flex-1">
          <Name voice={voice} />
          <div className="mt-0.5 flex flex-wrap gap-1">
            <KindChips voice={voice} />
          </div>
        </div>
        {!over && (
          <div className="flex flex-wrap items-center gap-2">
            <VoicePlay voice={voice.id} name={voice.name} words />
            <Button
              look="main"
              icon={<AudioLines className="size-4" aria-hidden />}
              onClick={() => go({ page: "speak", voice: voice.id })}
            >
              {t("voices.speak")}
            </Button>
          </div>
        )}
      </header>
      <div
        className="min-h-0 flex-1 overflow-y-auto px-6 py-5"
        // Where there is no control to go to, only the focus lets the keys scroll.
        {...(over ? { role: "group", tabIndex: 0, "aria-label": t("voices.consent") } : {})}
      >
        <div className="mx-auto grid max-w-6xl items-start gap-6 md:grid-cols-[minmax(0,1fr)_19rem]">
          <div className="flex min-w-0 flex-col gap-6">
            <Facts voice={voice} />
            {!voice.preset && <Trail voice={voice.id} />}
          </div>
          {!voice.preset && (
            <div className="flex flex-col gap-4">
              {!voice.revoked && <Receipt voice={voice} />}
              {!over && (
                <Act
                  icon={<PackageOpen className="size-4" aria-hidden />}
                  title={t("voices.export")}
                  about={t(voice.demo ? "voices.exportDemo" : "voices.exportAbout")}
                >
                  <Button
                    icon={<FileKey2 className="size-4" aria-hidden />}
                    disabled={voice.demo}
                    onClick={() => setAsking("export")}
                    data-testid="export-voice"
                  >
                    {t("voices.exportButton")}
                  </Button>
                </Act>
              )}
              {!voice.revoked && (
                <Act
                  icon={<UserRoundX className="size-4" aria-hidden />}
                  title={t("voices.revokeTitle")}
                  about={t("voices.revokeAbout")}
                >
                  <Button look="danger" onClick={() => setAsking("revoke")} data-testid="revoke">
                    {t("voices.revoke")}
                  </Button>
                </Act>
              )}
            </div>
          )}
        </div>
      </div>
      {asking === "export" && <ExportDialog voice={voice} onClose={() => setAsking(null)} />}
      {asking === "revoke" && <RevokeDialog voice={voice} onClose={() => setAsking(null)} />}
    </section>
  );
}

/** The name, and the field to change it. */
function Name({ voice }: { voice: VoiceView }) {
  const { t } = useTranslation();
  const [name, setName] = useState<string | null>(null);
  if (name === null || voice.preset || voice.revoked) {
    return (
      <div className="flex items-center gap-1">
        <h1 className="min-w-0 truncate text-title font-semibold">{voice.name}</h1>
        {!voice.preset && !voice.revoked && (
          <IconButton label={t("voices.rename")} size="small" onClick={() => setName(voice.name)}>
            <Pencil className="size-3.5" aria-hidden />
          </IconButton>
        )}
      </div>
    );
  }
  const save = (event: FormEvent) => {
    event.preventDefault();
    const wanted = name.trim();
    if (wanted === "" || wanted === voice.name) return setName(null);
    client
      .renameVoice(voice.id, wanted)
      .then(refreshVoices)
      .then(() => setName(null))
      .catch(fail);
  };
  return (
    <form
      onSubmit={save}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        setName(null);
      }}
      className="flex max-w-sm items-center gap-2"
    >
      <div className="flex-1">
        <TextField
          label={t("voices.name")}
          hideLabel
          value={name}
          maxLength={80}
          // The field replaces the button that was pressed
          autoFocus
          onChange={(event) => setName(event.target.value)}
        />
      </div>
      <Button type="submit" look="main">
        {t("voices.saveName")}
      </Button>
    </form>
  );
}

/** Writes the receipt and says what it is good for. */
export function Receipt({ voice, loud }: { voice: VoiceView; loud?: boolean }) {
  const { t } = useTranslation();
  const [saved, setSaved] = useState<string | null>(null);
  const save = () =>
    client
      .saveReceipt(voice.id)
      .then((file) => {
        setSaved(file.name);
        toast({
          tone: "good",
          text: t("voices.saved", { name: file.name, folder: file.folder }),
          action: { label: t("voices.showFolder"), run: () => void client.showFolder("exports").catch(fail) },
        });
      })
      .catch(fail);
  return (
    <Act
      icon={<ReceiptText className="size-4" aria-hidden />}
      title={t("voices.receipt")}
      about={t("voices.receiptAbout", { owner: voice.owner ?? voice.name })}
    >
      <Button look={loud && !saved ? "main" : "plain"} onClick={() => void save()} data-testid="save-receipt">
        {t("voices.saveReceipt")}
      </Button>
      {saved && (
        <p className="text-small break-all text-good" data-selectable>
          {t("voices.savedAs", { name: saved })}
        </p>
      )}
    </Act>
  );
}

function Act({
  icon,
  title,
  about,
  children,
}: {
  icon: React.ReactNode;
  title: string;
  about: string;
  children: React.ReactNode;
}) {
  return (
    <div className="flex flex-col items-start gap-2 rounded-card border border-line bg-surface p-4">
      <h2 className="flex items-center gap-2 text-base font-semibold">
        {icon}
        {title}
      </h2>
      <p className="text-small text-ink-soft">{about}</p>
      {children}
    </div>
  );
}
