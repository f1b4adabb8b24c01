// The server's page in a real browser: `node browser.js graphiql` or `node browser.js plain`, by which page it shows.
import { setTimeout as sleep } from "node:timers/promises";

import puppeteer from "puppeteer-core";

import { httpUrl, run, tokens } from "./harness.js";

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});
/** What the pages complain of, such as files that their policy does not let them load. */
const complaints = [];

async function open(address = httpUrl) {
  // A context of its own: nothing is remembered from one case to the next.
  const page = await (await browser.createBrowserContext()).newPage();
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.setViewport({ width: 1400, height: 900 });
  await page.goto(address);
  await shown.ready(page);
  return page;
}

async function create(name) {
  const query = `mutation($name: String!) { createTopic(input: { name: $name }) { topic { id } } }`;
  const headers = { authorization: `Bearer ${tokens.good}`, "content-type": "application/json" };
  await fetch(httpUrl, { method: "POST", headers, body: JSON.stringify({ query, variables: { name } }) });
}

async function settle(condition) {
  for (let attempt = 0; attempt < 80; attempt += 1) {
    if (await condition(attempt)) return true;
    await sleep(125);
  }
  return false;
}

const SUBSCRIPTION = "subscription Follow { changes(types: [TOPIC]) { node { action } } }";
const TWO = "query One { __typename } query Two($slug: String!) { actor(slug: $slug) { name } }";
const SHARED = `${httpUrl}?${new URLSearchParams({ query: TWO, variables: '{"slug":"russia"}', operationName: "Two" })}`;

const SECOND_EDITOR = ".graphiql-editor-tool .graphiql-editor:not(.hidden)";

/** The page with GraphiQL: its editors are Monaco's, whose text is read from the lines in view. */
const graphiql = {
  ready: (page) => page.waitForSelector(".graphiql-query-editor .view-line", { timeout: 60_000 }),
  run: (page) => page.click(".graphiql-execute-button"),
  /** Runs the operation at the cursor. */
  async runChosen(page) {
    await page.keyboard.down("Control");
    await page.keyboard.press("Enter");
    await page.keyboard.up("Control");
  },
  // Monaco shows blanks as no-break spaces.
  text: (page, part) =>
    page.$$eval(`${part} .view-line`, (lines) =>
      lines.map((line) => line.textContent.replaceAll("\u00a0", " ")).join("\n"),
    ),
  query: (page) => graphiql.text(page, ".graphiql-query-editor"),
  variables: (page) => graphiql.text(page, SECOND_EDITOR),
  answer: (page) => graphiql.text(page, ".result-window"),
  async type(page, part, text) {
    await page.click(`${part} .view-lines`);
    await page.keyboard.down("Control");
    await page.keyboard.press("a");
    await page.keyboard.up("Control");
    await page.keyboard.press("Backspace");
    await page.keyboard.sendCharacter(text);
    await sleep(1_000); // until the editor has read what was written
  },
  write: (page, text) => graphiql.type(page, ".graphiql-query-editor", text),
  async examples(page) {
    await page.click('button[aria-label="Examples"]');
    await page.waitForSelector('[role="menuitem"]');
    const titles = await page.$$eval('[role="menuitem"]', (items) => items.map((item) => item.textContent));
    await page.click('[role="menuitem"]:nth-of-type(3)');
    return titles;
  },
  link: (page) => page.click('button[aria-label="Copy a link to this operation"]'),
  async headers(page) {
    const tab = await page.$(".graphiql-editor-tools button[data-name=headers]:not(.active)");
    await tab?.click();
    return graphiql.text(page, SECOND_EDITOR);
  },
  async writeHeaders(page, token) {
    await graphiql.headers(page);
    await graphiql.type(page, SECOND_EDITOR, `{"Authorization": "Bearer ${token}"}`);
  },
  async remember(page) {
    await page.click('button[aria-label="Open settings dialog"]');
    await page.waitForSelector("#enable-persist-headers");
    await page.click("#enable-persist-headers");
    await page.keyboard.press("Escape");
  },
};

/** The plain page. */
const plain = {
  ready: (page) => page.waitForSelector("#run"),
  run: (page) => page.click("#run"),
  runChosen: (page) => page.click("#run"),
  query: (page) => page.$eval("#query", (field) => field.value),
  variables: (page) => page.$eval("#variables", (field) => field.value),
  answer: (page) => page.$eval("#result", (result) => result.textContent),
  write: (page, text) => page.$eval("#query", (field, value) => void (field.value = value), text),
  async examples(page) {
    const titles = await page.$$eval("#examples option", (options) => options.map((option) => option.textContent));
    await page.select("#examples", "2");
    return titles;
  },
  link: (page) => page.click("#link"),
  headers: (page) => page.$eval("#token", (field) => field.value),
  writeHeaders: (page, token) => page.$eval("#token", (field, value) => void (field.value = value), token),
  async remember(page) {
    await page.click("#remember");
    await page.click("#run");
  },
};

const shown = { graphiql, plain }[process.argv[2]];
const answers = (page, text) => settle(async () => (await shown.answer(page)).includes(text));

await run({
  async firstQuery() {
    const page = await open();
    await shown.run(page);
    return answers(page, "Syrian government under Bashar al-Assad");
  },
  async examples() {
    const page = await open();
    const titles = await shown.examples(page);
    return { titles, third: await settle(async () => (await shown.query(page)).includes("query Network")) };
  },
  async sharedLink() {
    const page = await open(SHARED);
    await sleep(500);
    const opened = { query: await shown.query(page), variables: JSON.parse(await shown.variables(page)) };
    const untouched = (await shown.answer(page)).trim() === "";
    await shown.runChosen(page);
    return { ...opened, untouched, ran: await answers(page, "Russia") };
  },
  async copiedLink() {
    const page = await open(SHARED);
    await shown.writeHeaders(page, "a-secret");
    await shown.link(page);
    await settle(() => page.url().includes("?"));
    const address = new URL(page.url());
    return { ...Object.fromEntries(address.searchParams), secret: address.href.includes("secret") };
  },
  async subscription() {
    const page = await open();
    await shown.write(page, SUBSCRIPTION);
    await shown.run(page);
    const followed = await settle(async (attempt) => {
      await create(`Shown by ${process.argv[2]} ${attempt}`);
      return (await shown.answer(page)).includes("CREATED");
    });
    await shown.run(page);
    await sleep(500);
    const after = (await shown.answer(page)).includes("CREATED");
    await shown.write(page, "{ __typename }");
    await shown.run(page);
    return { followed, after, stopped: await answers(page, "Query") };
  },
  async remembered() {
    const page = await open();
    await shown.writeHeaders(page, tokens.good);
    await sleep(1_000);
    await page.reload();
    await shown.ready(page);
    const untold = (await shown.headers(page)).includes(tokens.good);
    await shown.writeHeaders(page, tokens.good);
    await shown.remember(page);
    await sleep(1_000);
    await page.reload();
    await shown.ready(page);
    const told = await settle(async () => (await shown.headers(page)).includes(tokens.good));
    await shown.write(page, "{ viewer { name } }");
    await shown.run(page);
    return { untold, told, sent: await answers(page, "karl") };
  },
  complaints: () => complaints,
});
