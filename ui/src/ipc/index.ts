// Which client the pages run over: the program's own, or, in the browser tests, the fake one.

import type { Client } from "./client";

export * from "./client";

/** Set once before the first page is drawn. */
export let client: Client;

export async function connect(): Promise<void> {
  client = import.meta.env.FAKE ? (await import("./fake")).fake() : (await import("./tauri")).tauri;
}
