// The consent ceremony of the fake program: sentence, six words, eleven checks, one after the other.

import { inWords } from "../../pages/ceremony/languages";
import type { AttemptView } from "../bindings/AttemptView";
import type { ChallengeView } from "../bindings/ChallengeView";
import type { CheckView } from "../bindings/CheckView";
import type { TermsForm } from "../bindings/TermsForm";
import type { Client } from "../client";
import { dateIn, longDate, person, termsSentence } from "./people";
import { holdMicrophone, streamLevels } from "./recording";
import { copy, dice, problem, type World } from "./world";

const WORDS = [
  "acrobat",
  "asparagus",
  "barbecue",
  "binocular",
  "botanist",
  "butterfly",
  "cathedral",
  "clarinet",
  "crocodile",
  "cucumber",
  "dandelion",
  "detective",
  "elephant",
  "envelope",
  "festival",
  "gardener",
  "harmonica",
  "icicle",
];

const CHECKS: [string, string, string | null][] = [
  ["fresh_words", "Fresh words, for these terms and recordings", null],
  ["one_take", "One unbroken take, as it was captured", null],
  ["live_microphone", "A live microphone, not a cable", "Built-in Microphone"],
  ["enough_speech", "Enough speech", null],
  ["sentence", "The sentence", null],
  ["six_words", "The six words, in order", null],
  ["exact_words", "Every word, the names, the date and the purpose", "the bundled ear cannot tell"],
  ["word_timing", "Each word after it appeared, and soon", null],
  ["one_speaker", "One speaker throughout", null],
  ["same_voice", "The voice of the recordings", null],
  ["living_person", "A living person and no computer voice", "the bundled ear cannot tell"],
];
const UNCHECKED = ["exact_words", "living_person"];
const FAILING = "word_timing";

type Part = Pick<Client, "beginConsent" | "speakStatement" | "sentenceRead" | "importStatement">;

export function ceremonyPart(world: World): Part {
  let terms: TermsForm | null = null;
  let challenge: ChallengeView | null = null;
  let triesLeft = 2;
  let refusals = 0;
  let sentenceDone: (() => void) | null = null;

  const draw = (form: TermsForm): ChallengeView => {
    const until = dateIn(form.days);
    const grantee = form.grantee ?? form.owner;
    const dubbing = form.dubInto.length > 0 ? `with dubbing into ${inWords(form.dubInto)}, ` : "";
    return {
      session: world.id("session"),
      terms: termsSentence(form.owner, grantee, form.purpose, form.hours, until, form.dubInto),
      sentence: `I, ${form.owner}, allow ${grantee} to make a computer voice from my recordings, ${dubbing}for ${form.purpose}, until ${longDate(until)}. I can stop this at any time. Today's words are`,
      wordCount: 6,
      triesLeft,
    };
  };

  /** Judges a take: the checks one by one, then the voice or the refusal. */
  const judge = async (passphrase: string | null, on: (check: CheckView) => void): Promise<AttemptView> => {
    if (!terms) throw problem("no_session", "There is nothing to consent to.", "Fill in the terms first.");
    const refuse = world.switches.refuse === "always" || (world.switches.refuse === "once" && refusals === 0);
    const checks: CheckView[] = [];
    for (const [code, label, detail] of CHECKS) {
      const failed = checks.some((check) => check.state === "failed");
      const state = failed
        ? "not_reached"
        : refuse && code === FAILING
          ? "failed"
          : UNCHECKED.includes(code)
            ? "not_checked"
            : "passed";
      const said = state === "failed" ? "the third word came before it appeared" : failed ? null : detail;
      const check: CheckView = { code, label, state, detail: said };
      checks.push(check);
      await world.sleep(failed ? 20 : 260);
      on(check);
    }
    if (refuse) {
      refusals += 1;
      triesLeft -= 1;
      challenge = triesLeft < 0 ? null : draw(terms);
      return copy({
        voice: null,
        refusal: problem(
          FAILING,
          "The third word was spoken before it appeared.",
          "Wait until each word is on the screen, then say it.",
        ),
        next: challenge,
        checks,
      });
    }
    const voice = person({
      id: world.id("voice"),
      owner: terms.owner,
      grantee: terms.grantee ?? terms.owner,
      purpose: terms.purpose,
      hours: terms.hours,
      days: terms.days,
      dubInto: terms.dubInto,
      keptByOwner: passphrase !== null,
    });
    world.voices.push(voice);
    challenge = null;
    world.samples = [];
    world.tell({ news: "voices" });
    return copy({ voice: voice.id, refusal: null, next: null, checks });
  };

  const needSession = (session: string) => {
    if (challenge?.session === session) return;
    throw problem("challenge_stale", "These words are too old.", "Take fresh words.");
  };

  return {
    beginConsent: async (form) => {
      world.needLibrary();
      await world.sleep(120);
      if (!form.adult) throw problem("terms", "Only an adult can give consent.", "Ask a grown person.");
      if (form.purpose.trim().length < 10) {
        throw problem("terms", "The purpose must be 10 to 200 characters long.", "Say what the voice is for.");
      }
      if (form.samples.length === 0) throw problem("no_samples", "No recording was chosen.", "Record a sample first.");
      terms = copy(form);
      triesLeft = 2;
      challenge = draw(terms);
      return copy(challenge);
    },
    speakStatement: async (session, device, ownerPassphrase, on) => {
      needSession(session);
      if (device === "cable") {
        throw problem("not_a_microphone", "The statement is not taken from a cable.", "Choose a real microphone.");
      }
      let stopped = false;
      const held = holdMicrophone(world).then(() => {
        stopped = true;
      });
      const end = streamLevels(world, true, (level) => on({ news: "level", level }));
      const cancelled = () => problem("cancelled", "The statement was stopped.", "Begin again when you are ready.");
      try {
        on({ news: "listening" });
        await Promise.race([held, new Promise<void>((resolve) => (sentenceDone = resolve))]);
        if (stopped) throw cancelled();
        const random = dice(Date.now());
        const words = [...WORDS].sort(() => random() - 0.5).slice(0, 6);
        for (const [index, word] of words.entries()) {
          await Promise.race([held, world.sleep(index === 0 ? 600 : 1200 + random() * 800)]);
          if (stopped) throw cancelled();
          on({ news: "word", word, number: index + 1 });
        }
        await Promise.race([held, world.sleep(2000)]);
        if (stopped) throw cancelled();
      } finally {
        end();
        sentenceDone = null;
        world.endRecording?.();
      }
      on({ news: "judging" });
      await world.sleep(400);
      return judge(ownerPassphrase, (check) => on({ news: "check", check }));
    },
    sentenceRead: async () => {
      if (!sentenceDone) throw problem("not_reading", "No statement is being read.", "");
      sentenceDone();
    },
    importStatement: async (session) => {
      needSession(session);
      return judge(null, () => undefined);
    },
  };
}
