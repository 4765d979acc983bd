// What the ceremony has so far. It outlives the page, so that nothing is lost by going back or looking elsewhere; only a
// passphrase does not stay when the voice is granted.

import { create } from "zustand";
import type { AttemptView } from "../../ipc/bindings/AttemptView";
import type { ChallengeView } from "../../ipc/bindings/ChallengeView";
import type { RoomView } from "../../ipc/bindings/RoomView";
import type { SampleView } from "../../ipc/bindings/SampleView";
import { client } from "../../ipc/index";
import { EMPTY, type TermsDraft } from "./terms";

export const STEPS = ["microphone", "samples", "terms", "statement"] as const;
export type Step = (typeof STEPS)[number] | "granted";

interface Ceremony {
  step: Step;
  room: RoomView | null;
  /** Null until they were asked for. */
  samples: SampleView[] | null;
  /** Ids of recordings that are kept but not used: recovered ones, until the user takes them. */
  aside: string[];
  terms: TermsDraft;
  challenge: ChallengeView | null;
  /** The form that the challenge was drawn for. */
  challengeFor: string;
  /** Milliseconds since 1970. */
  challengedAt: number;
  attempt: AttemptView | null;
}

const BEGINNING: Ceremony = {
  step: "microphone",
  room: null,
  samples: null,
  aside: [],
  terms: EMPTY,
  challenge: null,
  challengeFor: "",
  challengedAt: 0,
  attempt: null,
};

export const useCeremony = create<Ceremony>(() => BEGINNING);

export const change = useCeremony.setState;

export function beginAnew(): void {
  change(BEGINNING);
}

export const isUsable = (sample: SampleView) => sample.flaws.length === 0;

/** The recordings that the voice would be made from. */
export function chosen({ samples, aside }: Ceremony): SampleView[] {
  return (samples ?? []).filter((sample) => isUsable(sample) && !aside.includes(sample.id));
}

/** Asks for the recordings that are kept. Those that a crash left are offered, not taken. */
export async function refreshSamples(): Promise<void> {
  const known = useCeremony.getState();
  const samples = await client.samples();
  const fresh = known.samples === null ? samples.filter((sample) => sample.recovered).map((sample) => sample.id) : [];
  change({ samples, aside: [...known.aside, ...fresh] });
}

export async function discard(sample: string): Promise<void> {
  await client.discardSample(sample);
  const { samples } = useCeremony.getState();
  change({ samples: (samples ?? []).filter((other) => other.id !== sample) });
}

export function add(sample: SampleView): void {
  const { samples } = useCeremony.getState();
  change({ samples: [...(samples ?? []).filter((other) => other.id !== sample.id), sample] });
}
