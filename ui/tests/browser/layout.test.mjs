// Nothing overlaps and nothing is cut: every page in both themes and both sizes, German too. Pictures go to SCREENS.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { findFaults } from "./faults.mjs";
import { start } from "./harness.mjs";
import { chosen, SCENES } from "./scenes.mjs";

const SIZES = [
  [1280, 800],
  [900, 600],
  [720, 480],
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

async function look(name, query, prepare, { width, height, locale }, picture) {
  const { page, complaints, close } = await stage.open(query, { width, height, locale });
  try {
    await prepare?.(page);
    await page.mouse.move(0, 0);
    if (picture) await page.screenshot({ path: join(folder, picture) });
    const faults = await page.evaluate(findFaults);
    assert.equal(faults.length, 0, `${name}:\n    ${faults.join("\n    ")}`);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
}

for (const { name, query, prepare } of chosen(SCENES)) {
  test(name, { timeout: 180_000 }, async (t) => {
    for (const [width, height] of SIZES) {
      const small = width < 900;
      for (const theme of small ? ["light"] : ["light", "dark"]) {
        const what = `${name}-${theme}-${width}x${height}`;
        await t.test(what, () =>
          look(what, `${query}&theme=${theme}`, prepare, { width, height, locale: "en-GB" }, `${what}.png`),
        );
      }
    }
    const german = `${name}-de-900x600`;
    await t.test(german, () =>
      look(
        german,
        `${query}&theme=light&lang=de`,
        prepare,
        { width: 900, height: 600, locale: "de-DE" },
        `${german}.png`,
      ),
    );
  });
}
