// How large everything in the window is. Steps, not a rail: a rail would move away under the pointer.

import { Minus, Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "../../kit/button";
import { changeTaste, useStore } from "../../state/store";

const LEAST = 80;
const MOST = 150;
const STEP = 10;

export function Scale() {
  const { t } = useTranslation();
  const percent = Math.round(useStore((store) => store.taste.scale) * 100);
  const to = (wanted: number) => void changeTaste({ scale: Math.max(LEAST, Math.min(MOST, wanted)) / 100 });
  return (
    <>
      {percent !== 100 && (
        <Button size="small" look="quiet" onClick={() => to(100)}>
          {t("settings.scaleReset")}
        </Button>
      )}
      <div className="flex items-center" role="group" aria-label={t("settings.scale")}>
        <IconButton
          look="plain"
          label={t("settings.smaller")}
          disabled={percent <= LEAST}
          onClick={() => to(percent - STEP)}
        >
          <Minus className="size-4" aria-hidden />
        </IconButton>
        <output className="numbers w-16 text-center" aria-live="polite" data-testid="setting-scale">
          {percent} %
        </output>
        <IconButton
          look="plain"
          label={t("settings.larger")}
          disabled={percent >= MOST}
          onClick={() => to(percent + STEP)}
        >
          <Plus className="size-4" aria-hidden />
        </IconButton>
      </div>
    </>
  );
}
