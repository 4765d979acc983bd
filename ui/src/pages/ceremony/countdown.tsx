// Three, two, one. A key or a click skips it; whoever wants no motion gets none.

import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../kit/button";
import { useStore } from "../../state/store";

/** Whether things should not count, blink or move. */
export function useStill(): boolean {
  const motion = useStore((store) => store.taste.motion);
  return motion === "reduced" || window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

export function Countdown({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const [left, setLeft] = useState(3);
  useEffect(() => {
    if (left === 0) {
      onDone();
      return;
    }
    const timer = setTimeout(() => setLeft(left - 1), 800);
    return () => clearTimeout(timer);
  }, [left, onDone]);
  return (
    <div className="flex items-center gap-4">
      <span className="numbers w-10 text-center text-word font-semibold text-record" role="timer" aria-live="assertive">
        {left || ""}
      </span>
      <Button
        // Takes the place of the button that was pressed
        autoFocus
        onClick={() => setLeft(0)}
        hint="Enter"
      >
        {t("ceremony.skipCountdown")}
      </Button>
    </div>
  );
}
