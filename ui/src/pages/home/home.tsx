// Where the window opens: a first sound on the first visit, a calm start page from then on.

import { useState } from "react";
import { useStore } from "../../state/store";
import { FirstRun } from "./first-run";
import { Start } from "./start";

export function Home() {
  // What was there when the page opened: being welcomed does not turn the page under the user's hands.
  const [welcomed] = useState(() => useStore.getState().taste.welcomed);
  return welcomed ? <Start /> : <FirstRun />;
}
