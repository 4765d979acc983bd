// Focus for a dialog that a menu or a list has opened: those give their focus back late, so it is taken after that.

import { useEffect } from "react";

const LATER_MS = 30;

export function useLateFocus(selector: string): void {
  useEffect(() => {
    const timer = setTimeout(() => document.querySelector<HTMLElement>(selector)?.focus(), LATER_MS);
    return () => clearTimeout(timer);
  }, [selector]);
}
