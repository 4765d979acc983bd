// Every page and everything that can lie over one: where it is in the fake program, and how to get it on the screen.

import { settle } from "./harness.mjs";

const press = (id) => async (page) => {
  await page.getByTestId(id).first().click();
  await settle(page);
};
const inTurn =
  (...steps) =>
  async (page) => {
    for (const step of steps) await step(page);
  };

/** Reads two sentences for a voice. */
async function record(page) {
  await page.getByTestId("mic-next").click();
  for (let at = 0; at < 2; at += 1) {
    await page.getByTestId("record").click();
    await page.getByTestId("record-stop").waitFor();
    await page.waitForTimeout(1000);
    await page.getByTestId("record-stop").click();
    await page.getByTestId("record").waitFor();
    if (at === 0) await page.getByTestId("next-sentence").click();
  }
  await settle(page);
}

async function terms(page) {
  await page.getByTestId("samples-next").click();
  await page.getByTestId("owner").fill("Ann Lee");
  await page.getByTestId("purpose").fill("reading my travel notes aloud to my family");
  await page.getByTestId("adult").check();
  await settle(page);
}

const statement = press("terms-next");

async function speakStatement(page) {
  await page.getByTestId("statement-start").click();
  await page.getByTestId("sentence").waitFor();
}

/** The first word. It stays for some seconds, unless time is to go on. */
const word = (stays) => async (page) => {
  await page.getByTestId("sentence-read").click();
  await page.evaluate((speed) => speed && window.__vouch.pace(speed), stays ? 0.2 : null);
  await page.getByTestId("word").waitFor({ timeout: 20_000 });
};

const until = (id) => async (page) => {
  await page.getByTestId(id).waitFor({ timeout: 30_000 });
  await settle(page);
};

const over = async (page, key) => {
  await page.keyboard.press(key);
  await page.getByRole("dialog").waitFor();
  await settle(page);
};

