// The audit trail of a voice, newest first: what happened with it, when, and how much of it.

import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { LogView } from "../../ipc/bindings/LogView";
import type { Problem } from "../../ipc/bindings/Problem";
import { client, problemOf } from "../../ipc/index";
import { Button } from "../../kit/button";
import { count, span, when } from "../../kit/format";
import { Trouble } from "../../kit/parts";
import { useStore } from "../../state/store";
import { codeWord, kindWord } from "./words";

/** Lines shown before "show all". */
const SHOWN = 200;

export function Trail({ voice }: { voice: string }) {
  const { t } = useTranslation();
  const [lines, setLines] = useState<LogView[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [all, setAll] = useState(false);
  // Whatever changed a voice wrote a line.
  const voices = useStore((store) => store.voices);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the voices are a reason to ask again
  useEffect(() => {
    let gone = false;
    client
      .voiceLog(voice)
      .then((lines) => {
        if (gone) return;
        setProblem(null);
        setLines([...lines].sort((a, b) => b.number - a.number));
      })
      .catch((thrown) => !gone && setProblem(problemOf(thrown)));
    return () => {
      gone = true;
    };
  }, [voice, voices]);
  const shown = all ? (lines ?? []) : (lines ?? []).slice(0, SHOWN);
  return (
    <section aria-label={t("voices.trail")} className="flex flex-col gap-2">
      <div>
        <h2 className="text-base font-semibold">{t("voices.trail")}</h2>
        <p className="text-small text-ink-soft">{t("voices.trailAbout")}</p>
      </div>
      {problem && <Trouble problem={problem} />}
      {lines && lines.length === 0 && <p className="text-base text-ink-soft">{t("voices.trailEmpty")}</p>}
      {shown.length > 0 && (
        <div className="overflow-x-auto rounded-card border border-line bg-surface">
          <table className="w-full text-left text-base">
            <thead className="text-small text-ink-faint">
              <tr>
                <th className="w-12 px-3 py-2 text-right font-medium">{t("voices.number")}</th>
                <th className="w-44 px-3 py-2 font-medium">{t("voices.time")}</th>
                <th className="px-3 py-2 font-medium">{t("voices.what")}</th>
                <th className="w-24 px-3 py-2 text-right font-medium">{t("voices.speech")}</th>
              </tr>
            </thead>
            <tbody className="divide-y divide-line border-t border-line" data-selectable>
              {shown.map((line) => (
                <tr key={line.number}>
                  <td className="numbers px-3 py-1.5 text-right text-ink-faint">{count(line.number)}</td>
                  <td className="numbers px-3 py-1.5 whitespace-nowrap text-ink-soft">{when(line.time)}</td>
                  <td className="px-3 py-1.5">
                    {kindWord(t, line.kind)}
                    {line.code && <span className="text-ink-soft"> · {codeWord(line.code)}</span>}
                  </td>
                  <td className="numbers px-3 py-1.5 text-right text-ink-soft">
                    {line.seconds === null ? "" : span(line.seconds)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {lines && !all && lines.length > SHOWN && (
        <Button size="small" className="self-start" onClick={() => setAll(true)}>
          {t("voices.showAll", { number: count(lines.length) })}
        </Button>
      )}
    </section>
  );
}
