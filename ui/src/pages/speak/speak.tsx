// Speak: words on the left, what became of them on the right. The keys that belong to the page are here.

import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Page } from "../../kit/parts";
import { type Keys, useKeys } from "../../state/keys";
import { fail, useStore } from "../../state/store";
import { Bar } from "./bar";
import { Controls } from "./controls";
import { change } from "./draft";
import { cancel, useMaking } from "./making";
import { SayingSheet } from "./saying-sheet";
import { loadSayings } from "./sayings";
import { again, speakDraft } from "./speak-draft";
import { TakeList } from "./take-list";
import { compare, mark, reload, restore, star, useTakes } from "./takes";
import { Words } from "./words";

export function Speak({ voice }: { voice?: string | undefined }) {
  const { t } = useTranslation();
  const library = useStore((store) => store.machine?.library.state);
  const busy = useMaking((making) => making.form !== null);
  const [sheet, setSheet] = useState(false);

  useEffect(() => {
    if (voice) change({ voice });
  }, [voice]);
  useEffect(() => {
    void reload(library).catch(fail);
    void loadSayings().catch(fail);
  }, [library]);

  useSpeakKeys(busy, !sheet);
  return (
    <Page title={t("speak.title")} about={t("speak.about")} flush>
      <div className="@container h-full">
        <div className="h-full overflow-y-auto @min-[58rem]:grid @min-[58rem]:grid-cols-[minmax(0,1fr)_minmax(25rem,0.75fr)] @min-[58rem]:overflow-hidden">
          <div className="flex flex-col gap-3 px-6 pt-4 @min-[58rem]:min-h-0 @min-[58rem]:overflow-y-auto">
            <Words onSheet={() => setSheet(true)} />
            <Controls />
            <Bar />
          </div>
          <TakeList />
        </div>
      </div>
      <SayingSheet open={sheet} onClose={() => setSheet(false)} />
    </Page>
  );
}

function useSpeakKeys(busy: boolean, active: boolean): void {
  const focused = () => useTakes.getState().list.find((take) => take.id === useTakes.getState().focus);
  const keys: Keys = {
    "mod+enter": speakDraft,
    a: () => void compare("a"),
    b: () => void compare("b"),
    t: () => {
      const take = focused();
      if (take) again(take);
    },
    s: () => {
      const take = focused();
      if (take) void star(take);
    },
    "shift+a": () => {
      const take = focused();
      if (take) mark("a", take.id);
    },
    "shift+b": () => {
      const take = focused();
      if (take) mark("b", take.id);
    },
  };
  useKeys(keys, active);

  // While a take is made, Escape stops it, before the window's own Escape stops only what plays.
  useEffect(() => {
    if (!busy) return;
    const listen = (event: KeyboardEvent) => {
      const inFront = event.target instanceof HTMLElement && event.target.closest("[role=dialog], [role=menu]");
      if (event.key !== "Escape" || inFront) return;
      event.preventDefault();
      void cancel().catch(fail);
    };
    window.addEventListener("keydown", listen, true);
    return () => window.removeEventListener("keydown", listen, true);
  }, [busy]);

  // Not through the keys above: in a field, undo is the field's.
  useEffect(() => {
    if (!active) return;
    const listen = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea, [role=dialog]");
      if (typing || event.defaultPrevented || event.shiftKey || !(event.ctrlKey || event.metaKey)) return;
      if (event.key.toLowerCase() !== "z" || useTakes.getState().removed.length === 0) return;
      event.preventDefault();
      void restore();
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, [active]);
}
