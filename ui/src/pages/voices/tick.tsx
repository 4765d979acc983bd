// A box to tick, for what must be meant.

import { type ReactNode, useId } from "react";

export function Tick({
  on,
  onChange,
  children,
  complaint,
  ...rest
}: {
  on: boolean;
  onChange: (on: boolean) => void;
  children: ReactNode;
  complaint?: string | null;
  "data-testid"?: string;
}) {
  const id = useId();
  return (
    <div>
      <div className="flex items-start gap-2.5">
        <input
          id={id}
          type="checkbox"
          checked={on}
          aria-invalid={complaint ? true : undefined}
          aria-describedby={complaint ? `${id}-note` : undefined}
          onChange={(event) => onChange(event.target.checked)}
          className="mt-0.5 size-4 shrink-0 accent-(--accent)"
          {...rest}
        />
        <label htmlFor={id} className="text-base">
          {children}
        </label>
      </div>
      {complaint && (
        <p id={`${id}-note`} role="alert" className="mt-1 text-small text-bad">
          {complaint}
        </p>
      )}
    </div>
  );
}
