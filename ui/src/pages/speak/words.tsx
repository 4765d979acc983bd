// The text to be spoken, with whose voice it is to be, how long it will take, and how its words are said.

import { BookA, ListChecks } from "lucide-react";
import { ContextMenu } from "radix-ui";
import { useDeferredValue, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { VoiceView } from "../../ipc/bindings/VoiceView";
import { Button } from "../../kit/button";
import { Choose } from "../../kit/field";
import { clock, count, day } from "../../kit/format";
import { VoiceBadge } from "../../kit/voice-badge";
import { useStore } from "../../state/store";
import { change, speaker, speakers, useDraft } from "./draft";
import { characters, expectedSeconds, MOST_CHARACTERS, rateOf, sayingsIn, wordAt } from "./measure";
import { SayAs } from "./say-as";
import { useSayings } from "./sayings";
import { useTakes } from "./takes";

export function Words({ onSheet }: { onSheet: () => void }) {
  const { t } = useTranslation();
  const draft = useDraft();
  const voices = useStore((store) => store.voices);
  const rate = useTakes((takes) => rateOf(takes.list));
  const sayings = useSayings((store) => store.list);
  const area = useRef<HTMLTextAreaElement>(null);
  const [selected, setSelected] = useState(false);
  const [saying, setSaying] = useState<string | null>(null);
  const voice = speaker(draft.voice, voices);
  const long = characters(draft.text);
  const tooLong = long > MOST_CHARACTERS;
  const settled = useDeferredValue(draft.text);
  const within = useMemo(() => sayingsIn(settled, sayings), [settled, sayings]);

  const word = () => {
    const element = area.current;
    return element ? wordAt(draft.text, element.selectionStart, element.selectionEnd) : "";
  };
  const aboutVoice = ({ preset, about, demo, until }: VoiceView) => {
    if (preset) return about || t("speak.preset");
    if (demo) return t("speak.demoVoice");
    return until ? t("speak.ownVoiceUntil", { date: day(until) }) : t("speak.ownVoice");
  };
  const copy = () => {
    const element = area.current;
    if (element) void navigator.clipboard.writeText(draft.text.slice(element.selectionStart, element.selectionEnd));
  };
  const item = "flex h-8 items-center rounded-control px-2 text-base outline-none data-highlighted:bg-accent-soft";

  return (
    <div className="flex min-h-56 flex-1 flex-col gap-2">
      <div className="flex flex-wrap items-end gap-2">
        <div className="min-w-44 max-w-72 flex-1" data-testid="speak-voice">
          <Choose
            label={t("speak.voice")}
            value={voice?.id ?? ""}
            choices={speakers(voices).map((voice) => ({
              value: voice.id,
              label: voice.name,
              about: aboutVoice(voice),
              sign: <VoiceBadge id={voice.id} name={voice.name} size="small" />,
            }))}
            onChange={(voice) => change({ voice })}
          />
        </div>
        <div className="ml-auto flex flex-wrap items-end gap-2">
          <SayAs
            word={saying}
            onWord={setSaying}
            onClose={() => setSaying(null)}
            trigger={
              <Button
                icon={<BookA className="size-4" aria-hidden />}
                data-testid="say-as"
                // The selection in the text must outlive the click.
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => setSaying(word())}
              >
                {t("speak.sayAs")}
              </Button>
            }
          />
          <Button
            look="quiet"
            className="-mr-3"
            icon={<ListChecks className="size-4" aria-hidden />}
            onClick={onSheet}
            data-testid="sayings-open"
          >
            {t("speak.sayings", { count: sayings.length })}
          </Button>
        </div>
      </div>

      <ContextMenu.Root>
        {/* Without a selection the system's own menu is the better one. */}
        <ContextMenu.Trigger asChild disabled={!selected}>
          <textarea
            ref={area}
            data-testid="speak-text"
            aria-label={t("speak.text")}
            aria-describedby="speak-size"
            aria-invalid={tooLong || undefined}
            placeholder={t("speak.placeholder")}
            lang={draft.language}
            spellCheck
            value={draft.text}
            onChange={(event) => change({ text: event.target.value })}
            onSelect={({ currentTarget: { selectionStart, selectionEnd } }) =>
              setSelected(selectionStart !== selectionEnd)
            }
            className="min-h-36 w-full flex-1 resize-none rounded-card border border-line-strong/60 bg-surface px-4 py-3 text-read text-ink placeholder:text-ink-faint hover:border-line-strong"
          />
        </ContextMenu.Trigger>
        <ContextMenu.Portal>
          <ContextMenu.Content className="z-50 min-w-44 rounded-control border border-line bg-raised p-1 shadow-raised">
            <ContextMenu.Item className={item} onSelect={() => setTimeout(() => setSaying(word()))}>
              {t("speak.sayAs")}
            </ContextMenu.Item>
            <ContextMenu.Separator className="my-1 h-px bg-line" />
            <ContextMenu.Item className={item} onSelect={copy}>
              {t("speak.copyText")}
            </ContextMenu.Item>
            <ContextMenu.Item className={item} onSelect={() => setTimeout(() => area.current?.select())}>
              {t("speak.selectAll")}
            </ContextMenu.Item>
          </ContextMenu.Content>
        </ContextMenu.Portal>
      </ContextMenu.Root>

      <div className="flex min-h-5 flex-wrap items-center gap-x-3 gap-y-1 text-small">
        <span id="speak-size" className={`numbers ${tooLong ? "font-medium text-bad" : "text-ink-soft"}`}>
          {tooLong
            ? t("speak.tooLong", { long: count(long), most: count(MOST_CHARACTERS) })
            : t("speak.size", { count: long, long: count(long) })}
          {long > 0 &&
            !tooLong &&
            ` · ${t("speak.expected", { time: clock(expectedSeconds(draft.text, draft.speed, rate)) })}`}
        </span>
        {within.slice(0, 4).map(({ word, say }) => (
          <button
            key={word}
            type="button"
            className="rounded-full bg-accent-soft px-2 text-accent-text hover:underline"
            onClick={() => setSaying(word)}
          >
            {word} → {say}
          </button>
        ))}
        {within.length > 4 && (
          <button type="button" className="text-ink-soft hover:underline" onClick={onSheet}>
            {t("speak.moreSayings", { count: within.length - 4 })}
          </button>
        )}
      </div>
    </div>
  );
}
