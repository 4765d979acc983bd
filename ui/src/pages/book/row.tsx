// A line of the book: its state, its words, whose voice, how long. Drawn again only if one of these differs.

import type { TFunction } from "i18next";
import { type MouseEvent, memo } from "react";
import type { LineView } from "../../ipc/bindings/LineView";
import { decimal } from "../../kit/format";
import { VoiceBadge } from "../../kit/voice-badge";
import { usePlayer } from "../../player/player";
import { pieces } from "./find";
import { LineEdit } from "./line-edit";
import { STATES, StateSign } from "./state-mark";

interface Props {
  line: LineView;
  /** First of its paragraph, so that there is room above. */
  opens: boolean;
  selected: boolean;
  active: boolean;
  editing: boolean;
  playing: boolean;
  /** It is made out of turn right now. */
  busy: boolean;
  made: { seconds: number; already: boolean } | null;
  /** Whose voice, where it is not the book's. */
  voice: { id: string; name: string } | null;
  query: string;
  /** The words; asked for once by the grid, not by each row. */
  t: TFunction;
}

/** The focus stays on the grid, which names the active row; so cells take none. */
const CELL = { role: "gridcell" } as const;

export const Row = memo(function Row(props: Props) {
  const { line, opens, selected, active, editing, playing, busy, made, voice, query, t } = props;
  const heading = line.paragraph === null;
  const state = busy ? "rendering" : line.state;
  const room = heading ? "pt-6 pb-1" : opens ? "pt-3" : "pt-0.5";
  return (
    <div className={room}>
      <div
        className={`relative grid grid-cols-[1.25rem_var(--digits)_minmax(0,1fr)_5rem] items-start gap-x-2 rounded-control py-1 pr-3 pl-2 ${selected ? "bg-accent-soft" : ""} ${active ? "shadow-[inset_3px_0_0_var(--accent)] group-focus-visible/lines:shadow-[inset_0_0_0_2px_var(--accent)]" : ""}`}
      >
        <span
          {...CELL}
          data-testid={`line-state-${line.index}`}
          data-state={state}
          className="flex h-[1.65rem] items-center"
        >
          <StateSign state={state} />
          <span className="sr-only">{t(STATES[state].word)}</span>
        </span>
        <span
          {...CELL}
          className={`numbers h-[1.65rem] text-right text-tiny leading-[1.65rem] ${selected ? "text-ink-soft" : "text-ink-faint"}`}
        >
          {line.index + 1}
        </span>
        <div {...CELL} className="min-w-0 px-1">
          {editing ? (
            <LineEdit text={line.text} heading={heading} />
          ) : (
            <p
              data-words
              className={`max-w-[46rem] break-words ${heading ? "text-title font-semibold" : "text-read"} ${line.state === "draft" && !busy ? "text-ink-soft" : "text-ink"}`}
            >
              <Words text={line.text} query={query} />
            </p>
          )}
          {line.doubt && <p className="text-small text-bad">{line.doubt}</p>}
        </div>
        <span
          {...CELL}
          className="numbers flex h-[1.65rem] items-center justify-end gap-2 text-small whitespace-nowrap text-ink-soft"
        >
          {voice && !made && (
            <>
              <VoiceBadge id={voice.id} name={voice.name} size="small" />
              <span className="sr-only">{t("narrate.inVoice", { name: voice.name })}</span>
            </>
          )}
          {made && !busy ? (
            <span data-testid="made-in" className="font-medium text-good">
              {made.already
                ? t("narrate.alreadyFresh")
                : t("narrate.madeIn", { seconds: decimal(Math.max(0.1, made.seconds), 1) })}
            </span>
          ) : (
            <span>{line.seconds === null ? "" : `${decimal(line.seconds, 1)} s`}</span>
          )}
        </span>
        {playing && <Playhead />}
      </div>
    </div>
  );
});

function Words({ text, query }: { text: string; query: string }) {
  if (query === "") return text;
  return pieces(text, query).map((piece, at) =>
    at % 2 === 1 ? (
      <mark key={at} className="rounded-[2px] bg-warn-soft text-ink outline outline-warn">
        {piece}
      </mark>
    ) : (
      piece
    ),
  );
}

/** How far the line is heard; the only thing that moves with the sound. */
function Playhead() {
  const part = usePlayer((player) => (player.seconds > 0 ? player.position / player.seconds : 0));
  return (
    <span
      className="pointer-events-none absolute inset-x-0 bottom-0 h-0.5 overflow-hidden rounded-full bg-line"
      aria-hidden
    >
      <span className="block h-full origin-left bg-accent" style={{ transform: `scaleX(${Math.min(1, part)})` }} />
    </span>
  );
}

/** The line that an event came from, null if from none. */
export function lineOf(event: MouseEvent): number | null {
  const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-index]") : null;
  return row ? Number(row.dataset.index) : null;
}
