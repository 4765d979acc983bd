// Nothing overlaps and nothing is cut: every page in both themes and both sizes, German too. Pictures go to SCREENS.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { findFaults } from "./faults.mjs";
import { paint, start } from "./harness.mjs";
import { chosen, SCENES } from "./scenes.mjs";

const SIZES = [
  [1280, 800, "light", "dark"],
  [900, 600, "light", "dark"],
  [720, 480, "light"],
];
const folder = process.env.SCREENS ?? mkdtempSync(join(tmpdir(), "vouch-screens-"));
let stage;

before(async () => {
  mkdirSync(folder, { recursive: true });
  stage = await start();
});
after(async () => {
  await stage?.close();
  console.log(`pictures in ${folder}`);
});

async function look(what, query, prepare, { width, height, locale, themes }) {
  const { page, complaints, close } = await stage.open(query, { width, height, locale });
  try {
    await prepare?.(page);
    await page.mouse.move(0, 0);
    for (const theme of themes) {
      await paint(page, theme);
      await page.screenshot({ path: join(folder, `${what}-${theme}-${width}x${height}.png`) });
    }
    const faults = await page.evaluate(findFaults);
    assert.equal(faults.length, 0, `${what} ${width}x${height}:\n    ${faults.join("\n    ")}`);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
}

describe("layout", { concurrency: 2 }, () => {
  for (const { name, query, prepare } of chosen(SCENES)) {
    test(name, { timeout: 180_000 }, async (t) => {
      for (const [width, height, ...themes] of SIZES) {
        await t.test(`${width}x${height}`, () =>
          look(name, query, prepare, { width, height, locale: "en-GB", themes }),
        );
      }
      await t.test("900x600, German", () =>
        look(`${name}-de`, `${query}&lang=de`, prepare, {
          width: 900,
          height: 600,
          locale: "de-DE",
          themes: ["light"],
        }),
      );
    });
  }
});
