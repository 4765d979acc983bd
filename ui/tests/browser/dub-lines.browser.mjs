// The dub page where people bring their own: a line that is recorded, subtitles that are dropped, words that are fixed.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start } from "./harness.mjs";

let stage;
before(async () => {
  stage = await start();
});
after(() => stage?.close());

async function film(query, run) {
  const { page, complaints, close } = await stage.open(`route=film:1&idle=1&${query}`);
  try {
    await page.getByTestId("cue-1").waitFor();
    await run(page);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
}

const down = async (page, times) => {
  for (let at = 0; at < times; at += 1) await page.keyboard.press("ArrowDown");
};
const until = (page, check, what) => page.waitForFunction(check, what, { timeout: 20_000 });

test("sound that was fetched ahead gives way when a cue changes while it plays", async () => {
  await film("", async (page) => {
    // Only sound that gives way to a newer one is told when to end.
    await page.evaluate(() => {
      window.__gaveWay = 0;
      const { stop } = AudioScheduledSourceNode.prototype;
      AudioScheduledSourceNode.prototype.stop = function (when) {
        if (when !== undefined) window.__gaveWay += 1;
        return when === undefined ? stop.call(this) : stop.call(this, when);
      };
    });
    await page.keyboard.press("Space");
    await until(page, () => Number(document.querySelector('[data-testid="picture"]').dataset.ms) > 900);
    assert.equal(await page.evaluate(() => window.__gaveWay), 0);
    await down(page, 3);
    await page.keyboard.press("Alt+ArrowRight");
    await until(page, () => window.__gaveWay > 0);
    // It goes on playing.
    const before = Number(await page.getByTestId("picture").evaluate((element) => element.dataset.ms));
    await until(page, (ms) => Number(document.querySelector('[data-testid="picture"]').dataset.ms) > ms + 500, before);
  });
});

const recorded = (page, cue) =>
  page.locator(`[data-testid="cue-state-${cue}"][data-recorded="true"]`).waitFor({ timeout: 20_000 });
const inHand = (page, id) => until(page, (id) => document.activeElement?.dataset.testid === id, id);

test("a line is recorded by keys, heard, kept, undone and given back to the voice", { timeout: 60_000 }, async () => {
  await film("", async (page) => {
    await down(page, 5);
    // Stopped while it is counted in, nothing is recorded.
    await page.keyboard.press("v");
    await page.getByTestId("count-in").waitFor();
    await page.keyboard.press("v");
    await page.getByTestId("line-record").waitFor();
    assert.equal(await page.getByTestId("line-take").count(), 0);
    // The picture runs to the cue, then it is recorded, and V ends it.
    await page.locator("#cue-lines").focus();
    await page.keyboard.press("v");
    await page.locator('[data-testid="line-step"][data-step="records"]').waitFor({ timeout: 10_000 });
    await page.getByRole("meter").waitFor();
    await page.waitForTimeout(700);
    await page.keyboard.press("v");
    await page.getByTestId("line-take").waitFor();
    await inHand(page, "line-keep");
    // Nothing of the dub has changed so far.
    assert.equal(await page.locator("[data-recorded=true]").count(), 0);
    await page.keyboard.press("Enter");
    await recorded(page, 5);
    await page.getByText("Cue 6 has your recording").waitFor();
    // No voice makes it now, and it says so.
    await page.keyboard.press("r");
    await page.getByText("A recorded line is not made by a voice").first().waitFor();
    await page.keyboard.press("Control+z");
    await until(page, () => document.querySelectorAll("[data-recorded=true]").length === 0);
    await page.keyboard.press("Control+y");
    await recorded(page, 5);
    await page.getByTestId("line-remove").click();
    await until(page, () => document.querySelectorAll("[data-recorded=true]").length === 0);
  });
});

test("a recording is discarded, recorded again, ends by itself; a file does as well", { timeout: 60_000 }, async () => {
  await film("", async (page) => {
    await down(page, 6);
    await page.getByTestId("line-record").click();
    await inHand(page, "line-stop");
    // It stops a little after the cue's end.
    await page.getByTestId("line-take").waitFor({ timeout: 20_000 });
    await page.getByTestId("line-again").click();
    await page.locator('[data-testid="line-step"][data-step="records"]').waitFor({ timeout: 10_000 });
    await page.waitForTimeout(700);
    await page.keyboard.press("Escape");
    await page.getByTestId("line-take").waitFor();
    // From another cue it is seen that one waits.
    await page.locator("#cue-lines").focus();
    await down(page, 1);
    await page.getByTestId("line-other").click();
    await page.getByTestId("line-discard").click();
    await page.getByTestId("line-record").waitFor();
    await page.getByTestId("line-file").click();
    await recorded(page, 6);
    // Locked cues take none.
    await page.locator("#cue-lines").focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("v");
    await page.getByText("Locked cues stay as they are").first().waitFor();
  });
});

test("subtitles that are dropped on an open dub are asked about, taken in and undone", async () => {
  await film("", async (page) => {
    const bare = await page.locator('[data-state="untranslated"]').count();
    await page.evaluate(() => window.__vouch.hear({ news: "subtitles", name: "ferry.de.srt" }));
    const dialog = page.getByRole("dialog");
    await dialog.getByText("ferry.de.srt").waitFor();
    await dialog.getByRole("combobox").nth(1).click();
    await page.getByRole("option", { name: /Cues and times/ }).waitFor();
    await page.keyboard.press("Escape");
    await dialog.getByTestId("subtitles-go").click();
    await page.getByText("The cues have the words of the subtitles").waitFor();
    await page.keyboard.press("Control+z");
    await until(page, (count) => document.querySelectorAll('[data-state="untranslated"]').length === count, bare);
  });
});

test("glossary and tone are written, and a line that is none is named", async () => {
  await film("", async (page) => {
    await page.getByTestId("dub-wording").click();
    await page.getByTestId("wording-tone").fill("dry");
    await page.getByTestId("wording-terms").fill("ferry = Fähre\nnonsense");
    await page.getByTestId("wording-keep").click();
    await page.getByText("Line 2 is no term").waitFor();
    await page.getByTestId("wording-terms").fill("ferry = Fähre");
    await page.getByTestId("wording-keep").click();
    await until(page, () => document.querySelector("[role=dialog]") === null);
    await page.getByTestId("dub-wording").click();
    assert.equal(await page.getByTestId("wording-terms").inputValue(), "ferry = Fähre");
    assert.equal(await page.getByTestId("wording-tone").inputValue(), "dry");
  });
});

test("a new dub is in a language that can be spoken, and it says which those are", async () => {
  const { page, complaints, close } = await stage.open("route=dub&idle=1");
  try {
    await page.getByTestId("dub-begin").click();
    await page.getByTestId("dub-speakable").getByText("English").waitFor();
    const into = page.getByRole("dialog").getByRole("combobox").nth(1);
    assert.match(await into.textContent(), /English/);
    await into.click();
    await page
      .getByRole("option", { name: /^Welsh|^French/ })
      .first()
      .click();
    await page.getByTestId("dub-speakable").getByText("can be translated and recorded").waitFor();
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});
