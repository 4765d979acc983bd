// The voices of the fake program: four presets, one of a person, one that ended.

import { inWords } from "../../pages/ceremony/languages";
import type { VoiceView } from "../bindings/VoiceView";

const DAY = 86_400;
const now = () => Math.floor(Date.now() / 1000);

export function dateIn(days: number): string {
  return new Date((now() + days * DAY) * 1000).toISOString().slice(0, 10);
}

function preset(id: string, name: string, about: string): VoiceView {
  return {
    id,
    name,
    preset: true,
    about,
    usable: true,
    revoked: false,
    demo: false,
    owner: null,
    ownerMode: null,
    scopes: [],
    dubInto: [],
    purpose: null,
    until: null,
    grantedAt: null,
    terms: null,
    usedSeconds: null,
    capSeconds: null,
    ear: null,
    unchecked: [],
  };
}

export function presets(): VoiceView[] {
  return [
    preset("alder", "Alder", "A low, level voice for long reading."),
    preset("birch", "Birch", "A clear, bright voice for lessons."),
    preset("cedar", "Cedar", "A warm voice that takes its time."),
    preset("dune", "Dune", "A dry, quick voice for news."),
  ];
}

export function termsSentence(
  owner: string,
  grantee: string,
  purpose: string,
  hours: number,
  until: string,
  dubInto: string[] = [],
): string {
  const dubbing = dubInto.length > 0 ? ` and dubbing into ${inWords(dubInto)}` : "";
  const cap = hours === 1 ? "1 hour" : `${hours} hours`;
  return `${owner} allows ${grantee} to make a computer voice from ${owner}'s recordings, for ${purpose}: speech from text${dubbing}, on this machine, at most ${cap} of speech, until ${longDate(until)}; ${owner} is an adult and can stop this at any time.`;
}

export function longDate(date: string): string {
  return new Date(`${date}T00:00:00Z`).toLocaleDateString("en-GB", {
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  });
}

export interface Granted {
  id: string;
  owner: string;
  grantee: string;
  purpose: string;
  hours: number;
  days: number;
  keptByOwner: boolean;
  dubInto?: string[];
}

export function person(granted: Granted): VoiceView {
  const until = dateIn(granted.days);
  const dubInto = granted.dubInto ?? [];
  return {
    id: granted.id,
    name: granted.owner,
    preset: false,
    about: `${granted.owner}'s voice, for ${granted.purpose}.`,
    usable: true,
    revoked: false,
    demo: false,
    owner: granted.owner,
    ownerMode: granted.keptByOwner ? "passphrase" : "this_installation",
    scopes: ["speech from text", ...(dubInto.length > 0 ? ["dubbing into other languages"] : [])],
    dubInto,
    purpose: granted.purpose,
    until,
    grantedAt: now(),
    terms: termsSentence(granted.owner, granted.grantee, granted.purpose, granted.hours, until, dubInto),
    usedSeconds: 0,
    capSeconds: granted.hours * 3600,
    ear: "bundled, in English",
    unchecked: ["exact_words", "synthetic_voice", "identity_across_devices"],
  };
}

export function people(): VoiceView[] {
  const ann = person({
    id: "ann",
    owner: "Ann Lee",
    grantee: "Ann Lee",
    purpose: "reading my travel notes aloud to my family",
    hours: 20,
    days: 147,
    dubInto: ["de", "fr"],
    keptByOwner: false,
  });
  const tom = person({
    id: "tom",
    owner: "Thomas Okonkwo-Brandvold",
    grantee: "Harbour Street Community Radio",
    purpose: "the spring season of the harbour walks",
    hours: 4,
    days: 41,
    keptByOwner: true,
  });
  return [
    { ...ann, grantedAt: now() - 35 * DAY, usedSeconds: 9_480 },
    {
      ...tom,
      about: "Ended by its owner. What was made of it and the recordings are erased.",
      usable: false,
      revoked: true,
      grantedAt: now() - 90 * DAY,
      usedSeconds: 3_120,
    },
  ];
}
