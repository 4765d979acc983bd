// One of a few, all in sight.

import { RadioGroup } from "radix-ui";
import type { ReactNode } from "react";

export function Segments<T extends string>({
  label,
  name,
  value,
  choices,
  onChange,
}: {
  label: string;
  /** For the tests: each choice is `name` and its value. */
  name: string;
  value: T;
  choices: { value: T; label: string; icon?: ReactNode }[];
  onChange: (value: T) => void;
}) {
  return (
    <RadioGroup.Root
      aria-label={label}
      value={value}
      onValueChange={(value) => onChange(value as T)}
      orientation="horizontal"
      className="inline-flex rounded-control border border-line-strong/60 bg-sunken p-0.5"
    >
      {choices.map((choice) => (
        <RadioGroup.Item
          key={choice.value}
          value={choice.value}
          data-testid={`${name}-${choice.value}`}
          className="flex h-7 items-center gap-1.5 rounded-[0.25rem] px-3 text-base text-ink-soft transition-colors hover:text-ink data-[state=checked]:bg-surface data-[state=checked]:font-medium data-[state=checked]:text-ink data-[state=checked]:shadow-[0_0_0_1px_var(--line-strong)]"
        >
          {choice.icon}
          {choice.label}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}
