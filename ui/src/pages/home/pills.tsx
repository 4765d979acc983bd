// One of a few, all in sight: arrow keys move, the chosen one has a mark besides its colour.

import { Check } from "lucide-react";
import { RadioGroup } from "radix-ui";
import type { ReactNode } from "react";

export interface Pill {
  value: string;
  label: string;
  sign?: ReactNode;
}

export function Pills({
  label,
  value,
  pills,
  onChange,
  className = "",
}: {
  label: string;
  value: string;
  pills: Pill[];
  onChange: (value: string) => void;
  className?: string;
}) {
  return (
    <RadioGroup.Root
      aria-label={label}
      value={value}
      onValueChange={onChange}
      className={`flex flex-wrap gap-1.5 ${className}`}
    >
      {pills.map((pill) => (
        <RadioGroup.Item
          key={pill.value}
          value={pill.value}
          className="inline-flex h-8 items-center gap-2 rounded-full border border-line-strong/60 bg-surface px-3 text-base text-ink transition-colors hover:bg-sunken data-[state=checked]:border-accent data-[state=checked]:bg-accent-soft data-[state=checked]:font-medium data-[state=checked]:text-accent-text"
        >
          {pill.sign}
          {pill.label}
          {pill.value === value && <Check className="size-3.5" aria-hidden />}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}
