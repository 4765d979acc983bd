// To be written.

import type { Client } from "./client";

export function fake(): Client {
  throw new Error("not there yet");
}
