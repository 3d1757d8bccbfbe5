/** What an open page costs the server: as much with many machines as with few, since it reads counters and the fronts of indexes. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import type { TestClient } from "../support/client.ts";
import { CountingStore } from "../support/counting-store.ts";
import { request } from "../support/http.ts";
import { define } from "../support/machines.ts";
import { startTestServer } from "../support/server.ts";
import { CHROMIUM, launch, ORDER, open } from "./opened.ts";

/** Entries by which a page of a hundred machines, or a walk that is bounded, may differ. */
const DIFFERENCE_MAX = 1500;
const [FEW, MANY] = [200, 6000];
/** Fail at once: so many machines among the others. */
const FAILED = 30;
const PARCEL = {
  id: "parcel",
  initial: "sent",
  context: { days: null },
  states: {
    sent: { after: { "0ms": { target: "due", actions: [{ assign: { days: "context.days + 1" } }] } } },
    due: {},
  },
};

const PAGES = [
  ["", ".tiles"],
  ["#/find?definition=order&state=new", ".machines a"],
  ["#/definition/order%3Av1", ".chart .badge"],
  ["#/machine/o2", ".chart .leaf.active"],
  ["#/failures", ".cause"],
  ["#/failures?definition=parcel%3Av1", ".cause"],
  ["#/streams", "td"],
  ["#/family/o2", ".sequence .step"],
] as const;

let browser: Browser;

beforeAll(async () => {
  if (CHROMIUM !== undefined) browser = await launch();
});
afterAll(() => browser?.close());

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
}

/** All that the pages ask, each once, as they are opened and as they follow a change. */
async function askedByPages(): Promise<readonly Asked[]> {
  const { server, client, page } = await open(browser, "");
  await fail(client);
  const asked = new Map<string, Asked>();
  page.on("request", (made) => {
    const path = made.url().slice(server.url.length);
    if (!path.startsWith("/api/") || path.startsWith("/api/v1/changes")) return;
    const one = { method: made.method(), path, body: made.postData() ?? undefined };
    asked.set(JSON.stringify(one), one);
  });
  for (const [path, shown] of PAGES) {
    await page.goto(`${server.url}/${path}`);
    await page.locator(shown).first().waitFor({ timeout: 20_000 });
    const ticked = page.waitForResponse((answer) => answer.url().includes("/api/v1/"));
    await client.call("SM.PATCH", "o2", "{}");
    await ticked;
  }
  return [...asked.values()];
}

async function fail(client: TestClient): Promise<void> {
  await define(client, "parcel:v1", PARCEL);
  for (let at = 0; at < FAILED; at += 1) await client.call("SM.CREATE", `p${at}`, "parcel");
  expect(await client.call("SM.COUNT", "STATUS", "failed")).toBe(FAILED);
}

/** Reads of a store with so many machines, for each request. */
async function readsOf(requests: readonly Asked[], machines: number): Promise<ReadonlyMap<string, number>> {
  const ordered = new CountingStore();
  const server = await startTestServer({ http: true, store: Store.over(ordered, OBJECT_TYPES) });
  onTestFinished(() => server.close());
  const client = await server.client();
  await define(client, "order:v1", ORDER);
  for (let at = 0; at < machines; at += 1) await client.call("SM.CREATE", `o${at}`, "order");
  await fail(client);
  const reads = new Map<string, number>();
  for (const { method, path, body } of requests) {
    const ask = () => request(server.url, path, { method, ...(body === undefined ? {} : { body }) });
    await ask();
    const before = ordered.reads;
    expect((await ask()).status, path).toBeLessThan(300);
    reads.set(`${method} ${path} ${body ?? ""}`, ordered.reads - before);
  }
  return reads;
}

describe.skipIf(CHROMIUM === undefined)("an open page", () => {
  test("reads no more when there are thirty times as many machines", async () => {
    const requests = await askedByPages();
    expect(requests.length).toBeGreaterThan(15);
    const few = await readsOf(requests, FEW);
    const many = await readsOf(requests, MANY);
    const grown = [...many].filter(([name, reads]) => reads > (few.get(name) ?? 0) + DIFFERENCE_MAX);
    expect(grown).toEqual([]);
  });
});
