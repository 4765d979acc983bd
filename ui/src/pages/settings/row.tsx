// A setting: its name and what it does on the left, its control on the right; sections of them.

import type { ReactNode } from "react";
import { Card } from "../../kit/parts";

export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h2 className="mb-2 text-base font-semibold">{title}</h2>
      <Card className="divide-y divide-line py-0!">{children}</Card>
    </section>
  );
}

export function Row({ title, about, children }: { title: ReactNode; about?: ReactNode; children?: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center gap-x-6 gap-y-2 py-3">
      <div className="min-w-52 flex-1">
        <p className="text-base">{title}</p>
        {about && <div className="text-small break-words text-ink-soft">{about}</div>}
      </div>
      {children && <div className="flex max-w-full flex-wrap items-center gap-2">{children}</div>}
    </div>
  );
}
