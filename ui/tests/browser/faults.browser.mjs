// The look over a page finds what it is there to find, and nothing where nothing is wrong.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { findFaults } from "./faults.mjs";
import { start } from "./harness.mjs";

let stage;
let page;
before(async () => {
  stage = await start();
  const context = await stage.browser.newContext({ viewport: { width: 600, height: 400 } });
  page = await context.newPage();
});
after(() => stage?.close());

const CASES = [
  ["words that stick out", '<div style="width:60px">Unbreakablewordofmanyletters</div>', /words stick out/],
  ["words that are cut", '<div style="width:60px;overflow:hidden;white-space:nowrap">Many words here</div>', /cut by/],
  ["lines that are cut", '<div style="height:20px;overflow:hidden">One<br>Two<br>Three</div>', /below/],
  ["a page that is too wide", '<div style="width:900px;height:10px"></div>', /too wide/],
  ["a control out of the window", '<button style="position:fixed;left:580px">Some act</button>', /outside/],
  [
    "controls on each other",
    '<div style="position:relative"><button>First act</button><button style="position:absolute;left:5px">Second</button></div>',
    /overlap/,
  ],
  ["a control without a name", "<button><span style='padding:9px'></span></button>", /no name/],
  [
    "a control that is cut",
    '<div style="width:40px;overflow:auto hidden;white-space:nowrap"><button>Long act of a page</button></div>',
    /sideways|is cut/,
  ],
];

for (const [name, html, expected] of CASES) {
  test(`finds ${name}`, async () => {
    await page.setContent(html);
    assert.match((await page.evaluate(findFaults)).join("; "), expected);
  });
}

test("finds nothing in a good page", async () => {
  await page.setContent(
    '<h1>Title</h1><p style="width:90px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap">Long words, with dots</p><button>One</button> <button>Two</button><div style="height:60px;overflow-y:auto"><p>a</p><p>b</p><p>c</p></div>',
  );
  assert.deepEqual(await page.evaluate(findFaults), []);
});
