// What is asked before many lines change: how many, and how long it takes.

import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../kit/button";
import { Dialog } from "../../kit/dialog";
import { span } from "../../kit/format";
import { useStore } from "../../state/store";
import { edit, render } from "./deeds";
import { focusLines, useDesk, useDeskStore } from "./desk";
import { estimate, measuredRate } from "./estimate";
import { useLateFocus } from "./late-focus";
import { countOf, isWaiting } from "./lines";

/** "Touches 12 lines." */
export function TouchQuestion() {
  return useDesk((desk) => desk.asked) && <Touch />;
}

function Touch() {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const asked = useDesk((desk) => desk.asked);
  const voices = useStore((store) => store.voices);
  const close = () => {
    desk.setState({ asked: null });
    requestAnimationFrame(focusLines);
  };
  useLateFocus("#touch-yes");
  if (!asked) return null;
  const wanted = "voice" in asked.edit ? asked.edit.voice : null;
  const bookVoice = desk.getState().card?.voice;
  const name = voices.find((voice) => voice.id === (wanted ?? bookVoice))?.name ?? "";
  return (
    <Dialog
      open
      onClose={close}
      title={t("narrate.touchTitle", { name })}
      about={t("narrate.touchAbout", { count: asked.touched })}
      foot={
        <>
          <Button onClick={close}>{t("shell.cancel")}</Button>
          <Button
            look="main"
            id="touch-yes"
            onClick={() => {
              void edit(desk, asked.edit);
              close();
            }}
          >
            {t("narrate.touchYes", { count: asked.touched })}
          </Button>
        </>
      }
    />
  );
}

/** "Render 225 lines?" */
export function RenderQuestion({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const lines = useDesk((desk) => desk.lines);
  const expected = useDesk((desk) => desk.card?.expectedSeconds ?? 0);
  const rate = useStore((store) => measuredRate(store.jobs));
  const waiting = useMemo(() => countOf(lines, isWaiting), [lines]);
  const { renderSeconds } = useMemo(() => estimate(lines, expected, rate), [lines, expected, rate]);
  const close = () => {
    onClose();
    requestAnimationFrame(focusLines);
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      title={waiting > 0 ? t("narrate.renderQuestion", { count: waiting }) : t("narrate.allFresh")}
      about={
        renderSeconds === null
          ? t("narrate.renderAbout")
          : t("narrate.renderTakes", { length: span(Math.max(1, renderSeconds)) })
      }
      foot={
        <>
          <Button onClick={close}>{t("shell.cancel")}</Button>
          <Button
            look="main"
            autoFocus
            data-testid="render-confirm"
            disabled={waiting === 0}
            onClick={() => {
              void render(desk, null, null);
              close();
            }}
          >
            {t("narrate.render", { count: waiting })}
          </Button>
        </>
      }
    />
  );
}
