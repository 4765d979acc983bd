// From the first page to a sentence in one's own voice with nothing but the keyboard.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { settle, start } from "./harness.mjs";
import { SCENES } from "./scenes.mjs";

let stage;
before(async () => {
  stage = await start();
});
after(() => stage?.close());

/** What has the focus, in words for a message. */
const focused = (page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    return element?.dataset.testid ?? element?.getAttribute("aria-label") ?? element?.textContent?.slice(0, 40) ?? "";
  });

/** Presses Tab until a control has the focus; the focus must be seen on every stop. */
async function tabTo(page, id, most = 40) {
  const passed = [];
  for (let at = 0; at <= most; at += 1) {
    const here = await page.evaluate((id) => {
      const element = document.activeElement;
      if (!element || element === document.body) return { found: false, seen: true };
      const style = getComputedStyle(element);
      const ring = element.matches(":focus-visible") && (style.outlineStyle !== "none" || style.boxShadow !== "none");
      const inside = element.querySelector("*");
      return {
        found: element.closest(`[data-testid="${id}"]`) !== null,
        seen: ring || inside?.matches(":focus-visible"),
      };
    }, id);
    if (here.found) {
      assert.ok(here.seen, `the focus on ${id} is not to be seen`);
      return;
    }
    passed.push(await focused(page));
    await page.keyboard.press("Tab");
  }
  assert.fail(`Tab did not reach ${id}; it passed ${passed.join(", ")}`);
}

const press = async (page, id, key = "Enter") => {
  await page.getByTestId(id).waitFor();
  await page.waitForFunction((id) => !document.querySelector(`[data-testid="${id}"]`)?.disabled, id);
  await tabTo(page, id);
  await page.keyboard.press(key);
};

test("from the first page to a spoken sentence", { timeout: 120_000 }, async () => {
  const { page, complaints, close } = await stage.open("fresh=1&speed=5", { moves: true });
  try {
    // One key makes the first sound.
    assert.equal(await focused(page), "first-sound");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /[1-9]/.test(document.querySelector("footer")?.textContent ?? ""));

    await press(page, "make-voice");
    await press(page, "library-open");

    // Microphone: listen to the room, then on.
    await press(page, "mic-next");

    // Two sentences.
    for (let at = 0; at < 2; at += 1) {
      await press(page, "record");
      await page.getByTestId("record-stop").waitFor({ timeout: 15_000 });
      assert.equal(await focused(page), "record-stop", "recording is stopped by the key that began it");
      await page.waitForTimeout(1500);
      await page.keyboard.press("Enter");
      if (at === 0) await press(page, "next-sentence");
    }
    await press(page, "samples-next");

    // Terms.
    await tabTo(page, "owner");
    await page.keyboard.type("Ann Lee");
    await tabTo(page, "purpose");
    await page.keyboard.type("reading my travel notes aloud to my family");
    await tabTo(page, "adult");
    await page.keyboard.press("Space");
    await press(page, "terms-next");

    // Statement: the sentence, the words one by one, the judgement.
    await press(page, "statement-start");
    await page.getByTestId("sentence").waitFor();
    await page.waitForTimeout(300);
    await page.keyboard.press("Enter");
    await page.getByTestId("word").waitFor();
    await page.getByTestId("granted").waitFor({ timeout: 60_000 });

    // A sentence in the new voice.
    await press(page, "to-speak");
    await tabTo(page, "speak-text");
    await page.keyboard.type("This is me, and I said so.");
    await page.keyboard.press("Control+Enter");
    await page.getByTestId("speak-made").waitFor({ timeout: 20_000 });
    assert.match(await page.getByTestId("speak-voice").textContent(), /Ann Lee/);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});

test("every page by its number, every control of it by Tab", { timeout: 120_000 }, async () => {
  const { page, complaints, close } = await stage.open("idle=1");
  try {
    for (let number = 1; number <= 7; number += 1) {
      await page.keyboard.press(`Control+${number}`);
      await page.waitForTimeout(250);
      const left = await page.evaluate(() => {
        window.__missed = new Set(
          [...document.querySelectorAll("main button, main a[href], main input, main textarea, main select")].filter(
            (control) => !control.disabled && control.tabIndex >= 0 && control.checkVisibility(),
          ),
        );
        return window.__missed.size;
      });
      // One Tab for each, and those of rail and status line.
      for (let at = 0; at < left + 30; at += 1) {
        await page.keyboard.press("Tab");
        await page.evaluate(() => window.__missed.delete(document.activeElement));
      }
      const missed = await page.evaluate(() => [...window.__missed].map((one) => one.outerHTML.slice(0, 120)));
      assert.deepEqual(missed, [], `page ${number}: not reached by Tab`);
    }
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});

const LAYERS = "[role=dialog], [role=menu], [role=listbox]";
const OVER = [
  ["speak-sayings", "speak-say-as", "speak-voices", "narrate-paste", "narrate-remove", "book-export", "book-menu"],
  ["book-render-all", "voice-revoke", "voice-export", "palette", "keys"],
].flat();

for (const name of OVER) {
  test(`Escape leaves ${name} and the focus goes back`, { timeout: 30_000 }, async () => {
    const { query, prepare } = SCENES.find((scene) => scene.name === name);
    const { page, complaints, close } = await stage.open(query);
    try {
      // What a key opened gives the focus back to where it was.
      if (["palette", "keys"].includes(name)) await page.keyboard.press("Tab");
      if (name === "speak-say-as") await page.getByTestId("speak-text").focus();
      await prepare(page);
      await page.locator(LAYERS).first().waitFor();
      const within = await page.evaluate((layers) => document.activeElement?.closest(layers) !== null, LAYERS);
      assert.ok(within, "it has not got the focus");
      await page.keyboard.press("Escape");
      await page.locator(LAYERS).first().waitFor({ state: "detached" });
      await settle(page);
      assert.notEqual(await page.evaluate(() => document.activeElement?.tagName), "BODY", "the focus is lost");
      assert.deepEqual(complaints, []);
    } finally {
      await close();
    }
  });
}
