// Short news at the edge: what was done, with its undo; what failed, with its mend. Failures stay until they are closed.

import { AlertTriangle, CheckCircle2, X } from "lucide-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../kit/button";
import { dismiss, type Toast, useStore } from "../state/store";

const STAYS_MS = 7000;

export function Toasts() {
  const toasts = useStore((store) => store.toasts);
  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed right-4 bottom-11 z-50 flex w-88 max-w-[calc(100vw-2rem)] flex-col gap-2"
    >
      {toasts.map((toast) => (
        <One key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

function One({ toast }: { toast: Toast }) {
  const { t } = useTranslation();
  useEffect(() => {
    if (toast.tone === "bad") return;
    const timer = setTimeout(() => dismiss(toast.id), STAYS_MS);
    return () => clearTimeout(timer);
  }, [toast]);
  return (
    <div
      role={toast.tone === "bad" ? "alert" : undefined}
      className="pointer-events-auto flex animate-[rise_120ms] items-start gap-2.5 rounded-card border border-line bg-raised p-3 shadow-raised"
    >
      {toast.tone === "bad" ? (
        <AlertTriangle className="mt-0.5 size-4 shrink-0 text-bad" aria-hidden />
      ) : (
        <CheckCircle2 className="mt-0.5 size-4 shrink-0 text-good" aria-hidden />
      )}
      <div className="min-w-0 flex-1 text-base" data-selectable>
        <p>{toast.text}</p>
        {toast.problem?.fix && <p className="mt-0.5 text-small text-ink-soft">{toast.problem.fix}</p>}
        {toast.action && (
          <Button
            size="small"
            className="mt-2"
            onClick={() => {
              toast.action?.run();
              dismiss(toast.id);
            }}
          >
            {toast.action.label}
          </Button>
        )}
      </div>
      <button
        type="button"
        aria-label={t("shell.close")}
        className="rounded text-ink-soft hover:text-ink"
        onClick={() => dismiss(toast.id)}
      >
        <X className="size-4" aria-hidden />
      </button>
    </div>
  );
}
