// An in-memory program behind the client's interface, for the browser tests: believable, and gone with the window.
//
// Switches in the page's address:
//   ?fresh=1            nothing there: no library, no voices of people, not welcomed
//   ?keyring=0          with fresh: the system has no keyring, so that the library needs a passphrase
//   ?locked=1           there is a library; it opens with any passphrase of 8 characters or more except "wrong horse"
//   ?demo=1             a demo library: files in place of the microphone
//   ?refuse=statement   every try of the ceremony is refused; ?refuse=once refuses the first only
//   ?noisy=1            the room is noisy
//   ?theme=dark|light   ?lang=de   ?scale=1.2   ?motion=reduced
//   ?lines=10000        a generated book of that many lines, with number 9
//   ?cues=10000         a generated dub of that many cues, with number 9
//   ?gpu=1              a graphics card, and speech made much faster than real time
//   ?idle=1             no job runs; without it a long render does
//   ?route=speak        page to start on; ?route=book:1, ?route=film:1 and ?route=voice:ann name what is on it
//   ?catalog=1          models to download; without it the catalog is empty, as this version's is
//   ?speed=10           time runs ten times as fast
// `window.__vouch` has `go({ page: "jobs" })` to go to a page, `hear(news)` to tell the window something, `pace(0.2)` to
// change the speed of time, and `store`, what all pages look at.

import type { Client } from "./client";
import { booksPart } from "./fake/books";
import { catalogPart } from "./fake/catalog";
import { ceremonyPart } from "./fake/ceremony";
import { dubsPart } from "./fake/dubs";
import { jobsPart } from "./fake/jobs";
import { machinePart } from "./fake/machine";
import { recordingPart } from "./fake/recording";
import { soundPart } from "./fake/sounds";
import { takesPart } from "./fake/takes";
import { voicesPart } from "./fake/voices";
import { makeWorld } from "./fake/world";

export function fake(): Client {
  const world = makeWorld(new URLSearchParams(window.location.search));
  return {
    ...machinePart(world),
    ...catalogPart(world),
    ...recordingPart(world),
    ...ceremonyPart(world),
    ...voicesPart(world),
    ...takesPart(world),
    ...booksPart(world),
    ...dubsPart(world),
    ...jobsPart(world),
    ...soundPart(world),
  };
}