/** `page` is true for the pages themselves. The query keeps long jobs out where they would only move things. */
export const SCENES = [
  { name: "home", query: "route=home", page: true },
  { name: "home-first", query: "fresh=1", page: true },
  { name: "home-first-passphrase", query: "fresh=1&keyring=0", prepare: press("sample-book") },
  { name: "home-locked", query: "locked=1", page: true },
  { name: "speak", query: "route=speak", page: true },
  { name: "speak-empty", query: "fresh=1&route=speak" },
  {
    name: "speak-text",
    query: "route=speak&idle=1",
    prepare: async (page) => {
      await page.getByTestId("speak-text").fill("The ferry to Leominster leaves at ten. Bring a coat, and an apple.");
      await settle(page);
    },
  },
  { name: "speak-sayings", query: "route=speak&idle=1", prepare: press("sayings-open") },
  { name: "speak-say-as", query: "route=speak&idle=1", prepare: press("say-as") },
  {
    name: "speak-voices",
    query: "route=speak&idle=1",
    prepare: async (page) => {
      await page.getByTestId("speak-voice").getByRole("combobox").click();
      await settle(page);
    },
  },
  { name: "narrate", query: "route=narrate", page: true },
  { name: "narrate-empty", query: "fresh=1&route=narrate" },
  { name: "narrate-paste", query: "route=narrate&idle=1", prepare: press("import-text") },
  {
    name: "narrate-remove",
    query: "route=narrate&idle=1",
    prepare: async (page) => {
      await page.getByTestId("book-1").getByRole("button").last().click();
      await page.getByRole("dialog").waitFor();
    },
  },
  { name: "book", query: "route=book:1", page: true },
  { name: "book-long", query: "route=book:2", page: true },
  { name: "book-export", query: "route=book:1&idle=1", prepare: press("export") },
  {
    name: "book-edit",
    query: "route=book:1&idle=1",
    prepare: async (page) => {
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("e");
      await page.getByTestId("line-edit").waitFor();
    },
  },
  {
    name: "book-menu",
    query: "route=book:1&idle=1",
    prepare: async (page) => {
      await page.getByTestId("line-3").click({ button: "right" });
      await page.getByRole("menu").waitFor();
    },
  },
  { name: "book-render-all", query: "route=book:1&idle=1", prepare: (page) => over(page, "Shift+R") },
  {
    name: "book-find",
    query: "route=book:1&idle=1",
    prepare: async (page) => {
      await page.keyboard.press("Control+f");
      await page.keyboard.type("key");
      await settle(page);
    },
  },
  { name: "dub", query: "route=dub", page: true },
  { name: "dub-empty", query: "fresh=1&route=dub" },
  { name: "dub-begin", query: "route=dub&idle=1", prepare: press("dub-begin") },
  { name: "film", query: "route=film:1&idle=1", page: true },
  { name: "film-bare", query: "route=film:2&idle=1" },
  { name: "film-new", query: "route=film:3&idle=1" },
  { name: "film-export", query: "route=film:1&idle=1", prepare: press("dub-export") },
  {
    name: "film-edit",
    query: "route=film:1&idle=1",
    prepare: async (page) => {
      await page.getByTestId("cue-3").waitFor();
      for (let at = 0; at < 3; at += 1) await page.keyboard.press("ArrowDown");
      await page.keyboard.press("e");
      await page.getByTestId("cue-edit").waitFor();
    },
  },
  {
    name: "film-making",
    query: "route=film:1&idle=1",
    prepare: async (page) => {
      await page.getByTestId("dub-render").click();
      await page.getByTestId("dub-strip").waitFor();
    },
  },
  { name: "voices", query: "route=voices", page: true },
  { name: "voices-fresh", query: "fresh=1&route=voices" },
  { name: "voice", query: "route=voice:ann", page: true },
  { name: "voice-ended", query: "route=voice:tom", page: true },
  { name: "voice-preset", query: "route=voice:alder", page: true },
  { name: "voice-revoke", query: "route=voice:ann&idle=1", prepare: press("revoke") },
  { name: "voice-export", query: "route=voice:ann&idle=1", prepare: press("export-voice") },
  { name: "ceremony", query: "route=ceremony&speed=10", page: true },
  { name: "ceremony-library", query: "fresh=1&route=ceremony" },
  { name: "ceremony-samples", query: "route=ceremony&speed=10&idle=1", prepare: record },
  { name: "ceremony-terms", query: "route=ceremony&speed=10&idle=1", prepare: inTurn(record, terms) },
  {
    name: "ceremony-statement",
    query: "route=ceremony&speed=10&idle=1",
    prepare: inTurn(record, terms, statement),
  },
  {
    name: "ceremony-sentence",
    query: "route=ceremony&speed=10&idle=1",
    prepare: inTurn(record, terms, statement, speakStatement),
  },
  {
    name: "ceremony-word",
    query: "route=ceremony&speed=10&idle=1",
    prepare: inTurn(record, terms, statement, speakStatement, word(true)),
  },
  {
    name: "ceremony-refused",
    query: "route=ceremony&speed=20&idle=1&refuse=once",
    prepare: inTurn(record, terms, statement, speakStatement, word(false), until("refusal")),
  },
  {
    name: "ceremony-granted",
    query: "route=ceremony&speed=20&idle=1",
    prepare: inTurn(record, terms, statement, speakStatement, word(false), until("granted")),
  },
  { name: "jobs", query: "route=jobs", page: true },
  { name: "jobs-empty", query: "fresh=1&route=jobs" },
  { name: "models", query: "route=models", page: true },
  { name: "models-gpu", query: "route=models&gpu=1" },
  { name: "settings", query: "route=settings", page: true },
  { name: "palette", query: "route=home&idle=1", prepare: (page) => over(page, "Control+k") },
  { name: "keys", query: "route=home&idle=1", prepare: (page) => over(page, "?") },
  {
    name: "toast",
    query: "route=home&idle=1",
    prepare: async (page) => {
      await page.evaluate(() =>
        window.__vouch.hear({
          news: "refused",
          problem: {
            code: "book_unreadable",
            message: "This file is no book that can be read.",
            fix: "Open an EPUB, DOCX, Markdown or plain text file.",
          },
        }),
      );
      await settle(page);
    },
  },
];

/** A scene by its name only, or all: `SCENE=book,jobs` narrows a run. */
export const chosen = (scenes) => {
  const names = process.env.SCENE?.split(",");
  return names ? scenes.filter(({ name }) => names.includes(name)) : scenes;
};
