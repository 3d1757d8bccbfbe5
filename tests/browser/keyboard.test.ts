/** The way from the first page to an event that was sent, with the keyboard alone. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, launch, open } from "./opened.ts";

let browser: Browser;

beforeAll(async () => {
  if (CHROMIUM !== undefined) browser = await launch();
});
afterAll(() => browser?.close());

/** More stops of the Tab key than a page has before what is sought. */
const STOPS_MAX = 60;

/** Presses Tab until the focus is on what has the name, and it can be seen that it is there. */
async function tabTo(page: Page, name: string): Promise<void> {
  const names: string[] = [];
  for (let stop = 0; stop < STOPS_MAX; stop += 1) {
    await page.keyboard.press("Tab");
    const [focused, outline] = (await page.evaluate(`(() => {
      const at = document.activeElement;
      const label = at.labels?.[0]?.textContent ?? at.getAttribute("aria-label") ?? at.textContent;
      return [label.trim(), getComputedStyle(at).outlineStyle];
    })()`)) as [string, string];
    names.push(focused);
    if (focused !== name) continue;
    expect(outline, `the outline of ${name}`).not.toBe("none");
    return;
  }
  throw new Error(`Tab does not reach '${name}', but ${names.join(", ")}`);
}

describe.skipIf(CHROMIUM === undefined)("the keyboard alone", () => {
  test("leads from the first page over a drawing to a machine, and sends an event", async () => {
    const { client, page } = await open(browser, "");
    await page.locator(".card a").first().waitFor();
    await tabTo(page, "To the content");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).toBe("main");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await tabTo(page, "order:v1");
    await page.keyboard.press("Enter");
    await page.locator(".chart .badge").first().waitFor({ timeout: 20_000 });
    await tabTo(page, "new, 2 machines");
    await page.keyboard.press("Space");
    await page.getByRole("heading", { name: "Machines in new, longest there first" }).waitFor();
    await page.getByRole("link", { name: "o3" }).waitFor();
    await tabTo(page, "o1");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "PAY", exact: true }).waitFor({ timeout: 20_000 });
    await tabTo(page, "PAY");
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("amount").waitFor();
    await expect.poll(() => page.evaluate("document.activeElement.id")).toBe("field-data-amount");
    await page.keyboard.type("100");
    await tabTo(page, "Reason");
    await page.keyboard.type("by hand");
    await page.keyboard.press("Enter");
    await page.locator("g.leaf.active", { hasText: "paid" }).waitFor();
    expect(await client.call("SM.CONTEXT", "o1")).toBe('{"paid":100,"total":100}');
  });
});
