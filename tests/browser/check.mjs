// Looks at report pages in a headless Chromium. See README.md.
import { existsSync, mkdirSync } from "node:fs";
import { basename, delimiter, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const WIDTHS = [390, 1280];
const SCHEMES = ["light", "dark"];
// No page of a newspaper article has more stops; a trap has infinitely many.
const MOST_STOPS = 2000;
const CANNOT_RUN = 2;

const { files, shots } = options(process.argv.slice(2));
const { axe, puppeteer } = await libraries();
const browser = await puppeteer.launch({
  executablePath: chromium(),
  // Everywhere a container is, its user is root, whom the sandbox refuses.
  args: ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"],
});

let faults = 0;
try {
  for (const file of files) {
    const report = reporter(basename(file));
    for (const width of WIDTHS) {
      for (const scheme of SCHEMES) {
        await look(file, { width, scheme, report });
      }
      await keyboard(file, { width, report });
    }
    await withoutScripts(file, report);
    await onPaper(file, report);
  }
} finally {
  await browser.close();
}
process.exitCode = faults === 0 ? 0 : 1;

/** Accessibility, and whether the page fits. */
async function look(file, { width, scheme, report }) {
  const at = `${width} px, ${scheme}`;
  const page = await open(file, { width, scheme, report, at });
  await page.evaluate(() => document.querySelectorAll("details").forEach((fold) => (fold.open = true)));
  await axeRun(page, at, report);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  report(wide <= 0, `${at}: nothing is wider than the window`, `${wide} px`);

  // With sentences lit, which changes their ground.
  if (await page.$(".seg[data-of]")) {
    await page.evaluate(() => {
      const seen = (seg) => seg.getClientRects().length > 0;
      [...document.querySelectorAll(".seg[data-of]")].find(seen)?.focus();
    });
    const lit = await page.$$eval(".seg.on", (all) => all.length);
    report(lit >= 2, `${at}: the focus lights a sentence and its counterpart`, `${lit} lit`);
    await axeRun(page, `${at}, focused`, report);
  }
  if (shots) {
    await page.screenshot({ path: join(shots, `${name(file)}-${width}-${scheme}.png`), fullPage: true });
  }
  await page.close();
}

async function axeRun(page, at, report) {
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate(() => window.axe.run(document, {}));
  const said = violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n${nodes.slice(0, 5).map(({ html, failureSummary }) => `      ${html.slice(0, 160)}\n      ${failureSummary.replaceAll("\n", " ")}`).join("\n")}`,
  );
  report(
    violations.length === 0 && passes.length > 10,
    `${at}: axe finds nothing (${passes.length} rules apply)`,
    said.join("\n    "),
  );
}

/** Every stop of the Tab key in order, in sight and marked, and an end to them; then the arrows. */
async function keyboard(file, { width, report }) {
  const at = `${width} px, keyboard`;
  const page = await open(file, { width, scheme: "light", report, at });
  const stops = [];
  while (stops.length < MOST_STOPS) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const node = document.activeElement;
      if (!node || node === document.body) return null;
      const before = window.lastStop;
      window.lastStop = node;
      const box = [...node.getClientRects()].find(({ width, bottom }) => width > 0 && bottom > 0);
      const x = box ? (Math.max(box.left, 0) + Math.min(box.right, innerWidth)) / 2 : -1;
      const y = box ? (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2 : -1;
      const top = document.elementFromPoint(x, y);
      // A radio button is drawn by what stands beside it.
      const drawn = node.matches("input") ? node.nextElementSibling : node;
      const { outlineStyle, outlineWidth } = getComputedStyle(drawn);
      return {
        what: `${node.localName}${node.id ? `#${node.id}` : ""} "${node.textContent.trim().slice(0, 40)}"`,
        inOrder: !before || Boolean(before.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING),
        // Within the window, and nothing that sticks to it lies above.
        inSight: Boolean(top) && (node.contains(top) || top.contains(node)),
        marked: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
        skip: node.matches("a.skip"),
        seg: node.matches(".seg"),
      };
    });
    if (!stop) break;
    stops.push(stop);
  }
  const bad = (key) => stops.filter((stop) => !stop[key]).map(({ what }) => what).join("; ");
  report(stops.length > 0 && stops.length < MOST_STOPS, `${at}: ${stops.length} stops and then an end`, "a trap");
  report(stops[0]?.skip === true, `${at}: the first stop skips to the article`, stops[0]?.what);
  report(!bad("inOrder"), `${at}: stops follow the text`, bad("inOrder"));
  report(!bad("inSight"), `${at}: stops are in sight`, bad("inSight"));
  report(!bad("marked"), `${at}: stops show the focus`, bad("marked"));

  const segments = await page.$$(".seg");
  if (segments.length > 0) {
    const inText = stops.filter(({ seg }) => seg).length;
    report(inText === 1, `${at}: the text is one stop`, `${inText} stops`);
    await arrows(page, at, report);
  }
  await links(page, at, report);
  await page.close();
}

async function arrows(page, at, report) {
  const focused = () => page.evaluate(() => document.activeElement.id);
  const start = await page.evaluate(() => {
    const seen = (seg) => seg.getClientRects().length > 0;
    const made = [...document.querySelectorAll(".seg[data-of]")].find(seen);
    const source = made && document.getElementById(made.dataset.of.split(" ")[0]);
    source?.focus();
    return source && { source: source.id, made: made.id };
  });
  if (!start) return;
  await page.keyboard.press("ArrowRight");
  const right = await focused();
  report(right !== start.source, `${at}: → goes to the translation`, `${start.source} to ${right}`);
  await page.keyboard.press("ArrowLeft");
  const left = await focused();
  report(left === start.source, `${at}: ← goes back`, `${right} to ${left}`);
  await page.keyboard.press("ArrowDown");
  const down = await focused();
  const next = await page.evaluate(({ source }, down) => {
    const column = source.split("-")[0];
    const all = [...document.querySelectorAll(`.seg[id^="${column}-"]`)].map((seg) => seg.id);
    return all[all.indexOf(source) + 1] ?? down;
  }, start, down);
  report(down === next, `${at}: ↓ goes to the next sentence`, `${down}, not ${next}`);
}

/** Links of the list bring to what they name, also where its language is not shown. */
async function links(page, at, report) {
  const ids = await page.$$eval(".findings li a", (all) => all.map((link) => link.hash.slice(1)));
  const picked = [...new Set([ids.at(0), ids.at(-1)])].filter(Boolean);
  const choices = await page.$$eval(".switch input", (all) => all.map((choice) => choice.id));
  for (const id of picked) {
    // Chosen so that it may be hidden: the last one of those that show one language.
    if (choices.length > 1) await page.$eval(`#${choices.at(-2)}`, (choice) => choice.click());
    await page.evaluate((id) => (location.hash = id), id);
    await new Promise((done) => setTimeout(done, 100));
    const seen = await page.$eval(`#${id}`, (note) => {
      const box = note.getBoundingClientRect();
      return box.height > 0 && box.top < innerHeight && box.bottom > 0;
    });
    report(seen, `${at}: the link to ${id} brings it into sight`, "out of sight");
  }
}

