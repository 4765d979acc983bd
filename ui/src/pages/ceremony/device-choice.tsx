// Which microphone. Cables that carry other programs' sound are marked: a statement is not taken from them.

import { Cable, Mic, RefreshCw } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DeviceView } from "../../ipc/bindings/DeviceView";
import { client } from "../../ipc/index";
import { IconButton } from "../../kit/button";
import { Choose } from "../../kit/field";
import { changeTaste, fail, useStore } from "../../state/store";

/** The microphones, and the one that would be used. */
export function useMicrophones() {
  const wanted = useStore((store) => store.taste.microphone);
  const [all, setAll] = useState<DeviceView[] | null>(null);
  const look = useCallback(() => {
    client
      .devices()
      .then((devices) => setAll(devices.filter((device) => device.microphone)))
      .catch((thrown) => {
        setAll([]);
        fail(thrown);
      });
  }, []);
  useEffect(look, [look]);
  const device =
    all?.find((device) => device.id === wanted) ?? all?.find((device) => device.chosen) ?? all?.[0] ?? null;
  return { all, device, look };
}

export function DeviceChoice({
  microphones,
  disabled,
}: {
  microphones: ReturnType<typeof useMicrophones>;
  disabled?: boolean;
}) {
  const { t } = useTranslation();
  const { all, device, look } = microphones;
  if (!all || !device) return null;
  return (
    <div className="flex items-end gap-2">
      <div className="min-w-0 flex-1">
        <Choose
          label={t("ceremony.microphone")}
          value={device.id}
          disabled={disabled}
          onChange={(microphone) => void changeTaste({ microphone })}
          choices={all.map((one) => ({
            value: one.id,
            label: one.name,
            about: one.virtualCable ? t("ceremony.cableAbout") : one.chosen ? t("ceremony.systemChoice") : undefined,
            sign: one.virtualCable ? (
              <Cable className="size-4 shrink-0 text-warn" aria-label={t("ceremony.cable")} />
            ) : (
              <Mic className="size-4 shrink-0 text-ink-soft" aria-hidden />
            ),
          }))}
        />
      </div>
      <IconButton label={t("ceremony.lookAgain")} look="plain" disabled={disabled} onClick={look}>
        <RefreshCw className="size-4" aria-hidden />
      </IconButton>
    </div>
  );
}

/** Says so where the chosen device is a cable. */
export function CableNote({ device }: { device: DeviceView | null }) {
  const { t } = useTranslation();
  if (!device?.virtualCable) return null;
  return (
    <p className="flex gap-2 rounded-control bg-warn-soft p-2.5 text-small text-ink" role="status">
      <Cable className="mt-0.5 size-3.5 shrink-0 text-warn" aria-hidden />
      {t("ceremony.cableNote", { name: device.name })}
    </p>
  );
}
