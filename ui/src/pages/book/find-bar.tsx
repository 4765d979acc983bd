// Finding words in the book: next, previous, how many.

import { ChevronDown, ChevronUp, X } from "lucide-react";
import { useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "../../kit/button";
import { TextField } from "../../kit/field";
import { focusLines, select, useDesk, useDeskStore } from "./desk";
import { findLines, nextFound } from "./find";

export function FindBar() {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const query = useDesk((desk) => desk.find.query);
  const lines = useDesk((desk) => desk.lines);
  const active = useDesk((desk) => desk.selection.active);
  const found = useMemo(() => findLines(lines, query), [lines, query]);
  const place = found.indexOf(active);
  const move = (step: 1 | -1) => {
    const line = nextFound(found, active, step);
    if (line >= 0) select(desk, line);
  };
  const close = () => {
    desk.setState({ find: { shown: false, query: "" } });
    focusLines();
  };
  // The field is asked for with a key; the caret goes there.
  useEffect(() => document.querySelector<HTMLInputElement>("#find-bar input")?.focus(), []);
  return (
    <div
      id="find-bar"
      role="search"
      className="flex items-center gap-1 border-b border-line bg-surface px-3 py-1.5"
      onKeyDown={(event) => {
        if (event.key === "Escape") close();
        else if (event.key === "Enter" && event.target instanceof HTMLInputElement) move(event.shiftKey ? -1 : 1);
        else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      <div className="w-64 max-w-full">
        <TextField
          label={t("narrate.find")}
          hideLabel
          placeholder={t("narrate.find")}
          value={query}
          onChange={(event) => {
            const query = event.target.value;
            desk.setState({ find: { shown: true, query } });
            // To the first from here on, while it is typed.
            const all = findLines(desk.getState().lines, query);
            const line = nextFound(all, desk.getState().selection.active - 1, 1);
            if (line >= 0) select(desk, line);
          }}
        />
      </div>
      <IconButton size="small" label={t("narrate.findPrevious")} hint="Shift Enter" onClick={() => move(-1)}>
        <ChevronUp className="size-4" aria-hidden />
      </IconButton>
      <IconButton size="small" label={t("narrate.findNext")} hint="Enter" onClick={() => move(1)}>
        <ChevronDown className="size-4" aria-hidden />
      </IconButton>
      <span role="status" className="numbers px-1 text-small text-ink-soft">
        {query.trim() === ""
          ? ""
          : place >= 0
            ? t("narrate.foundAt", { place: place + 1, count: found.length })
            : t("narrate.found", { count: found.length })}
      </span>
      <span className="flex-1" />
      <IconButton size="small" label={t("shell.close")} hint="Esc" onClick={close}>
        <X className="size-4" aria-hidden />
      </IconButton>
    </div>
  );
}