/** Whatever the page says, it says without scripts, and languages can be chosen. */
async function withoutScripts(file, report) {
  const at = "without scripts";
  const page = await browser.newPage();
  await page.setJavaScriptEnabled(false);
  await page.setViewport({ width: 1280, height: 900 });
  await page.goto(pathToFileURL(file).href);
  const count = () =>
    page.$$eval(".seg", (all) => [all.length, all.filter((seg) => seg.getClientRects().length > 0).length]);
  const [all, shown] = await count();
  report(all === shown, `${at}: every sentence is there`, `${shown} of ${all}`);
  const first = await page.$(".switch label");
  if (first) {
    await first.click();
    const [, fewer] = await count();
    report(fewer < all, `${at}: one language can be chosen`, `${fewer} of ${all}`);
  }
  await page.close();
}

/** On paper the columns stay, and what only a screen can do goes. */
async function onPaper(file, report) {
  const at = "on paper";
  const page = await browser.newPage();
  // The width of A4 between its margins.
  await page.setViewport({ width: 703, height: 1000 });
  await page.goto(pathToFileURL(file).href);
  await page.emulateMediaType("print");
  const seen = (selector) =>
    page.$$eval(selector, (all) => all.filter((one) => one.getClientRects().length > 0).length);
  report((await seen(".controls, .skip")) === 0, `${at}: no buttons`, "some are left");
  const rows = await page.$$eval(".row", (all) =>
    all.map((row) => {
      const cells = [...row.querySelectorAll(".cell")].filter((cell) => cell.getClientRects().length > 0);
      return new Set(cells.map((cell) => Math.round(cell.getBoundingClientRect().top))).size;
    }),
  );
  report(rows.every((tops) => tops <= 1), `${at}: columns stand side by side`, "some are below others");
  if (shots) {
    await page.pdf({ path: join(shots, `${name(file)}.pdf`), format: "A4", printBackground: true });
  }
  await page.close();
}

