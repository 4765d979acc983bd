// What the browser tests share: a small server over the pages built with the fake client, and Chromium.

import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const FOLDER = process.env.FAKE_DIST ?? fileURLToPath(new URL("../../dist-fake", import.meta.url));
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".woff2": "font/woff2",
  ".svg": "image/svg+xml",
};
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Serves the folder on a free port of this machine. */
async function serve() {
  if (!existsSync(join(FOLDER, "index.html"))) throw new Error(`nothing built in ${FOLDER}: run npm run build:fake`);
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const file = join(FOLDER, normalize(pathname === "/" ? "/index.html" : pathname));
    if (!file.startsWith(FOLDER) || !existsSync(file) || !statSync(file).isFile()) {
      // A browser asks for an icon on its own.
      response.writeHead(pathname === "/favicon.ico" ? 204 : 404).end();
      return;
    }
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** Starts server and browser; `open` answers a page at an address of the fake program, with what it complained of. */
export async function start() {
  const server = await serve();
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
  return {
    browser,
    url: server.url,
    async open(query = "", { width = 1280, height = 800, moves = false, locale = "en-GB" } = {}) {
      const context = await browser.newContext({
        viewport: { width, height },
        reducedMotion: moves ? "no-preference" : "reduce",
        locale,
      });
      const page = await context.newPage();
      const complaints = [];
      page.on("pageerror", (error) => complaints.push(`thrown: ${error.message}`));
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(`console: ${message.text()}`);
      });
      await page.goto(`${server.url}?${query}`);
      await page.waitForFunction(() => window.__vouch !== undefined && document.querySelector("main > *") !== null);
      await settle(page);
      return { page, complaints, close: () => context.close() };
    },
    async close() {
      await browser.close();
      server.close();
    },
  };
}

/** Changes light and dark as a user would, on the page as it stands. */
export async function paint(page, theme) {
  await page.evaluate((theme) => {
    const { store } = window.__vouch;
    store.setState({ taste: { ...store.getState().taste, theme } });
  }, theme);
  await page.waitForFunction((theme) => document.documentElement.dataset.theme === theme, theme);
}

/** Until fonts are there and nothing has been added to the page for a moment. */
export async function settle(page, quiet = 150) {
  await page.evaluate(async (quiet) => {
    await document.fonts.ready;
    await new Promise((resolve) => {
      const end = performance.now() + 2500;
      let last = performance.now();
      const watch = new MutationObserver(() => {
        last = performance.now();
      });
      watch.observe(document.body, { childList: true, subtree: true });
      const timer = setInterval(() => {
        const now = performance.now();
        if (now - last < quiet && now < end) return;
        clearInterval(timer);
        watch.disconnect();
        resolve();
      }, 25);
    });
  }, quiet);
}

/** Rows under a head, in columns. */
export function table(head, rows) {
  const widths = head.map((name, at) => Math.max(name.length, ...rows.map((row) => String(row[at]).length)));
  const line = (row) =>
    row
      .map((cell, at) => String(cell).padEnd(widths[at]))
      .join("  ")
      .trimEnd();
  return [line(head), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}
