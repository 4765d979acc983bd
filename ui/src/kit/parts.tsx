// Small parts that every page is made of: its head, cards, chips, bars, empty states, problems.

import { AlertTriangle, Copy } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Problem } from "../ipc/bindings/Problem";
import { client } from "../ipc/index";
import { fail, toast } from "../state/store";
import { Button } from "./button";

/** A page: a head that stays and a body that scrolls. */
export function Page({
  title,
  about,
  actions,
  children,
  flush,
}: {
  title: string;
  about?: ReactNode;
  actions?: ReactNode;
  children: ReactNode /** The body brings its own edges and scrolling. */;
  flush?: boolean;
}) {
  return (
    <section className="flex h-full min-h-0 flex-col" aria-label={title}>
      <header className="flex min-h-14 flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-6 py-2.5">
        <div className="min-w-48 flex-1">
          <h1 className="truncate text-title font-semibold">{title}</h1>
          {about && <div className="text-small text-ink-soft">{about}</div>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {flush ? (
        <div className="min-h-0 flex-1">{children}</div>
      ) : (
        // What comes into view, by the keyboard too, does not hide under a foot that stays in sight.
        <div className="min-h-0 flex-1 scroll-pb-20 overflow-y-auto px-6 py-5">{children}</div>
      )}
    </section>
  );
}

export function Card({ children, className = "" }: { children: ReactNode; className?: string }) {
  return <div className={`rounded-card border border-line bg-surface p-4 ${className}`}>{children}</div>;
}

export type Tone = "plain" | "accent" | "good" | "warn" | "bad";

const TONES: Record<Tone, string> = {
  plain: "bg-sunken text-ink-soft",
  accent: "bg-accent-soft text-accent-text",
  good: "bg-good-soft text-good",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
};

export function Chip({ tone = "plain", icon, children }: { tone?: Tone; icon?: ReactNode; children: ReactNode }) {
  return (
    <span
      className={`inline-flex h-5 shrink-0 items-center gap-1 rounded-full px-2 text-tiny font-medium whitespace-nowrap ${TONES[tone]}`}
    >
      {icon}
      {children}
    </span>
  );
}

/** How far something is. `value` 0 to 1. */
export function Bar({
  value,
  label,
  tone = "accent",
}: {
  value: number;
  label: string;
  tone?: "accent" | "warn" | "bad";
}) {
  const colour = { accent: "bg-accent", warn: "bg-warn", bad: "bg-bad" }[tone];
  const percent = Math.round(Math.max(0, Math.min(1, value)) * 100);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
      className="h-1.5 w-full overflow-hidden rounded-full bg-line"
    >
      <div className={`h-full rounded-full ${colour}`} style={{ width: `${percent}%` }} />
    </div>
  );
}

/** Nothing here yet: says what this is for and how to begin. */
export function Empty({
  icon,
  title,
  children,
  action,
}: {
  icon: ReactNode;
  title: string;
  children: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="mx-auto flex max-w-md flex-col items-center gap-3 px-4 py-14 text-center">
      <div className="flex size-12 items-center justify-center rounded-full bg-accent-soft text-accent-text">
        {icon}
      </div>
      <h2 className="text-lead font-semibold">{title}</h2>
      <div className="text-base text-ink-soft">{children}</div>
      {action && <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

/** What happened, why, and what mends it; with a report that can be copied. */
export function Trouble({ problem, mend }: { problem: Problem; mend?: { label: string; act: () => void } }) {
  const { t } = useTranslation();
  const copy = () =>
    client
      .diagnostics()
      .then((report) => navigator.clipboard.writeText(`${problem.code}\n${report}`))
      .then(() => toast({ tone: "good", text: t("shell.copied") }))
      .catch(fail);
  return (
    <div role="alert" className="flex gap-3 rounded-card border border-bad/40 bg-bad-soft p-3">
      <AlertTriangle className="mt-0.5 size-4 shrink-0 text-bad" aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="text-base font-medium text-ink" data-selectable>
          {problem.message}
        </p>
        {problem.fix && <p className="mt-0.5 text-base text-ink-soft">{problem.fix}</p>}
        <div className="mt-2 flex flex-wrap gap-2">
          {mend && (
            <Button size="small" look="main" onClick={mend.act}>
              {mend.label}
            </Button>
          )}
          <Button size="small" look="quiet" icon={<Copy className="size-3.5" aria-hidden />} onClick={copy}>
            {t("shell.copyReport")}
          </Button>
        </div>
      </div>
    </div>
  );
}

/** A key as printed on a keyboard. */
export function Key({ children }: { children: ReactNode }) {
  return (
    <kbd className="inline-flex h-5 min-w-5 items-center justify-center rounded border border-line bg-sunken px-1 font-sans text-tiny text-ink-soft">
      {children}
    </kbd>
  );
}
