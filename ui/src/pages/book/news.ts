// Gathers news of lines until the next frame: thousands of them cost one drawing.

import type { LineState } from "../../ipc/bindings/LineState";

export interface Batch {
  add(line: number, state: LineState): void;
  /** Gives what is gathered now, if there is any. */
  flush(): void;
  stop(): void;
}

/** `later` asks for a call at a better time and answers how to withdraw it. */
export function batch(
  give: (news: ReadonlyMap<number, LineState>) => void,
  later: (call: () => void) => () => void,
): Batch {
  let gathered = new Map<number, LineState>();
  let withdraw: (() => void) | null = null;
  const flush = () => {
    withdraw?.();
    withdraw = null;
    if (gathered.size === 0) return;
    const news = gathered;
    gathered = new Map();
    give(news);
  };
  return {
    add(line, state) {
      gathered.set(line, state);
      withdraw ??= later(flush);
    },
    flush,
    stop() {
      withdraw?.();
      withdraw = null;
      gathered.clear();
    },
  };
}

/** The next frame; a window that is hidden draws none, so a timer stands in. */
export function nextFrame(call: () => void): () => void {
  const frame = requestAnimationFrame(call);
  const timer = setTimeout(call, 500);
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}
