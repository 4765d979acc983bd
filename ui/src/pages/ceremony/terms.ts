// The terms as a form: what is missing in them, and the sentence that they will make. The program checks all of it again.

import type { TermsForm } from "../../ipc/bindings/TermsForm";
import { inWords } from "./languages";

export interface TermsDraft {
  owner: string;
  /** Somebody else than the owner may use the voice. */
  other: boolean;
  grantee: string;
  purpose: string;
  days: number;
  hours: string;
  /** Tags of the languages that it may be dubbed into. */
  dubInto: string[];
  adult: boolean;
  /** The owner keeps the key to end the consent, behind a passphrase. */
  keepsKey: boolean;
  passphrase: string;
  again: string;
}

export const EMPTY: TermsDraft = {
  owner: "",
  other: false,
  grantee: "",
  purpose: "",
  days: 90,
  hours: "20",
  dubInto: [],
  adult: false,
  keepsKey: false,
  passphrase: "",
  again: "",
};

export const DAYS = [30, 90, 365] as const;
const PURPOSE_LEAST = 10;
const PURPOSE_MOST_BYTES = 200;
const NAME_MOST_BYTES = 100;
const HOURS_MOST = 10_000;
const PASSPHRASE_LEAST = 8;

export type Complaint = "name" | "nameLong" | "purpose" | "purposeLong" | "hours" | "adult" | "short" | "differs";
export type Complaints = Partial<
  Record<"owner" | "grantee" | "purpose" | "hours" | "adult" | "passphrase" | "again", Complaint>
>;

const size = (text: string) => new TextEncoder().encode(text).length;
const tidy = (text: string) => text.trim().replace(/\s+/gu, " ");

function nameComplaint(name: string): Complaint | undefined {
  const letters = name.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
  if (letters < 2) return "name";
  return size(tidy(name)) > NAME_MOST_BYTES ? "nameLong" : undefined;
}

/** Why the form cannot go on; empty when it can. */
export function complaints(draft: TermsDraft): Complaints {
  const found: Complaints = {};
  const owner = nameComplaint(draft.owner);
  if (owner) found.owner = owner;
  const grantee = draft.other ? nameComplaint(draft.grantee) : undefined;
  if (grantee) found.grantee = grantee;
  const purpose = tidy(draft.purpose);
  if ([...purpose].length < PURPOSE_LEAST) found.purpose = "purpose";
  else if (size(purpose) > PURPOSE_MOST_BYTES) found.purpose = "purposeLong";
  const hours = Number(draft.hours);
  if (!Number.isInteger(hours) || hours < 1 || hours > HOURS_MOST) found.hours = "hours";
  if (!draft.adult) found.adult = "adult";
  if (draft.keepsKey) {
    if ([...draft.passphrase].length < PASSPHRASE_LEAST) found.passphrase = "short";
    else if (draft.passphrase !== draft.again) found.again = "differs";
  }
  return found;
}

/** What the program is asked for. */
export function form(draft: TermsDraft, samples: string[]): TermsForm {
  return {
    owner: tidy(draft.owner),
    grantee: draft.other ? tidy(draft.grantee) : null,
    purpose: tidy(draft.purpose),
    days: draft.days,
    hours: Number(draft.hours),
    dubInto: draft.dubInto,
    adult: draft.adult,
    samples,
  };
}

export interface Piece {
  text: string;
  /** Comes from the form. */
  filled?: boolean;
  /** Is not there yet. */
  gap?: boolean;
}

/** The sentence to be, in pieces; it is spoken in English whatever the window's language is. */
export function preview(draft: TermsDraft, now: number): Piece[] {
  const blank = (text: string, gap: string): Piece => {
    const words = tidy(text);
    return words === "" ? { text: gap, gap: true } : { text: words, filled: true };
  };
  const until = new Intl.DateTimeFormat("en-US", { dateStyle: "long", timeZone: "UTC" }).format(
    now + draft.days * 86_400_000,
  );
  const owner = blank(draft.owner, "(your name)");
  return [
    { text: "I, " },
    owner,
    { text: ", allow " },
    draft.other ? blank(draft.grantee, "(their name)") : owner,
    { text: " to make a computer voice from my recordings, " },
    ...(draft.dubInto.length === 0
      ? []
      : [{ text: "with dubbing into " }, { text: inWords(draft.dubInto), filled: true }, { text: ", " }]),
    { text: "for " },
    blank(draft.purpose, "(what it is for)"),
    { text: ", until " },
    { text: until, filled: true },
    { text: ". I can stop this at any time." },
  ];
}
