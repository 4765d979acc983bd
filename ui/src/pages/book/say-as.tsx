// "Say it as …": how a word is spoken in every text from now on, heard before it is kept.

import { Volume2 } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { SayingView } from "../../ipc/bindings/SayingView";
import { client } from "../../ipc/index";
import { Button } from "../../kit/button";
import { Dialog } from "../../kit/dialog";
import { Choose, TextField } from "../../kit/field";
import { play } from "../../player/player";
import { fail, toast } from "../../state/store";
import { refresh, render } from "./deeds";
import { focusLines, useDesk, useDeskStore } from "./desk";
import { wordsOf } from "./find";
import { useLateFocus } from "./late-focus";
import { countOf } from "./lines";

export function SayAs() {
  const saying = useDesk((desk) => desk.saying);
  return saying ? <Ask key={`${saying.line} ${saying.word}`} word={saying.word} line={saying.line} /> : null;
}

function Ask({ word: given, line }: { word: string; line: number }) {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const text = useDesk((desk) => desk.lines[line]?.text ?? "");
  const voice = useDesk((desk) => desk.lines[line]?.voice ?? desk.card?.voice ?? "");
  const speed = useDesk((desk) => desk.lines[line]?.speed ?? desk.card?.speed ?? 1);
  const words = wordsOf(text);
  const [word, setWord] = useState(given || (words[0] ?? ""));
  const [say, setSay] = useState("");
  const [known, setKnown] = useState<SayingView[]>([]);
  const [busy, setBusy] = useState<"hear" | "save" | null>(null);
  const kept = known.find((one) => one.word.toLowerCase() === word.toLowerCase());

  useEffect(() => {
    client.sayings().then(setKnown).catch(fail);
  }, []);
  useEffect(() => setSay(kept?.say ?? ""), [kept]);

  useLateFocus("#say-as input");

  const close = () => {
    desk.setState({ saying: null });
    requestAnimationFrame(focusLines);
  };

  const hear = async () => {
    setBusy("hear");
    try {
      const models = await client.models();
      const language = models.find((model) => model.installed && model.languages.length > 0)?.languages[0] ?? "en";
      const take = await client.makeTake({ text: say, voice, language, speed, pauses: 1, seed: 1 }, () => {});
      try {
        await play(await client.takeSound(take.id), say);
      } finally {
        await client.removeTake(take.id);
      }
    } catch (thrown) {
      fail(thrown);
    } finally {
      setBusy(null);
    }
  };

  const keep = async (change: () => Promise<unknown>) => {
    setBusy("save");
    const stale = () => countOf(desk.getState().lines, (line) => line.state === "stale");
    const before = stale();
    try {
      await change();
      await refresh(desk);
      const count = stale() - before;
      toast({
        tone: "good",
        text: count > 0 ? t("narrate.sayingStale", { count, word }) : t("narrate.sayingKept", { word }),
        action: count > 0 ? { label: t("narrate.renderThem"), run: () => void render(desk, null, null) } : undefined,
      });
      close();
    } catch (thrown) {
      fail(thrown);
      setBusy(null);
    }
  };
  const ready = say.trim() !== "" && word.trim() !== "" && busy === null;
  return (
    <Dialog
      open
      onClose={close}
      title={t("narrate.sayTitle")}
      about={t("narrate.sayAbout")}
      foot={
        <>
          {kept && (
            <Button look="quiet" disabled={busy !== null} onClick={() => void keep(() => client.removeSaying(word))}>
              {t("narrate.sayRemove")}
            </Button>
          )}
          <Button icon={<Volume2 className="size-4" aria-hidden />} disabled={!ready} onClick={() => void hear()}>
            {busy === "hear" ? t("narrate.sayHearing") : t("narrate.sayHear")}
          </Button>
          <Button look="main" disabled={!ready} onClick={() => void keep(() => client.setSaying(word, say.trim()))}>
            {t("narrate.sayKeep")}
          </Button>
        </>
      }
    >
      <div id="say-as" className="flex flex-col gap-3">
        {given ? (
          <p className="text-read" data-selectable>
            {word}
          </p>
        ) : (
          <Choose
            label={t("narrate.sayWordLabel")}
            value={word}
            choices={words.map((word) => ({ value: word, label: word }))}
            onChange={setWord}
          />
        )}
        <TextField
          label={t("narrate.sayAsLabel")}
          hint={t("narrate.sayHint")}
          value={say}
          maxLength={100}
          onChange={(event) => setSay(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && ready) void hear();
          }}
        />
      </div>
    </Dialog>
  );
}
