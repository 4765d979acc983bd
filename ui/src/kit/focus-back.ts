// Where the focus was before something came over the page. Radix gives it back to a trigger only, and most dialogs have none.

import { useRef } from "react";

/** Answers what to do when the layer closes. */
export function useFocusBack(open: boolean): (event: Event) => void {
  const before = useRef<Element | null>(null);
  const was = useRef(false);
  // While drawing: what the layer holds may take the focus as soon as it is there.
  if (open && !was.current) before.current = document.activeElement;
  was.current = open;
  return (event) => {
    const element = before.current;
    if (!(element instanceof HTMLElement) || !element.isConnected || element === document.body) return;
    event.preventDefault();
    element.focus();
  };
}
