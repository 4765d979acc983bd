// Buttons: one look each for the main act of a page, for the others, for icons.

import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Tip } from "./tip";

type Look = "main" | "plain" | "quiet" | "danger" | "record";

const LOOKS: Record<Look, string> = {
  main: "bg-accent text-accent-ink hover:bg-accent-hover border-transparent",
  plain: "bg-surface text-ink border-line-strong/60 hover:bg-sunken",
  quiet: "bg-transparent text-ink-soft border-transparent hover:bg-sunken hover:text-ink",
  danger: "bg-surface text-bad border-bad/60 hover:bg-bad-soft",
  record: "bg-record text-[white] border-transparent hover:brightness-110 dark:text-[black]",
};

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  size?: "small" | "base" | "large";
  icon?: ReactNode;
  /** Shown behind the words, as in "R". */
  hint?: string;
}

const SIZES = {
  small: "h-7 px-2 text-small gap-1.5",
  base: "h-8 px-3 text-base gap-2",
  large: "h-10 px-4 text-lead gap-2",
};

export function Button({ look = "plain", size = "base", icon, hint, className = "", children, ...rest }: Props) {
  return (
    <button
      type="button"
      className={`inline-flex shrink-0 items-center justify-center rounded-control border font-medium whitespace-nowrap transition-colors disabled:pointer-events-none disabled:opacity-45 ${LOOKS[look]} ${SIZES[size]} ${className}`}
      {...rest}
    >
      {icon}
      {children}
      {hint && <kbd className="ml-1 font-sans text-tiny">{hint}</kbd>}
    </button>
  );
}

interface IconProps extends Omit<Props, "icon" | "children" | "title" | "hint"> {
  /** What it does: read aloud and shown on hover. */
  label: string;
  hint?: string;
  pressed?: boolean;
  children: ReactNode;
}

/** A button that shows only a sign. */
export function IconButton({
  label,
  hint,
  pressed,
  look = "quiet",
  size = "base",
  className = "",
  children,
  ...rest
}: IconProps) {
  const square = { small: "size-7", base: "size-8", large: "size-10" }[size];
  return (
    <Tip text={hint ? `${label} (${hint})` : label}>
      <button
        type="button"
        aria-label={label}
        aria-pressed={pressed}
        className={`inline-flex shrink-0 items-center justify-center rounded-control border transition-colors disabled:pointer-events-none disabled:opacity-45 ${LOOKS[look]} ${square} ${pressed ? "text-accent-text" : ""} ${className}`}
        {...rest}
      >
        {children}
      </button>
    </Tip>
  );
}
