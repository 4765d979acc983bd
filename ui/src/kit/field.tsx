// Fields with their labels, hints and complaints; the label is always there, the complaint is read aloud.

import { Check, ChevronDown } from "lucide-react";
import { Select, Slider, Switch } from "radix-ui";
import { type InputHTMLAttributes, type ReactNode, type TextareaHTMLAttributes, useId } from "react";

const BOX =
  "w-full rounded-control border border-line-strong/70 bg-surface px-2.5 text-base text-ink placeholder:text-ink-faint hover:border-line-strong disabled:opacity-50";

interface Frame {
  label: string;
  hint?: string;
  /** Why it cannot stay as it is. */
  complaint?: string | null;
  /** The label is read aloud but not shown. */
  hideLabel?: boolean;
}

function Around({ id, label, hint, complaint, hideLabel, children }: Frame & { id: string; children: ReactNode }) {
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className={hideLabel ? "sr-only" : "text-small font-medium text-ink-soft"}>
        {label}
      </label>
      {children}
      {complaint ? (
        <p id={`${id}-note`} role="alert" className="text-small text-bad">
          {complaint}
        </p>
      ) : (
        hint && (
          <p id={`${id}-note`} className="text-small text-ink-faint">
            {hint}
          </p>
        )
      )}
    </div>
  );
}

export function TextField({
  label,
  hint,
  complaint,
  hideLabel,
  ...rest
}: Frame & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <Around id={id} label={label} hint={hint} complaint={complaint} hideLabel={hideLabel}>
      <input
        id={id}
        aria-invalid={complaint ? true : undefined}
        aria-describedby={hint || complaint ? `${id}-note` : undefined}
        spellCheck={false}
        autoComplete="off"
        {...rest}
        className={`${BOX} h-8 ${rest.className ?? ""}`}
      />
    </Around>
  );
}

export function TextArea({
  label,
  hint,
  complaint,
  hideLabel,
  ...rest
}: Frame & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId();
  return (
    <Around id={id} label={label} hint={hint} complaint={complaint} hideLabel={hideLabel}>
      <textarea
        id={id}
        aria-invalid={complaint ? true : undefined}
        aria-describedby={hint || complaint ? `${id}-note` : undefined}
        {...rest}
        className={`${BOX} py-2 ${rest.className ?? ""}`}
      />
    </Around>
  );
}

export interface Choice<T extends string> {
  value: T;
  label: string;
  sign?: ReactNode;
  about?: string;
  disabled?: boolean;
}

/** One of several. */
export function Choose<T extends string>({
  label,
  hint,
  hideLabel,
  value,
  choices,
  onChange,
  disabled,
  className = "",
}: Frame & { value: T; choices: Choice<T>[]; onChange: (value: T) => void; disabled?: boolean; className?: string }) {
  const id = useId();
  const chosen = choices.find((choice) => choice.value === value);
  return (
    <Around id={id} label={label} hint={hint} hideLabel={hideLabel}>
      <Select.Root value={value} onValueChange={(value) => onChange(value as T)} disabled={disabled}>
        <Select.Trigger
          id={id}
          aria-label={label}
          className={`${BOX} flex h-8 items-center gap-2 text-left ${className}`}
        >
          {chosen?.sign}
          <span className="min-w-0 flex-1 truncate">
            <Select.Value>{chosen?.label ?? value}</Select.Value>
          </span>
          <ChevronDown className="size-3.5 shrink-0 text-ink-faint" aria-hidden />
        </Select.Trigger>
        <Select.Portal>
          <Select.Content
            position="popper"
            sideOffset={4}
            collisionPadding={8}
            className="z-50 max-h-80 min-w-(--radix-select-trigger-width) overflow-hidden rounded-control border border-line bg-raised shadow-raised"
          >
            <Select.Viewport className="p-1">
              {choices.map((choice) => (
                <Select.Item
                  key={choice.value}
                  value={choice.value}
                  disabled={choice.disabled}
                  // Named by all that it shows, not by its first line alone.
                  aria-labelledby={undefined}
                  className="flex min-h-8 items-center gap-2 rounded-control px-2 py-1 outline-none data-disabled:opacity-45 data-highlighted:bg-accent-soft"
                >
                  {choice.sign}
                  <span className="min-w-0 flex-1">
                    <Select.ItemText>{choice.label}</Select.ItemText>
                    {choice.about && (
                      <span className="block max-w-72 truncate text-small text-ink-soft">{choice.about}</span>
                    )}
                  </span>
                  <Select.ItemIndicator>
                    <Check className="size-3.5 text-accent-text" aria-hidden />
                  </Select.ItemIndicator>
                </Select.Item>
              ))}
            </Select.Viewport>
          </Select.Content>
        </Select.Portal>
      </Select.Root>
    </Around>
  );
}

/** A number on a rail, with its value in words. */
export function Slide({
  label,
  value,
  least,
  most,
  step,
  shown,
  onChange,
  disabled,
}: {
  label: string;
  value: number;
  least: number;
  most: number;
  step: number;
  shown: string;
  onChange: (value: number) => void;
  disabled?: boolean;
}) {
  return (
    <div className="flex flex-col gap-1">
      <div className="flex justify-between text-small">
        <span className="font-medium text-ink-soft" aria-hidden>
          {label}
        </span>
        <span className="numbers text-ink">{shown}</span>
      </div>
      <Slider.Root
        className="relative flex h-8 w-full touch-none items-center"
        value={[value]}
        min={least}
        max={most}
        step={step}
        disabled={disabled}
        onValueChange={([value]) => value !== undefined && onChange(value)}
      >
        <Slider.Track className="relative h-1 grow rounded-full bg-line">
          <Slider.Range className="absolute h-full rounded-full bg-accent" />
        </Slider.Track>
        <Slider.Thumb
          aria-label={label}
          aria-valuetext={shown}
          className="block size-4 rounded-full border-2 border-accent bg-surface shadow"
        />
      </Slider.Root>
    </div>
  );
}

/** On or off. */
export function Toggle({
  label,
  hint,
  on,
  onChange,
}: {
  label: string;
  hint?: string;
  on: boolean;
  onChange: (on: boolean) => void;
}) {
  const id = useId();
  return (
    <div className="flex items-start gap-3">
      <Switch.Root
        id={id}
        checked={on}
        onCheckedChange={onChange}
        className="mt-0.5 h-5 w-9 shrink-0 rounded-full border border-line-strong bg-sunken transition-colors data-[state=checked]:border-transparent data-[state=checked]:bg-accent"
      >
        <Switch.Thumb className="block size-3.5 translate-x-0.5 rounded-full bg-ink-soft transition-transform data-[state=checked]:translate-x-4.5 data-[state=checked]:bg-accent-ink" />
      </Switch.Root>
      <label htmlFor={id} className="text-base">
        {label}
        {hint && <span className="block text-small text-ink-faint">{hint}</span>}
      </label>
    </div>
  );
}
