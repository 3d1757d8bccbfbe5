/** Try with what comes from elsewhere: machines in files, their history, and definitions in other languages. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, launch, open } from "./opened.ts";

let browser: Browser;

beforeAll(async () => {
  if (CHROMIUM !== undefined) browser = await launch();
});
afterAll(() => browser?.close());

const SCXML = `<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" initial="red">
  <state id="red"><transition event="go" target="green"/></state>
  <state id="green"/>
</scxml>`;
const ASL = `{"StartAt":"wait","States":{"wait":{"Type":"Wait","Seconds":5,"Next":"done"},"done":{"Type":"Succeed"}}}`;
const XSTATE = `import { createMachine } from "xstate";
export const lamp = createMachine({ id: "lamp", initial: "off", states: { off: { on: { TOGGLE: "on" } }, on: {} } });`;
const YAML = `id: gate\ninitial: shut\nstates:\n  shut: { on: { OPEN: ajar } }\n  ajar: {}\n`;

describe.skipIf(CHROMIUM === undefined)("Try", () => {
  test("opens the file of a machine that another server has exported, at any revision, with its history", async () => {
    const { page } = await open(browser, "#/machine/o2");
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Export" }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe("o2.detent.jsonl");
    const path = await file.path();
    const other = await open(browser, "#/try");
    await other.client.call("FLUSHALL");
    await other.page.getByLabel("File to open").setInputFiles({
      name: "o2.detent.jsonl",
      mimeType: "application/jsonl",
      buffer: (await import("node:fs")).readFileSync(path),
    });
    await other.page.getByText("from o2 in o2.detent.jsonl").waitFor();
    await other.page.locator("g.leaf.active", { hasText: "paid" }).waitFor({ timeout: 20_000 });
    await other.page.getByText("Before that: 2 entries of its history").waitFor();
    await other.page.locator(".json", { hasText: '"paid": 120' }).waitFor();
    await other.page.getByLabel("Revision").fill("0");
    await other.page.locator("g.leaf.active", { hasText: "new" }).waitFor();
    await other.page.locator(".json", { hasText: '"paid": 0' }).waitFor();
    await other.page.getByLabel("Data of the event").fill('{"amount":500}');
    await other.page.getByRole("button", { name: "PAY", exact: true }).click();
    await other.page.locator(".json", { hasText: '"paid": 500' }).waitFor();
  });

  test("shows what a machine of the server had been through when it is forked", async () => {
    const { page } = await open(browser, "#/try/o2");
    await page.getByText("Before that: 2 entries of its history").click();
    await page.getByText("rev 2 PAY → paid").waitFor();
  });

  test("asks for the data that an event reads, and sends one that reads none at once", async () => {
    const { page } = await open(browser, "#/try");
    await page.getByLabel("Definition", { exact: true }).fill(
      JSON.stringify({
        initial: "new",
        context: { total: 0 },
        states: {
          new: { on: { PAY: { target: "paid", guard: "event.amount > 100" }, WAIT: {} } },
          paid: {},
        },
      }),
    );
    await page.getByRole("button", { name: "WAIT", exact: true }).click();
    await page.getByTitle("Back to step 2").waitFor();
    await page.getByRole("button", { name: "PAY", exact: true }).click();
    await page.getByLabel("amount").fill("120");
    await page.getByRole("button", { name: "Send PAY" }).click();
    await page.locator("g.leaf.active", { hasText: "paid" }).waitFor();
    await page.getByText('PAY {"amount":120}').waitFor();
  });

  test("says what is wrong with a file that is not an export of a machine", async () => {
    const { page } = await open(browser, "#/try");
    const given = (text: string) => ({ name: "x.jsonl", mimeType: "text/plain", buffer: Buffer.from(text) });
    await page
      .getByLabel("File to open")
      .setInputFiles(given('{"detent":"export","format":1}\n{"end":true}\n'));
    await page.getByRole("alert").filter({ hasText: "no machine that can be opened" }).waitFor();
  });

  test.each([
    ["SCXML", SCXML, "red"],
    ["ASL", ASL, "wait"],
    ["XSTATE", XSTATE, "off"],
    ["YAML", YAML, "shut"],
    ["MERMAID", "stateDiagram-v2\n  [*] --> still\n  still --> moving: push\n", "still"],
  ])("reads %s that is pasted, translates it and plays it", async (language, text, state) => {
    const { page } = await open(browser, "#/try");
    const editor = page.getByLabel("Definition", { exact: true });
    await editor.fill(text);
    await expect.poll(() => page.getByLabel("Language of the text").inputValue()).toBe(language);
    await page.getByRole("button", { name: "Translate" }).click();
    await page.locator("g.leaf.active", { hasText: state }).waitFor({ timeout: 20_000 });
    expect(JSON.parse(await editor.inputValue())).toHaveProperty("states");
    await page.getByRole("button", { name: "Back to that text" }).click();
    expect(await editor.inputValue()).toBe(text);
  });

  test("lists what of a text does not translate", async () => {
    const { page } = await open(browser, "#/try");
    await page.getByLabel("Definition", { exact: true }).fill("<scxml><state></scxml>");
    await page.getByRole("button", { name: "Translate" }).click();
    await page.getByLabel("What does not translate").locator("li").first().waitFor();
  });
});
