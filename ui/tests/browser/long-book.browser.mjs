// A book of ten thousand lines opens at once and scrolls without a stutter. What the machine can do just then is measured
// beside it, with a plain page that computes a little for each frame: on one that is busy with other work, the book is held
// to that, and always to how much it computes itself.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { start, table } from "./harness.mjs";

const LINES = 10_000;
const SECONDS = 3;
/** Frames a second that are asked for. */
const SMOOTH = 50;
/** Part of the plain page's frames that are asked for where even that one falls short. */
const SHARE = 0.85;
/** Milliseconds that the plain page computes for a frame. */
const PLAIN_COMPUTES = 5;
/** Milliseconds that the main thread may compute for a frame, busy machine or not. */
const COMPUTES = 12;
/** Milliseconds from the click to the rows. */
const OPENS = 1000;
let stage;
const rows = [];
before(async () => {
  stage = await start();
});
after(async () => {
  await stage?.close();
  console.log(
    `\n${table(["what", "frames/s", "longest ms", "over 34 ms", "main thread ms/frame", "rows at most"], rows)}\n`,
  );
});

/** Milliseconds that the page's main thread has computed, other programs left out. */
async function computed(session) {
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration").value * 1000;
}

/** Counts frames while `act` goes on for some seconds. */
async function frames(page, what, act) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const before = await computed(session);
  await page.evaluate((seconds) => {
    window.__frames = new Promise((resolve) => {
      const times = [];
      let rows = 0;
      const began = performance.now();
      const tick = (now) => {
        times.push(now);
        rows = Math.max(rows, document.querySelectorAll('#book-lines [role="row"]').length);
        if (performance.now() - began < seconds * 1000) requestAnimationFrame(tick);
        else {
          const gaps = times.slice(1).map((time, at) => time - times[at]);
          resolve({
            rate: gaps.length / ((times.at(-1) - times[0]) / 1000),
            longest: Math.max(...gaps),
            late: gaps.filter((gap) => gap > 34).length,
            count: gaps.length,
            rows,
          });
        }
      };
      requestAnimationFrame(tick);
    });
  }, SECONDS);
  const end = Date.now() + SECONDS * 1000;
  while (Date.now() < end) await act();
  const told = await page.evaluate(() => window.__frames);
  const each = ((await computed(session)) - before) / told.count;
  rows.push([what, told.rate.toFixed(1), told.longest.toFixed(0), told.late, each.toFixed(1), told.rows]);
  await session.detach();
  return { ...told, each };
}

const wheel = (page) => async () => {
  await page.mouse.wheel(0, 240);
  await page.waitForTimeout(16);
};

/** A page of nothing but text, scrolled alike. */
async function plainPage() {
  const context = await stage.browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const line = "<p>The ferryman walked down to the quay before anyone was awake, and nobody thought it strange.</p>";
  await page.setContent(`<div style="height:700px;overflow-y:auto">${line.repeat(2000)}</div>`);
  await page.mouse.move(600, 300);
  await page.evaluate((milliseconds) => {
    let sum = 0;
    const turn = (times) => {
      const began = performance.now();
      for (let at = 0; at < times; at += 1) sum += Math.sqrt(at + sum);
      return performance.now() - began;
    };
    // The quickest of many was not interrupted.
    const tried = 200_000;
    const quickest = Math.min(...Array.from({ length: 40 }, () => turn(tried)));
    const times = (tried * milliseconds) / Math.max(0.01, quickest);
    const tick = () => {
      turn(times);
      requestAnimationFrame(tick);
    };
    tick();
  }, PLAIN_COMPUTES);
  const told = await frames(page, "plain page, wheel", wheel(page));
  await context.close();
  return told.rate;
}

function smooth({ rate, rows, each }, plain) {
  const busy = plain < SMOOTH / SHARE;
  const least = busy ? plain * SHARE : SMOOTH;
  if (busy)
    console.log(`MACHINE BUSY: held to ${least.toFixed(1)} frames a second, so this run does not show ${SMOOTH}`);
  assert.ok(rate >= least, `${rate.toFixed(1)} frames a second; ${least.toFixed(1)} are asked for`);
  assert.ok(each <= COMPUTES, `${each.toFixed(1)} ms of the main thread for a frame`);
  assert.ok(rows > 5 && rows < 200, `${rows} rows`);
}

/**
 * Measures between two looks at the plain page. On a busy machine up to three times: what else it does comes and goes, also
 * between the looks. On an idle one the first time counts.
 */
async function smoothly(measure) {
  for (let left = 3; ; left -= 1) {
    const before = await plainPage();
    const measured = await measure();
    const busy = before < SMOOTH / SHARE;
    const plain = busy ? Math.min(before, await plainPage()) : before;
    try {
      return smooth(measured, plain);
    } catch (error) {
      if (!busy || left <= 1) throw error;
    }
  }
}

const place = (page) => page.evaluate(() => document.querySelector("#book-lines").scrollTop);

test("ten thousand lines", { timeout: 120_000 }, async (t) => {
  const { page, complaints, close } = await stage.open(`lines=${LINES}&idle=1&route=narrate`, { moves: true });
  try {
    await page.getByTestId("book-9").waitFor();

    await t.test("open within a second", async () => {
      const took = await page.evaluate(
        () =>
          new Promise((resolve) => {
            const began = performance.now();
            window.__vouch.go({ page: "book", book: 9 });
            const look = () => {
              if (!document.querySelector('[data-testid="line-5"]')) return requestAnimationFrame(look);
              // After the frame that holds the rows.
              requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
            };
            requestAnimationFrame(look);
          }),
      );
      console.log(`opened in ${took.toFixed(0)} ms`);
      assert.equal(await page.locator("#book-lines").getAttribute("aria-rowcount"), String(LINES));
      assert.ok(took <= OPENS, `${took} ms`);
    });

    const box = await page.locator("#book-lines").boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);

    await t.test("scroll by the wheel", async () => {
      await smoothly(() => frames(page, "book, wheel", wheel(page)));
      assert.ok((await place(page)) > 3000, "it did not scroll");
    });

    await t.test("move by keys", async () => {
      const before = await place(page);
      await smoothly(async () => {
        await page.locator("#book-lines").focus();
        return frames(page, "book, arrow keys", async () => {
          await page.keyboard.press("ArrowDown");
          await page.waitForTimeout(25);
        });
      });
      assert.notEqual(await place(page), before, "it did not move");
    });

    await t.test("jump by pages, to the end and back", async () => {
      await frames(page, "book, page keys", async () => {
        await page.keyboard.press("PageDown");
        await page.waitForTimeout(100);
      });
      await page.keyboard.press("End");
      await page.getByTestId(`line-${LINES - 1}`).waitFor({ timeout: 1000 });
      await page.keyboard.press("Home");
      await page.getByTestId("line-0").waitFor({ timeout: 1000 });
    });

    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});
