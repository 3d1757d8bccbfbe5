/**
 * Takes the pictures of the console for the documentation: each page, light and dark, over a server on which the demo has been running for
 * some minutes. The clock of the server is turned by hand; what the pictures show is the same each time but for times of day.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { CHROMIUM } from "../browser/chromium.ts";
import type { TestClient } from "../support/client.ts";
import { define, fields } from "../support/machines.ts";
import { startTestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const ROOT = join(import.meta.dirname, "../..");
const SIZE = { width: 1360, height: 900 };
const MINUTES = 12;

async function main(): Promise<void> {
  if (CHROMIUM === undefined) throw new Error("the pictures need chromium, as /usr/bin/chromium");
  spawnSync("npx", ["vite", "build", "--config", "vite.console.config.ts"], { cwd: ROOT, stdio: "inherit" });
  const clock = new PictureClock(Date.now() - MINUTES * 60_000);
  const server = await startTestServer({ http: true, clock });
  const browser = await chromium.launch({ executablePath: CHROMIUM });
  try {
    const client = await server.client();
    const pages = await prepare(client, clock, server.url);
    for (const colorScheme of ["light", "dark"] as const)
      for (const page of pages) await take(browser, server.url, page, colorScheme);
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Turned by hand, but for how long commands take. */
class PictureClock extends VirtualClock {
  override monotonicMs(): number {
    return performance.now();
  }
}

interface Picture {
  readonly name: string;
  readonly path: string;
  /** What is there when the page is ready. */
  readonly shown: string;
  /** What is done before the picture is taken: buttons that are pressed, one behind the other. */
  readonly press?: readonly string[];
}

/** Has the demo run, and makes what it does not: a group of consumers, a task that was given up, a job. */
async function prepare(client: TestClient, clock: VirtualClock, url: string): Promise<readonly Picture[]> {
  await client.call("CONFIG", "SET", "sm-audit-stream", "audit");
  await client.call("SM.DEMO");
  await client.call("XGROUP", "CREATE", "sm:changes:demo-order", "mail", "0", "MKSTREAM");
  for (let second = 0; second < MINUTES * 60; second += 1) {
    clock.advance(1000);
    if (second % 5 === 0) await client.call("PING");
  }
  await client.call(
    "XREADGROUP",
    "GROUP",
    "mail",
    "mailer-1",
    "COUNT",
    "40",
    "STREAMS",
    "sm:changes:demo-order",
    ">",
  );
  await giveUpTask(client);
  const body = {
    action: "send",
    event: "CANCEL",
    reason: "the sale is over",
    rate: 50,
    filter: { definition: "demo-order", state: "new" },
  };
  const made = await fetch(`${url}/api/v1/jobs`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const { id } = (await made.json()) as { id: string };
  const order = await firstOf(client, "DEF", "demo-order", "STATE", "paid.picking");
  const failed = await firstOf(client, "STATUS", "failed");
  const parent = await firstOf(client, "DEF", "demo-order", "STATE", "refunded");
  await client.call("SM.SUSPEND", order, "asked by phone");
  await client.call("SM.PATCH", order, '{"carrier":{"name":"bike","days":2}}', "REASON", "address in town");
  await client.call("SM.RESUME", order);
  const at = (page: string, subject: string) => `#/${page}/${encodeURIComponent(subject)}`;
  return [
    { name: "overview", path: "", shown: ".card" },
    { name: "definition", path: `${at("definition", "demo-order:v1")}?state=paid`, shown: ".chart .badge" },
    { name: "flow", path: `${at("definition", "demo-order:v1")}?heat=rate`, shown: ".chart text.rate" },
    { name: "stays", path: `${at("definition", "demo-order:v1")}?heat=stay`, shown: ".chart .note" },
    { name: "machine", path: at("machine", order), shown: ".chart .leaf.active" },
    { name: "machine-failed", path: at("machine", failed), shown: ".history .bad" },
    { name: "family", path: at("family", parent), shown: ".sequence .step" },
    { name: "versions", path: at("versions", "demo-order"), shown: ".changes" },
    { name: "find", path: "#/find?definition=demo-order&state=paid", shown: ".machines a" },
    { name: "failures", path: "#/failures", shown: ".cause" },
    { name: "jobs", path: at("jobs", id), shown: "h1 .status" },
    { name: "audit", path: "#/audit", shown: "td" },
    { name: "streams", path: "#/streams", shown: "td" },
    { name: "try", path: "#/try", shown: ".chart .leaf.active", press: ["OPEN"] },
    { name: "fork", path: at("try", order), shown: ".chart .leaf.active" },
  ];
}

/** A task whose worker has died, and which may not be tried again. */
async function giveUpTask(client: TestClient): Promise<void> {
  const charging = {
    id: "charging",
    initial: "asked",
    states: { asked: { entry: [{ task: "charge", attempts: 1, timeout: "1h" }] } },
  };
  await define(client, "demo-charging:v1", charging);
  await client.call("XGROUP", "CREATE", "sm:tasks:charge", "workers", "0", "MKSTREAM");
  await client.call("SM.CREATE", "demo:charge:1", "demo-charging");
  await client.call("XREADGROUP", "GROUP", "workers", "w1", "STREAMS", "sm:tasks:charge", ">");
  await client.call("XAUTOCLAIM", "sm:tasks:charge", "workers", "w2", "0", "0");
}

/** Of the machines that fit, the one with the longest history. */
async function firstOf(client: TestClient, ...filter: readonly string[]): Promise<string> {
  const reply = await client.call("SM.SCAN", "0", ...filter, "COUNT", "1000");
  const keys = Array.isArray(reply) && Array.isArray(reply[1]) ? reply[1].map(String) : [];
  let found = "";
  let longest = 0;
  for (const key of keys) {
    const rev = Number(fields(await client.call("SM.INFO", key))["rev"]);
    if (rev > longest) [found, longest] = [key, rev];
  }
  if (found === "") throw new Error(`the demo has no machine that is ${filter.join(" ")}`);
  return found;
}

async function take(
  browser: Browser,
  url: string,
  picture: Picture,
  colorScheme: "light" | "dark",
): Promise<void> {
  const page = await browser.newPage({ colorScheme, viewport: SIZE });
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(`${url}/${picture.path}`);
  await page.locator(picture.shown).first().waitFor({ timeout: 60_000 });
  for (const name of picture.press ?? []) await page.getByRole("button", { name, exact: true }).click();
  // All that was asked for has been answered.
  await page.waitForLoadState("load");
  await page.waitForFunction("document.querySelectorAll('.drawing').length === 0");
  await page.screenshot({ path: join(ROOT, `docs/images/console-${picture.name}-${colorScheme}.png`) });
  await page.close();
  if (errors.length > 0) throw new Error(`${picture.name}: ${errors.join(", ")}`);
  console.log(`${picture.name}, ${colorScheme}`);
}

await main();
