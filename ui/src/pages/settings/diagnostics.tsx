// The report for those who help: seen before it is copied.

import { Copy, Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../ipc/index";
import { Button } from "../../kit/button";
import { fail, toast } from "../../state/store";
import { Row } from "./row";

export function Diagnostics() {
  const { t } = useTranslation();
  const [report, setReport] = useState<string | null>(null);
  const copy = () =>
    client
      .diagnostics()
      .then((report) => navigator.clipboard.writeText(report))
      .then(() => toast({ tone: "good", text: t("shell.copied") }))
      .catch(fail);
  const look = () => {
    if (report !== null) setReport(null);
    else void client.diagnostics().then(setReport).catch(fail);
  };
  return (
    <>
      <Row title={t("settings.diagnostics")} about={t("settings.diagnosticsAbout")}>
        <Button
          look="quiet"
          aria-expanded={report !== null}
          icon={report === null ? <Eye className="size-4" aria-hidden /> : <EyeOff className="size-4" aria-hidden />}
          data-testid="report-preview"
          onClick={look}
        >
          {t(report === null ? "settings.preview" : "settings.hidePreview")}
        </Button>
        <Button icon={<Copy className="size-4" aria-hidden />} data-testid="report-copy" onClick={() => void copy()}>
          {t("shell.copyReport")}
        </Button>
      </Row>
      {report !== null && (
        <pre
          role="region"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it may scroll
          tabIndex={0}
          aria-label={t("settings.diagnostics")}
          data-selectable
          className="my-3 max-h-64 overflow-auto rounded-control border border-line bg-sunken p-3 font-mono text-small whitespace-pre-wrap"
        >
          {report}
        </pre>
      )}
    </>
  );
}
