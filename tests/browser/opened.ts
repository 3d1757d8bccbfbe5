/** A page of the console in a browser, over a server with some orders. An error in the browser's console fails the test. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import type { TestClient } from "../support/client.ts";
import { define } from "../support/machines.ts";
import { startTestServer, type TestServer, type TestServerOptions } from "../support/server.ts";
import { CHROMIUM } from "./chromium.ts";
import { ORDER } from "./order.ts";

const ROOT = join(import.meta.dirname, "../..");

export { CHROMIUM, ORDER };

if (CHROMIUM === undefined) process.stderr.write("chromium is missing: the console is not tried\n");

/** Builds the console where it is not built. */
export async function launch(): Promise<Browser> {
  if (!existsSync(join(ROOT, "dist/console/assets")))
    spawnSync("npx", ["vite", "build", "--config", "vite.console.config.ts"], { cwd: ROOT });
  return chromium.launch({ executablePath: CHROMIUM ?? "" });
}

export interface Opening extends TestServerOptions {
  readonly colorScheme?: "light" | "dark";
  /** HTTP statuses that the page is expected to meet. */
  readonly statuses?: readonly number[];
  /** Instead of a server with orders. */
  readonly server?: TestServer;
  /** Without orders. */
  readonly isEmpty?: boolean;
}

export async function open(browser: Browser, path: string, options: Opening = {}) {
  const { colorScheme = "light", statuses = [], isEmpty = false, server: _, ...serverOptions } = options;
  const server = options.server ?? (await startTestServer({ http: true, ...serverOptions }));
  const client = await server.client();
  const password = options.config?.requirepass;
  if (password !== undefined) await client.call("AUTH", password);
  if (!isEmpty) await makeOrders(client);
  const page = await browser.newPage({ colorScheme });
  const errors = errorsOf(page, server.url, statuses);
  await page.goto(`${server.url}/${path}`);
  onTestFinished(async () => {
    await page.close();
    await server.close();
    expect(errors).toEqual([]);
  });
  return { server, client, page };
}

/** What goes wrong on a page from now on: errors of the browser's console, and requests to other hosts. */
export function errorsOf(page: Page, url: string, statuses: readonly number[] = []): readonly string[] {
  const errors: string[] = [];
  page.on("console", (message) => {
    // The browser itself tells of an answer that is a refusal.
    const isExpected = statuses.some((status) => message.text().includes(`status of ${status}`));
    if (message.type() === "error" && !isExpected) errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !/^(?:data|blob):/.test(request.url()))
      errors.push(`asks ${request.url()}`);
  });
  return errors;
}

async function makeOrders(client: TestClient): Promise<void> {
  await define(client, "order:v1", ORDER);
  for (const key of ["o1", "o2", "o3"]) await client.call("SM.CREATE", key, "order");
  await client.call("SM.SEND", "o2", "PAY", '{"amount":120}', "BY", "ann");
}
