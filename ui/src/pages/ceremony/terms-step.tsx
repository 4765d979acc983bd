// Step three: the terms, as a short form with the sentence that it makes, growing as it is filled in.

import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Problem } from "../../ipc/bindings/Problem";
import { client, problemOf } from "../../ipc/index";
import { Button } from "../../kit/button";
import { TextField, Toggle } from "../../kit/field";
import { Card, Trouble } from "../../kit/parts";
import { Pills } from "../home/pills";
import { Tick } from "../voices/tick";
import { Foot } from "./foot";
import { LanguagesField } from "./languages-field";
import { change, chosen, useCeremony } from "./state";
import { type Complaint, complaints, DAYS, form, preview, type TermsDraft } from "./terms";

/** Words hold five minutes; those older than this are drawn anew. Each drawing counts as a try, so no sooner. */
export const WORDS_HOLD_MS = 4.5 * 60 * 1000;

/** Draws words for the terms as they stand, unless those in hand still fit. */
export async function drawWords(): Promise<void> {
  const ceremony = useCeremony.getState();
  const asked = form(
    ceremony.terms,
    chosen(ceremony).map((sample) => sample.id),
  );
  const key = JSON.stringify(asked);
  const fits = ceremony.challenge !== null && ceremony.challengeFor === key;
  if (fits && Date.now() - ceremony.challengedAt < WORDS_HOLD_MS) return;
  const challenge = await client.beginConsent(asked);
  change({ challenge, challengeFor: key, challengedAt: Date.now(), attempt: null });
}

export function TermsStep() {
  const { t } = useTranslation();
  const terms = useCeremony((ceremony) => ceremony.terms);
  const [pressed, setPressed] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [advanced, setAdvanced] = useState(terms.keepsKey);
  const wrong = complaints(terms);
  const set = (part: Partial<TermsDraft>) => change({ terms: { ...useCeremony.getState().terms, ...part } });
  const say = (complaint: Complaint | undefined) => (pressed && complaint ? t(`ceremony.wrong_${complaint}`) : null);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = event.currentTarget;
    setPressed(true);
    if (wrong.passphrase || wrong.again) setAdvanced(true);
    if (Object.keys(wrong).length > 0) {
      // The first complaint has the focus once it is drawn.
      requestAnimationFrame(() => fields.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
      return;
    }
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      await drawWords();
      change({ step: "statement" });
    } catch (thrown) {
      setProblem(problemOf(thrown));
      setBusy(false);
    }
  };

  return (
    <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4" noValidate>
      <Card className="flex flex-col gap-5 p-5">
        <div>
          <h2 className="text-title font-semibold">{t("ceremony.termsTitle")}</h2>
          <p className="text-base text-ink-soft">{t("ceremony.termsAbout")}</p>
        </div>
        <div className="flex flex-col gap-1 rounded-control bg-sunken px-4 py-3">
          <h3 className="text-small font-medium text-ink-soft">{t("ceremony.preview")}</h3>
          <p className="text-read" lang="en" data-testid="preview">
            {preview(terms, Date.now()).map((piece, index) => (
              <span
                key={index}
                className={piece.gap ? "text-ink-soft italic" : piece.filled ? "font-semibold text-accent-text" : ""}
              >
                {piece.text}
              </span>
            ))}
          </p>
        </div>
        <div className="grid items-start gap-x-5 gap-y-4 sm:grid-cols-2">
          <TextField
            label={t("ceremony.owner")}
            hint={t("ceremony.ownerHint")}
            value={terms.owner}
            complaint={say(wrong.owner)}
            maxLength={100}
            data-testid="owner"
            onChange={(event) => set({ owner: event.target.value })}
          />
          <div className="flex flex-col gap-2">
            <span className="text-small font-medium text-ink-soft" aria-hidden>
              {t("ceremony.grantee")}
            </span>
            <Pills
              label={t("ceremony.grantee")}
              value={terms.other ? "other" : "owner"}
              onChange={(value) => set({ other: value === "other" })}
              pills={[
                { value: "owner", label: t("ceremony.granteeOwner") },
                { value: "other", label: t("ceremony.granteeOther") },
              ]}
            />
            {terms.other && (
              <TextField
                label={t("ceremony.granteeName")}
                value={terms.grantee}
                complaint={say(wrong.grantee)}
                maxLength={100}
                data-testid="grantee"
                onChange={(event) => set({ grantee: event.target.value })}
              />
            )}
          </div>
        </div>
        <TextField
          label={t("ceremony.purpose")}
          hint={t("ceremony.purposeHint")}
          value={terms.purpose}
          complaint={say(wrong.purpose)}
          maxLength={200}
          data-testid="purpose"
          onChange={(event) => set({ purpose: event.target.value })}
        />
        <div className="grid items-start gap-x-5 gap-y-4 sm:grid-cols-2">
          <div className="flex flex-col gap-1">
            <span className="text-small font-medium text-ink-soft" aria-hidden>
              {t("ceremony.days")}
            </span>
            <Pills
              label={t("ceremony.days")}
              value={String(terms.days)}
              onChange={(days) => set({ days: Number(days) })}
              pills={DAYS.map((days) => ({ value: String(days), label: t("ceremony.daysShort", { count: days }) }))}
            />
          </div>
          <TextField
            label={t("ceremony.hours")}
            hint={t("ceremony.hoursHint")}
            inputMode="numeric"
            value={terms.hours}
            complaint={say(wrong.hours)}
            className="numbers max-w-32"
            data-testid="hours"
            onChange={(event) => set({ hours: event.target.value })}
          />
        </div>
        <LanguagesField value={terms.dubInto} onChange={(dubInto) => set({ dubInto })} />
        <Tick on={terms.adult} onChange={(adult) => set({ adult })} complaint={say(wrong.adult)} data-testid="adult">
          {t("ceremony.adult")}
        </Tick>
        <div className="border-t border-line pt-3">
          <button
            type="button"
            aria-expanded={advanced}
            className="text-small font-medium text-ink-soft hover:text-ink"
            onClick={() => setAdvanced(!advanced)}
          >
            {t(advanced ? "ceremony.lessOptions" : "ceremony.moreOptions")}
          </button>
          {advanced && (
            <div className="mt-3 flex flex-col gap-3">
              <Toggle
                label={t("ceremony.keepsKey")}
                hint={t("ceremony.keepsKeyAbout")}
                on={terms.keepsKey}
                onChange={(keepsKey) => set({ keepsKey })}
              />
              {terms.keepsKey && (
                <div className="grid items-start gap-x-5 gap-y-3 sm:grid-cols-2">
                  <TextField
                    label={t("ceremony.ownerPassphrase")}
                    type="password"
                    value={terms.passphrase}
                    complaint={say(wrong.passphrase)}
                    hint={t("ceremony.ownerPassphraseHint")}
                    data-testid="owner-passphrase"
                    onChange={(event) => set({ passphrase: event.target.value })}
                  />
                  <TextField
                    label={t("ceremony.ownerAgain")}
                    type="password"
                    value={terms.again}
                    complaint={say(wrong.again)}
                    data-testid="owner-passphrase-again"
                    onChange={(event) => set({ again: event.target.value })}
                  />
                </div>
              )}
            </div>
          )}
        </div>
      </Card>
      {problem && <Trouble problem={problem} />}
      <Foot>
        <Button look="quiet" onClick={() => change({ step: "samples" })}>
          {t("ceremony.back")}
        </Button>
        <Button look="main" type="submit" disabled={busy} data-testid="terms-next">
          {t(busy ? "ceremony.drawing" : "ceremony.next")}
        </Button>
      </Foot>
    </form>
  );
}
