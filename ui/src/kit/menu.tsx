// A menu behind a button.

import { DropdownMenu as Radix } from "radix-ui";
import type { ReactNode } from "react";

export interface MenuItem {
  label: string;
  icon?: ReactNode;
  hint?: string;
  danger?: boolean;
  disabled?: boolean;
  act: () => void;
}

export function Menu({ trigger, items }: { trigger: ReactNode; items: (MenuItem | "line")[] }) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          sideOffset={4}
          collisionPadding={8}
          align="end"
          className="z-50 min-w-44 animate-[fade_120ms] rounded-control border border-line bg-raised p-1 shadow-raised"
        >
          {items.map((item, index) =>
            item === "line" ? (
              <Radix.Separator key={index} className="my-1 h-px bg-line" />
            ) : (
              <Radix.Item
                key={index}
                disabled={item.disabled}
                onSelect={item.act}
                className={`flex h-8 items-center gap-2 rounded-control px-2 text-base outline-none data-disabled:opacity-45 data-highlighted:bg-accent-soft ${item.danger ? "text-bad" : ""}`}
              >
                {item.icon}
                <span className="flex-1">{item.label}</span>
                {item.hint && <kbd className="font-sans text-tiny text-ink-faint">{item.hint}</kbd>}
              </Radix.Item>
            ),
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
