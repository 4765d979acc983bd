// The pause after a line, in seconds.

import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { LineView } from "../../ipc/bindings/LineView";
import { TextField } from "../../kit/field";
import { edit } from "./deeds";
import { useDeskStore } from "./desk";

const MOST_SECONDS = 10;

export function PauseField({ line }: { line: LineView }) {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const shown = line.pauseSeconds.toFixed(2);
  const [typed, setTyped] = useState(shown);
  useEffect(() => setTyped(shown), [shown]);
  const seconds = Number(typed.replace(",", "."));
  const wrong = typed.trim() === "" || !Number.isFinite(seconds) || seconds < 0 || seconds > MOST_SECONDS;
  const keep = () => {
    if (wrong) setTyped(shown);
    else if (Math.abs(seconds - line.pauseSeconds) > 0.004)
      void edit(desk, { edit: "pause", line: line.index, seconds });
  };
  return (
    <TextField
      label={t("narrate.pauseAfter")}
      maxLength={8}
      inputMode="decimal"
      value={typed}
      className="numbers"
      complaint={wrong && typed.trim() !== "" ? t("narrate.pauseWrong", { most: MOST_SECONDS }) : null}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={keep}
      onKeyDown={(event) => {
        if (event.key === "Enter") keep();
        if (event.key === "ArrowUp" || event.key === "ArrowDown") {
          event.preventDefault();
          const by = event.key === "ArrowUp" ? 0.05 : -0.05;
          if (!wrong) setTyped(Math.max(0, Math.min(MOST_SECONDS, seconds + by)).toFixed(2));
        }
      }}
    />
  );
}
