// The one microphone: what runs on it ends well when the page is left, and nothing new begins before it has ended.

import { useCallback, useEffect, useRef, useState } from "react";
import type { LevelView } from "../../ipc/bindings/LevelView";
import { client } from "../../ipc/index";
import { fail, useStore } from "../../state/store";

/** What has the microphone now, in whatever part of the page. */
let running: { done: Promise<unknown>; stopping: boolean } | null = null;

/** Ends what has the microphone; resolves when it has. */
export async function release(): Promise<void> {
  const mine = running;
  if (!mine) return;
  if (!mine.stopping) {
    mine.stopping = true;
    await client.stopRecording().catch(fail);
  }
  await mine.done.catch(() => undefined);
}

export function useCapture() {
  const [active, setActive] = useState(false);
  const [level, setLevel] = useState<LevelView | null>(null);
  const here = useRef(true);

  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
      void release();
    };
  }, []);

  /** Runs something that has the microphone until `release`, and answers what came of it. */
  const capture = useCallback(async <T>(work: (on: (level: LevelView) => void) => Promise<T>): Promise<T> => {
    await release();
    if (!here.current) throw new Error("the page was left");
    const done = work((level) => here.current && setLevel(level));
    const mine = { done, stopping: false };
    running = mine;
    setActive(true);
    useStore.setState({
      leave: () => {
        void release();
        return true;
      },
    });
    try {
      return await done;
    } finally {
      if (running === mine) {
        running = null;
        useStore.setState({ leave: null });
        if (here.current) {
          setActive(false);
          setLevel(null);
        }
      }
    }
  }, []);

  return { active, level, capture, stillHere: () => here.current };
}
