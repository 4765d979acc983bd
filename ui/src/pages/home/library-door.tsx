// The way into the library, inline, on any page that needs it: one button where the system keeps the key, a passphrase
// where nobody else can, and the plain truth where it cannot be opened.

import { KeyRound, LockKeyhole } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Problem } from "../../ipc/bindings/Problem";
import { client, problemOf } from "../../ipc/index";
import { Button } from "../../kit/button";
import { TextField } from "../../kit/field";
import { Trouble } from "../../kit/parts";
import { refreshJobs, refreshVoices, useStore } from "../../state/store";

/** Shortest passphrase that the vault takes, in characters. */
const SHORTEST = 8;

export function LibraryDoor({ why, onOpen }: { /** What needs it here. */ why?: string; onOpen?: () => void }) {
  const { t } = useTranslation();
  const library = useStore((store) => store.machine?.library);
  const [passphrase, setPassphrase] = useState("");
  const [again, setAgain] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const [pressed, setPressed] = useState(false);
  if (!library || library.state === "open") return null;

  const open = async (secret: string | null) => {
    setBusy(true);
    setProblem(null);
    try {
      const opened = await client.openLibrary(secret);
      const { machine } = useStore.getState();
      if (machine) useStore.setState({ machine: { ...machine, library: opened } });
      if (opened.state === "open") {
        await Promise.all([refreshVoices(), refreshJobs()]);
        onOpen?.();
      } else setProblem(opened.problem);
    } catch (thrown) {
      setProblem(problemOf(thrown));
    } finally {
      setBusy(false);
    }
  };

  if (library.state === "broken") {
    const broken = library.problem ?? problem ?? { code: "library", message: t("home.doorBroken"), fix: "" };
    return <Trouble problem={broken} mend={{ label: t("home.doorRetry"), act: () => void open(null) }} />;
  }

  const making = library.state !== "locked";
  if (library.state === "none") {
    return (
      <div className="flex flex-col gap-3">
        {problem && <Trouble problem={problem} />}
        <div className="flex flex-wrap items-center gap-x-6 gap-y-3 rounded-card border border-line bg-surface p-4">
          <LockKeyhole className="size-5 shrink-0 text-accent-text" aria-hidden />
          <div className="min-w-56 flex-1">
            <h2 className="text-base font-semibold">{why ?? t("home.doorNone")}</h2>
            <p className="mt-0.5 text-small text-ink-soft">{t("home.doorNoneAbout")}</p>
          </div>
          <Button look="main" disabled={busy} onClick={() => void open(null)} data-testid="library-open">
            {busy ? t("home.doorBusy") : t("home.doorMake")}
          </Button>
        </div>
      </div>
    );
  }

  const short = [...passphrase].length < SHORTEST;
  const differs = making && passphrase !== again;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setPressed(true);
    if (!short && !differs && !busy) void open(passphrase);
  };
  const complaint = problem
    ? `${problem.message} ${problem.fix}`.trim()
    : pressed && short
      ? t("home.doorShort", { count: SHORTEST })
      : null;
  return (
    <form onSubmit={submit} className="rounded-card border border-line bg-surface p-4">
      <div className="flex gap-3">
        <KeyRound className="mt-0.5 size-5 shrink-0 text-accent-text" aria-hidden />
        <div className="flex min-w-0 max-w-lg flex-1 flex-col gap-3">
          <div>
            <h2 className="text-base font-semibold">
              {why ?? t(making ? "home.doorPassphraseNew" : "home.doorLocked")}
            </h2>
            <p className="mt-0.5 text-small text-ink-soft">
              {t(making ? "home.doorPassphraseNewAbout" : "home.doorLockedAbout")}
            </p>
          </div>
          <TextField
            label={t("home.doorPassphrase")}
            type="password"
            value={passphrase}
            complaint={complaint}
            hint={making ? t("home.doorHint", { count: SHORTEST }) : undefined}
            data-testid="library-passphrase"
            onChange={(event) => {
              setPassphrase(event.target.value);
              setProblem(null);
            }}
          />
          {making && (
            <TextField
              label={t("home.doorAgain")}
              type="password"
              value={again}
              complaint={pressed && !short && differs ? t("home.doorDiffers") : null}
              data-testid="library-passphrase-again"
              onChange={(event) => setAgain(event.target.value)}
            />
          )}
          {making && <p className="text-small font-medium text-warn">{t("home.doorNoWayBack")}</p>}
          <Button look="main" type="submit" disabled={busy} className="self-start" data-testid="library-open">
            {t(busy ? "home.doorBusy" : making ? "home.doorMake" : "home.doorUnlock")}
          </Button>
        </div>
      </div>
    </form>
  );
}