/** A page at a width, which must ask for nothing but itself and have nothing to complain of. */
async function open(file, { width, scheme, report, at }) {
  const url = pathToFileURL(file).href;
  const page = await browser.newPage();
  await page.setViewport({ width, height: width < 600 ? 844 : 900 });
  await page.emulateMediaFeatures([
    { name: "prefers-color-scheme", value: scheme },
    // A page that is still on its way cannot be looked at.
    { name: "prefers-reduced-motion", value: "reduce" },
  ]);
  const asked = [];
  const said = [];
  page.on("request", (request) => request.url().split("#")[0] === url || asked.push(request.url()));
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(error.message));
  page.on("dialog", async (dialog) => {
    said.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  await page.goto(url, { waitUntil: "load" });
  await new Promise((done) => setTimeout(done, 200));
  report(asked.length === 0, `${at}: asks for nothing`, asked.join(" "));
  report(said.length === 0, `${at}: the console is empty`, said.join(" | "));
  return page;
}

function reporter(file) {
  return (good, what, details) => {
    if (!good) faults += 1;
    console.log(good ? `ok    ${file}  ${what}` : `FAIL  ${file}  ${what}\n    ${details}`);
  };
}

function name(file) {
  return basename(file).replace(/\.html?$/, "");
}

function options(args) {
  const at = args.indexOf("--shots");
  const shots = at < 0 ? null : args.splice(at, 2)[1];
  if (args.length === 0 || shots === undefined || args.some((arg) => arg.startsWith("-"))) {
    stop("usage: node check.mjs [--shots FOLDER] PAGE.html...");
  }
  const missing = args.find((file) => !existsSync(file));
  if (missing) stop(`no such file: ${missing}`);
  if (shots) mkdirSync(shots, { recursive: true });
  return { files: args.map((file) => resolve(file)), shots };
}

async function libraries() {
  try {
    const [{ default: axe }, { default: puppeteer }] = await Promise.all([
      import("axe-core"),
      import("puppeteer-core"),
    ]);
    return { axe: axe.source, puppeteer };
  } catch (error) {
    return stop(`run \`npm ci\` here first: ${error.message}`);
  }
}

/** `CHROMIUM`, or one that is installed. */
function chromium() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = folders.flatMap((folder) => names.map((name) => join(folder, name))).find(existsSync);
  return found ?? stop("no Chromium: install one, or name it in CHROMIUM");
}

function stop(why) {
  console.error(why);
  process.exit(CANNOT_RUN);
}
