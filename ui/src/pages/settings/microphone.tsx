// Which microphone records. Asked for anew whenever the page is opened: they come and go.

import { RefreshCw } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { DeviceView } from "../../ipc/bindings/DeviceView";
import { client } from "../../ipc/index";
import { IconButton } from "../../kit/button";
import { Choose } from "../../kit/field";
import { changeTaste, fail, useStore } from "../../state/store";
import { Row } from "./row";

const AUTO = "auto";

export function Microphone() {
  const { t } = useTranslation();
  const chosen = useStore((store) => store.taste.microphone);
  const [devices, setDevices] = useState<DeviceView[] | null>(null);
  const look = () => {
    client
      .devices()
      .then((all) => setDevices(all.filter((device) => device.microphone)))
      .catch((thrown) => {
        setDevices([]);
        fail(thrown);
      });
  };
  useEffect(look, []);
  const own = devices?.find((device) => device.chosen);
  const gone = chosen !== null && devices !== null && !devices.some((device) => device.id === chosen);
  const virtual = devices?.find((device) => (chosen ? device.id === chosen : device.chosen))?.virtualCable ?? false;
  const about =
    devices?.length === 0
      ? t("settings.noMicrophone")
      : gone
        ? t("settings.microphoneGone")
        : virtual
          ? t("settings.virtualCable")
          : t("settings.microphoneAbout");
  return (
    <Row
      title={t("settings.microphone")}
      about={<span className={gone || virtual || devices?.length === 0 ? "text-warn" : ""}>{about}</span>}
    >
      <div className="w-72 max-w-full" data-testid="setting-microphone">
        <Choose
          label={t("settings.microphone")}
          hideLabel
          value={chosen ?? AUTO}
          choices={[
            {
              value: AUTO,
              label: own ? t("settings.systemChoiceNamed", { name: own.name }) : t("settings.systemChoice"),
            },
            ...(devices ?? []).map((device) => ({
              value: device.id,
              label: device.name,
              about: device.virtualCable ? t("settings.virtualCableShort") : undefined,
            })),
            ...(gone && chosen ? [{ value: chosen, label: t("settings.notConnected"), disabled: true }] : []),
          ]}
          onChange={(value) => void changeTaste({ microphone: value === AUTO ? null : value })}
        />
      </div>
      <IconButton label={t("settings.lookAgain")} onClick={look}>
        <RefreshCw className="size-4" aria-hidden />
      </IconButton>
    </Row>
  );
}
