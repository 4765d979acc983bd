// How words are said: the list that the library keeps.

import { create } from "zustand";
import type { SayingView } from "../../ipc/bindings/SayingView";
import { client } from "../../ipc/index";

export const useSayings = create<{ list: SayingView[] }>(() => ({ list: [] }));

const keep = (list: SayingView[]): void => useSayings.setState({ list });

export async function loadSayings(): Promise<void> {
  keep(await client.sayings());
}

export async function setSaying(word: string, say: string): Promise<void> {
  keep(await client.setSaying(word, say));
}

export async function removeSaying(word: string): Promise<void> {
  keep(await client.removeSaying(word));
}
