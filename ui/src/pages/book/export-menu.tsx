// Export of the book or of the chapter in hand. A format can be had once every chosen line is made; the menu says what is missing.

import { Download } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../kit/button";
import { exportBook, render } from "./deeds";
import { useDesk, useDeskStore } from "./desk";
import { countOf, isMade } from "./lines";

const FORMATS = ["m4b", "mp3", "flac", "wav", "opus"] as const;
type Scope = "book" | "chapter";

export function ExportMenu() {
  const { t } = useTranslation();
  const desk = useDeskStore();
  const lines = useDesk((desk) => desk.lines);
  const chapter = useDesk((desk) => desk.lines[desk.selection.active]?.chapter ?? 0);
  const many = useDesk((desk) => desk.chapters.length > 1);
  const title = useDesk((desk) => desk.chapters[chapter]?.title ?? "");
  const [scope, setScope] = useState<Scope>("book");
  const missing = useMemo(
    () => countOf(lines, (line) => (scope === "book" || line.chapter === chapter) && !isMade(line)),
    [lines, scope, chapter],
  );
  const chapters = scope === "book" ? null : String(chapter + 1);
  const item =
    "flex min-h-8 items-center gap-2 rounded-control px-2 py-1 text-base outline-none data-disabled:opacity-45 data-highlighted:bg-accent-soft";
  return (
    <Radix.Root>
      <Radix.Trigger asChild>
        <Button data-testid="export" icon={<Download className="size-4" aria-hidden />}>
          {t("narrate.export")}
        </Button>
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          sideOffset={4}
          collisionPadding={8}
          align="end"
          className="z-50 max-h-(--radix-dropdown-menu-content-available-height) w-72 animate-[fade_120ms] overflow-y-auto rounded-control border border-line bg-raised p-1 shadow-raised"
        >
          {many && (
            <>
              <Radix.RadioGroup value={scope} onValueChange={(value) => setScope(value as Scope)}>
                {(["book", "chapter"] as const).map((value) => (
                  <Radix.RadioItem
                    key={value}
                    value={value}
                    className={item}
                    // The menu stays: a format is still to be chosen.
                    onSelect={(event) => event.preventDefault()}
                  >
                    <span
                      className="flex size-4 items-center justify-center rounded-full border border-line-strong"
                      aria-hidden
                    >
                      <Radix.ItemIndicator className="size-2 rounded-full bg-accent" />
                    </span>
                    <span className="min-w-0 flex-1 truncate">
                      {value === "book" ? t("narrate.wholeBook") : t("narrate.onlyChapter", { title })}
                    </span>
                  </Radix.RadioItem>
                ))}
              </Radix.RadioGroup>
              <Radix.Separator className="my-1 h-px bg-line" />
            </>
          )}
          {missing > 0 && (
            <>
              <Radix.Label className="px-2 pt-1 text-small text-warn">
                {t("narrate.exportMissing", { count: missing })}
              </Radix.Label>
              <Radix.Item
                data-testid="export-render-first"
                className={`${item} font-medium text-accent-text`}
                onSelect={() => void render(desk, chapters, null)}
              >
                {t("narrate.renderFirst")}
              </Radix.Item>
              <Radix.Separator className="my-1 h-px bg-line" />
            </>
          )}
          {FORMATS.map((format) => (
            <Radix.Item
              key={format}
              data-testid={`export-${format}`}
              disabled={missing > 0}
              className={item}
              onSelect={() => void exportBook(desk, format, chapters)}
            >
              <span className="w-12 font-medium uppercase">{format}</span>
              <span className="flex-1 text-small text-ink-soft">{t(`narrate.format_${format}`)}</span>
            </Radix.Item>
          ))}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
