// "Say it as…": how a word is to be spoken, heard before it is kept.

import { Volume2 } from "lucide-react";
import { Popover } from "radix-ui";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { problemOf } from "../../ipc/index";
import { Button } from "../../kit/button";
import { TextField } from "../../kit/field";
import { useFocusBack } from "../../kit/focus-back";
import { toast, useStore } from "../../state/store";
import { LibraryDoor } from "../home/library-door";
import { speaker, useDraft } from "./draft";
import { audition, useMaking } from "./making";
import { removeSaying, setSaying, useSayings } from "./sayings";

export function SayAs({
  word,
  onWord,
  onClose,
  trigger,
}: {
  /** The word in question; null while nobody asks. */
  word: string | null;
  onWord: (word: string) => void;
  onClose: () => void;
  trigger: ReactNode;
}) {
  const { t } = useTranslation();
  const focusBack = useFocusBack(word !== null);
  return (
    <Popover.Root open={word !== null} onOpenChange={(open) => !open && onClose()}>
      <Popover.Anchor asChild>{trigger}</Popover.Anchor>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={6}
          collisionPadding={12}
          aria-label={t("speak.sayAs")}
          onCloseAutoFocus={focusBack}
          className="z-30 w-80 animate-[fade_120ms] rounded-card border border-line bg-raised p-4 shadow-raised"
        >
          {word !== null && <Fields word={word} onWord={onWord} onClose={onClose} />}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Fields({ word, onWord, onClose }: { word: string; onWord: (word: string) => void; onClose: () => void }) {
  const { t } = useTranslation();
  const open = useStore((store) => store.machine?.library.state === "open");
  const voices = useStore((store) => store.voices);
  const busy = useMaking((making) => making.form !== null);
  const known = useSayings((store) => store.list.find((saying) => saying.word.toLowerCase() === word.toLowerCase()));
  const [given, setGiven] = useState(word !== "");
  const [say, setSay] = useState(known?.say ?? "");
  const [complaint, setComplaint] = useState<string | null>(null);
  useEffect(() => {
    if (known) setSay(known.say);
  }, [known]);
  if (!open) return <LibraryDoor why={t("speak.sayingsNeedLibrary")} />;

  const told = async (act: () => Promise<void>) => {
    setComplaint(null);
    try {
      await act();
    } catch (thrown) {
      const { message, fix } = problemOf(thrown);
      setComplaint(`${message} ${fix}`.trim());
    }
  };
  const hear = () => {
    const draft = useDraft.getState();
    const voice = speaker(draft.voice, voices);
    if (voice) void told(() => audition({ ...draft, text: say, voice: voice.id }));
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (!word.trim() || !say.trim()) return;
    void told(async () => {
      await setSaying(word, say);
      toast({ tone: "good", text: t("speak.sayingKept", { word: word.trim(), say: say.trim() }) });
      onClose();
    });
  };
  return (
    <form onSubmit={save} className="flex flex-col gap-3">
      <TextField
        label={t("speak.word")}
        value={word}
        maxLength={100}
        autoFocus={!given}
        data-testid="saying-word"
        onChange={(event) => {
          setGiven(false);
          onWord(event.target.value);
        }}
      />
      <TextField
        label={t("speak.saidAs")}
        hint={t("speak.saidAsHint")}
        placeholder={t("speak.saidAsExample")}
        complaint={complaint}
        value={say}
        maxLength={200}
        autoFocus={given}
        data-testid="saying-say"
        onChange={(event) => setSay(event.target.value)}
      />
      <div className="flex flex-wrap items-center gap-2">
        <Button
          size="small"
          icon={<Volume2 className="size-3.5" aria-hidden />}
          disabled={!say.trim() || busy}
          onClick={hear}
          data-testid="saying-hear"
        >
          {t("speak.hear")}
        </Button>
        <span className="flex-1" />
        {known && (
          <Button size="small" look="quiet" onClick={() => void told(() => removeSaying(known.word).then(onClose))}>
            {t("speak.sayPlain")}
          </Button>
        )}
        <Button size="small" look="main" type="submit" disabled={!word.trim() || !say.trim()} data-testid="saying-save">
          {t("speak.keep")}
        </Button>
      </div>
    </form>
  );
}
