// The state of a line: a sign, a colour and a word.

import {
  AudioLines,
  CircleCheck,
  CircleDashed,
  CircleHelp,
  Clock3,
  Lock,
  type LucideIcon,
  RefreshCw,
} from "lucide-react";
import type { LineState } from "../../ipc/bindings/LineState";

export const STATES: Record<LineState, { icon: LucideIcon; colour: string; word: string }> = {
  draft: { icon: CircleDashed, colour: "text-ink-faint", word: "narrate.stateDraft" },
  queued: { icon: Clock3, colour: "text-ink-soft", word: "narrate.stateQueued" },
  rendering: { icon: AudioLines, colour: "text-accent-text", word: "narrate.stateRendering" },
  fresh: { icon: CircleCheck, colour: "text-good", word: "narrate.stateFresh" },
  stale: { icon: RefreshCw, colour: "text-warn", word: "narrate.stateStale" },
  doubtful: { icon: CircleHelp, colour: "text-bad", word: "narrate.stateDoubtful" },
  locked: { icon: Lock, colour: "text-ink-soft", word: "narrate.stateLocked" },
};

export function StateSign({ state, className = "size-4" }: { state: LineState; className?: string }) {
  const { icon: Icon, colour } = STATES[state];
  return <Icon className={`shrink-0 ${colour} ${className}`} aria-hidden />;
}
