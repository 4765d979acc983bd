// The way on and the way back: always in sight at the foot of a step.

import type { ReactNode } from "react";

export function Foot({ children }: { children: ReactNode }) {
  return (
    <div className="sticky bottom-0 z-10 -mx-2 -my-2 flex flex-wrap items-center justify-between gap-2 bg-ground px-2 py-2">
      {children}
    </div>
  );
}
