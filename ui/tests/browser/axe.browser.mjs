// No page, dialog or menu has a serious or critical fault in accessibility, in light and in dark.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { paint, start, table } from "./harness.mjs";
import { chosen, SCENES } from "./scenes.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const BAD = ["serious", "critical"];
const rows = [];
let stage;

/**
 * An open menu or list keeps the focus and hides the rest from screen readers. Axe knows that of dialogs only, so it is
 * tried here: Tab must not lead out.
 */
async function keepsFocus(page) {
  const menu = page.locator("[role=menu], [role=listbox]").first();
  if ((await menu.count()) === 0 || (await page.locator("[role=dialog]").count()) > 0) return false;
  for (let at = 0; at < 3; at += 1) {
    await page.keyboard.press("Tab");
    const inside = await page.evaluate(
      () => document.activeElement?.closest("[role=menu], [role=listbox]") !== null && document.activeElement !== null,
    );
    assert.ok(inside, "Tab leads out of an open menu");
  }
  return true;
}

before(async () => {
  stage = await start();
});
after(async () => {
  await stage?.close();
  console.log(`\n${table(["scene", "theme", "rules passed", "minor", "moderate", "serious", "critical"], rows)}\n`);
});

describe("axe", { concurrency: 2 }, () => {
  for (const { name, query, prepare } of chosen(SCENES)) {
    test(name, { timeout: 120_000 }, async () => {
      const { page, complaints, close } = await stage.open(query);
      const faults = [];
      try {
        await prepare?.(page);
        const rules = (await keepsFocus(page)) ? { "aria-hidden-focus": { enabled: false } } : {};
        await page.evaluate(axe);
        for (const theme of ["light", "dark"]) {
          await paint(page, theme);
          const { violations, passes } = await page.evaluate(
            (rules) => window.axe.run(document, { resultTypes: ["violations"], rules }),
            rules,
          );
          const count = (impact) => violations.filter((found) => found.impact === impact).length;
          rows.push([name, theme, passes.length, ...["minor", "moderate", "serious", "critical"].map(count)]);
          for (const { id, impact, nodes } of violations) {
            for (const { target, failureSummary } of nodes) {
              const why = failureSummary?.split("\n").slice(1).join(" ").trim();
              const text = `${theme}: ${impact} ${id}: ${target.join(" ")}\n      ${why}`;
              if (process.env.ALL) console.log(`${name} ${text}`);
              if (BAD.includes(impact)) faults.push(text);
            }
          }
        }
        assert.equal(faults.length, 0, `\n    ${faults.join("\n    ")}`);
        assert.deepEqual(complaints, []);
      } finally {
        await close();
      }
    });
  }
});
