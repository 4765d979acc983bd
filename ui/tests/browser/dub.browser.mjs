// The dub page by hand and by keys: words, speakers, times, what is heard, export, and ten thousand cues.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { settle, start } from "./harness.mjs";

let stage;
before(async () => {
  stage = await start();
});
after(() => stage?.close());

async function film(query, run, size = {}) {
  const { page, complaints, close } = await stage.open(`route=film:1&idle=1&${query}`, size);
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
const words = (page, cue, side = "target") =>
  page.locator(`[data-testid="cue-${cue}"] [data-side="${side}"] p`).first();
const state = (page, cue, wanted) =>
  page.locator(`[data-testid="cue-state-${cue}"][data-state="${wanted}"]`).waitFor({ timeout: 20_000 });
const rows = async (page) => Number(await page.locator("#cue-lines").getAttribute("aria-rowcount")) - 1;
const until = (page, check, what) => page.waitForFunction(check, what, { timeout: 20_000 });

test("words are written, undone and brought back by keys", async () => {
  await film("", async (page) => {
    await down(page, 3);
    const before = await words(page, 3).textContent();
    await page.keyboard.press("e");
    await page.getByTestId("cue-edit").fill("Ist er da?");
    await page.keyboard.press("Enter");
    await page.getByText("Ist er da?", { exact: true }).first().waitFor();
    await state(page, 3, "stale");
    await page.keyboard.press("Control+z");
    await until(page, (text) => document.querySelector('[data-testid="cue-3"]').textContent.includes(text), before);
    await state(page, 3, "fresh");
    await page.keyboard.press("Control+y");
    await state(page, 3, "stale");
    // R makes it anew, and it is heard.
    await page.keyboard.press("r");
    await state(page, 3, "fresh");
    await page.locator("footer").getByText("Cue 4").waitFor();
  });
});

test("Tab goes from cue to cue where a dub is written by hand", async () => {
  const { page, complaints, close } = await stage.open("route=film:2&idle=1");
  try {
    await page.getByTestId("way-hand").click();
    for (const line of ["Zu spät.", "Nein.", "Doch."]) {
      await page.getByTestId("cue-edit").waitFor();
      await page.keyboard.type(line);
      await page.keyboard.press("Tab");
      await page.getByText(line, { exact: true }).first().waitFor();
    }
    await page.keyboard.press("Escape");
    for (const cue of [0, 1, 2]) await state(page, cue, "draft");
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});

test("cues are split at the caret and merged", async () => {
  await film("", async (page) => {
    const count = await rows(page);
    await down(page, 2);
    await page.keyboard.press("e");
    await page.getByTestId("cue-edit").fill("Erster Teil, zweiter Teil");
    for (let at = 0; at < "zweiter Teil".length; at += 1) await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Control+Enter");
    await page.getByText("Erster Teil,", { exact: true }).first().waitFor();
    await page.getByText("zweiter Teil", { exact: true }).first().waitFor();
    assert.equal(await rows(page), count + 1);
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("m");
    await page.getByText("Erster Teil, zweiter Teil", { exact: true }).first().waitFor();
    assert.equal(await rows(page), count);
    // S parts it between two words without an edit.
    await page.keyboard.press("s");
    await until(
      page,
      (rows) => document.querySelector("#cue-lines").getAttribute("aria-rowcount") === String(rows),
      count + 2,
    );
  });
});

test("a number key gives the chosen cues to a speaker, the next number makes a new one", async () => {
  await film("", async (page) => {
    const letter = (cue) => page.getByTestId(`cue-speaker-${cue}`).textContent();
    await down(page, 3);
    assert.match(await letter(3), /^B/);
    await page.keyboard.press("Shift+ArrowDown");
    await page.keyboard.press("3");
    for (const cue of [3, 4])
      await until(
        page,
        (id) => /^C/.test(document.querySelector(`[data-testid="${id}"]`).textContent),
        `cue-speaker-${cue}`,
      );
    await page.keyboard.press("4");
    await page.getByTestId("speaker-3").waitFor();
    assert.match(await letter(4), /^D/);
    // A number without a speaker changes nothing, and says so.
    await page.keyboard.press("9");
    await page.getByText("There is no speaker 9").waitFor();
    assert.match(await letter(4), /^D/);
  });
});

test("locked cues stay as they are", async () => {
  await film("", async (page) => {
    await page.keyboard.press("e");
    await page.getByText("Locked cues stay as they are").first().waitFor();
    assert.equal(await page.getByTestId("cue-edit").count(), 0);
    await page.keyboard.press("x");
    await state(page, 0, "fresh");
    await page.keyboard.press("x");
    await state(page, 0, "locked");
  });
});

/** Where a moment of a speaker's track is on the screen. */
async function spot(page, ms, speaker) {
  const canvas = page.getByTestId("timeline");
  const box = await canvas.boundingBox();
  const [from, scale] = await canvas.evaluate((element) => [
    Number(element.dataset.from),
    Number(element.dataset.scale),
  ]);
  const tracks = await page.locator('section[aria-label="Timeline"] > div').first().locator("> span").all();
  const track = await tracks[speaker].boundingBox();
  return { x: box.x + (ms - from) / scale, y: track.y + track.height / 2, scale };
}

async function drag(page, from, byPx, key) {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  if (key) await page.keyboard.down(key);
  await page.mouse.move(from.x + byPx / 2, from.y, { steps: 3 });
  await page.mouse.move(from.x + byPx, from.y, { steps: 3 });
  await page.mouse.up();
  if (key) await page.keyboard.up(key);
}

const ms = (text) => {
  const [minutes, seconds] = text.split(":").map(Number);
  return Math.round((minutes * 60 + seconds) * 1000);
};
const times = async (page) => [
  ms(await page.getByTestId("cue-begins").inputValue()),
  ms(await page.getByTestId("cue-ends").inputValue()),
];

test("times are changed by dragging and by numbers", async () => {
  await film("", async (page) => {
    await down(page, 3);
    const [begins, ends] = await times(page);
    // An edge retimes.
    let at = await spot(page, ends, 1);
    await drag(page, at, 20);
    await until(page, (old) => document.querySelector('[data-testid="cue-ends"]').value !== old, await stamp(ends));
    let now = await times(page);
    assert.equal(now[0], begins);
    assert.ok(Math.abs(now[1] - ends - 20 * at.scale) <= 3 * at.scale, `${now[1] - ends} ms`);
    // The middle moves.
    at = await spot(page, (now[0] + now[1]) / 2, 1);
    await drag(page, at, -15);
    await until(page, (old) => document.querySelector('[data-testid="cue-begins"]').value !== old, await stamp(begins));
    const moved = await times(page);
    assert.equal(moved[1] - moved[0], now[1] - now[0]);
    assert.ok(moved[0] < begins);
    // With Alt all that follow come along.
    await page.keyboard.press("ArrowDown");
    const next = (await times(page))[0];
    await page.keyboard.press("ArrowUp");
    at = await spot(page, (moved[0] + moved[1]) / 2, 1);
    await drag(page, at, 30, "Alt");
    await until(
      page,
      (old) => document.querySelector('[data-testid="cue-begins"]').value !== old,
      await stamp(moved[0]),
    );
    now = await times(page);
    await page.keyboard.press("ArrowDown");
    assert.equal((await times(page))[0] - next, now[0] - moved[0]);
    // By numbers, and by keys.
    await page.getByTestId("cue-begins").fill("0:17.250");
    await page.keyboard.press("Enter");
    await page.locator("#cue-lines").focus();
    await page.keyboard.press("Alt+ArrowRight");
    await until(page, (to) => document.querySelector('[data-testid="cue-begins"]').value === to, "0:17.300");
    // I and O set begin and end where the film stands, beside a number too.
    await page.getByTestId("timeline").click({ position: { x: 5, y: 5 } });
    await page.keyboard.press("o");
    await page.getByText("A cue lasts at least 50 milliseconds").first().waitFor();
    // What is no time is said, and changes nothing.
    await page.getByTestId("cue-begins").fill("soon");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("A cue ends after it begins").waitFor();
  });
});

const stamp = async (at) =>
  `${Math.floor(at / 60000)}:${String(Math.floor(at / 1000) % 60).padStart(2, "0")}.${String(at % 1000).padStart(3, "0")}`;

test("the film plays, its picture follows, and the monitor is switched", async () => {
  await film("", async (page) => {
    const asked = () => page.getByTestId("picture").evaluate((element) => Number(element.dataset.ms ?? -1));
    await until(page, () => document.querySelector('[data-testid="picture"]').dataset.ms !== undefined);
    await page.keyboard.press("Space");
    await until(page, () => Number(document.querySelector('[data-testid="picture"]').dataset.ms) > 400);
    await page.keyboard.press("q");
    assert.equal(await page.getByTestId("monitor-original").getAttribute("aria-checked"), "true");
    await page.getByTestId("monitor-dub").click();
    assert.equal(await page.getByTestId("monitor-dub").getAttribute("aria-checked"), "true");
    const before = await asked();
    await until(page, (ms) => Number(document.querySelector('[data-testid="picture"]').dataset.ms) > ms + 300, before);
    await page.keyboard.press("k");
    await settle(page);
    const still = await asked();
    await page.waitForTimeout(300);
    assert.equal(await asked(), still);
    // Enter plays the cue in hand, and only that.
    await down(page, 4);
    await page.keyboard.press("Enter");
    await until(page, () => Number(document.querySelector('[data-testid="picture"]').dataset.ms) > 17_000);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Shift+ArrowRight");
    await until(page, () => Number(document.querySelector('[data-testid="picture"]').dataset.ms) > 22_000);
  });
});

test("cues are made, and the dub is exported", async () => {
  await film("speed=8", async (page) => {
    await page.keyboard.press("Shift+R");
    await page.getByTestId("dub-strip").waitFor();
    await state(page, 1, "locked");
    await until(page, () => document.querySelector('[data-testid="dub-strip"]') === null);
    await page.getByText("33 of 40 made").waitFor();
    await page.keyboard.press("Control+e");
    await page.getByRole("dialog").getByText("7 cues have no words").waitFor();
    await page.getByRole("dialog").getByRole("combobox").first().click();
    await page.getByRole("option", { name: /MKV/ }).click();
    await page.getByTestId("export-go").click();
    await page.getByText("Written: The Last Ferry (de).mkv").waitFor({ timeout: 10_000 });
  });
});

test("a voice is cast, and who is cast in it has to have consented", async () => {
  await film("", async (page) => {
    const marten = page.getByTestId("speaker-1");
    await marten.getByRole("combobox").click();
    // Tom's consent has ended: he is not on offer.
    assert.equal(await page.getByRole("option", { name: /Tom/ }).count(), 0);
    await page.getByRole("option", { name: /^Cedar/ }).click();
    await state(page, 3, "stale");
    await page.getByTestId("cast-ceremony").click();
    await until(page, () => window.__vouch.store.getState().route.page === "ceremony");
  });
});

test("from no film to a made dub with nothing but keys", { timeout: 60_000 }, async () => {
  const { page, complaints, close } = await stage.open("route=dub&idle=1&speed=8");
  const tabTo = async (id) => {
    for (let at = 0; at < 40; at += 1) {
      if (await page.evaluate((id) => document.activeElement?.dataset.testid === id, id)) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`Tab did not reach ${id}`);
  };
  try {
    await tabTo("dub-begin");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await tabTo("dub-choose-film");
    await page.keyboard.press("Enter");
    await page.getByTestId("way-listen").waitFor();
    await tabTo("way-listen");
    await page.keyboard.press("Enter");
    await page.getByTestId("cue-0").waitFor({ timeout: 10_000 });
    await page.locator("#cue-lines").focus();
    await page.keyboard.press("Shift+R");
    await state(page, 0, "fresh");
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});

test("ten thousand cues open at once, scroll and jump", { timeout: 60_000 }, async () => {
  const { page, complaints, close } = await stage.open("cues=10000&idle=1&route=dub", { moves: true });
  try {
    await page.getByTestId("dub-9").waitFor();
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable", { timeDomain: "threadTicks" });
    const computed = async () =>
      (await session.send("Performance.getMetrics")).metrics.find(({ name }) => name === "TaskDuration").value * 1000;
    const idle = await computed();
    const took = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const began = performance.now();
          window.__vouch.go({ page: "film", dub: 9 });
          const look = () => {
            if (!document.querySelector('[data-testid="cue-5"]')) return requestAnimationFrame(look);
            requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
          };
          requestAnimationFrame(look);
        }),
    );
    // A busy machine takes its time; what the page itself computes is held to a bound.
    const opening = (await computed()) - idle;
    console.log(`opened in ${took.toFixed(0)} ms, of which the page computed ${opening.toFixed(0)} ms`);
    assert.ok(opening < 600, `${opening} ms`);
    assert.equal(await rows(page), 10_000);
    const box = await page.locator("#cue-lines").boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    // What the page computes for a frame counts, whatever else the machine does.
    const before = await computed();
    await page.evaluate(() => {
      window.__count = 0;
      const tick = () => {
        window.__count += 1;
        requestAnimationFrame(tick);
      };
      requestAnimationFrame(tick);
    });
    for (let at = 0; at < 80; at += 1) {
      await page.mouse.wheel(0, 240);
      await page.waitForTimeout(16);
    }
    const frames = await page.evaluate(() => window.__count);
    const each = ((await computed()) - before) / frames;
    console.log(`${each.toFixed(1)} ms of the main thread for a frame, ${frames} frames`);
    assert.ok(each < 12, `${each.toFixed(1)} ms`);
    assert.ok((await page.locator("#cue-lines").evaluate((grid) => grid.scrollTop)) > 5000, "it did not scroll");
    assert.ok((await page.locator('#cue-lines [role="row"]').count()) < 80);
    await page.locator("#cue-lines").focus();
    await page.keyboard.press("End");
    await page.getByTestId("cue-9999").waitFor({ timeout: 2000 });
    await page.keyboard.press("2");
    await until(page, () => /^B/.test(document.querySelector('[data-testid="cue-speaker-9999"]').textContent));
    await page.keyboard.press("Home");
    await page.getByTestId("cue-0").waitFor({ timeout: 2000 });
    // The timeline holds them all, too.
    await page.keyboard.press("0");
    await settle(page);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});

test("a film that is dropped on the window asks for its language", async () => {
  const { page, complaints, close } = await stage.open("route=home&idle=1");
  try {
    await page.evaluate(() => window.__vouch.hear({ news: "film", name: "Winter Crossing.mp4" }));
    await page.getByRole("dialog").getByText("Winter Crossing.mp4").waitFor();
    await page.getByTestId("dub-choose-film").click();
    await page.getByTestId("way-listen").waitFor();
    assert.equal(await page.evaluate(() => window.__vouch.store.getState().film), null);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});
