// The way on and the way back: always in sight at the foot of a step.

import type { ReactNode } from "react";

export function Foot({ children }: { children: ReactNode }) {
  return (
    <div className="sticky -bottom-5 z-10 -mb-5 flex flex-wrap items-center justify-between gap-2 border-t border-line bg-ground py-3">
      {children}
    </div>
  );
}
