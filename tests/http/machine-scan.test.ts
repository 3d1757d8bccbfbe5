/** Long pages of machines: what they answer, and that others are served meanwhile. */
import { expect, onTestFinished, test } from "vitest";
import { request } from "../support/http.ts";
import { define } from "../support/machines.ts";
import { startTestServer } from "../support/server.ts";

async function serve(machines: number) {
  const server = await startTestServer({ http: true });
  onTestFinished(() => server.close());
  const client = await server.client();
  await define(client, "lamp:v1", { initial: "off", states: { off: { on: { PRESS: "on" } }, on: {} } });
  await client.pipeline(Array.from({ length: machines }, (_, at) => ["SM.CREATE", `m${at}`, "lamp"]));
  const page = async (query: string) => {
    const { status, body } = await request(server.url, `/api/v1/machines?${query}`);
    const json = JSON.parse(body) as { cursor: string; machines: ReadonlyArray<{ key: string }> };
    return { status, cursor: json.cursor, keys: json.machines?.map(({ key }) => key) };
  };
  return { server, client, page };
}

test("GET /api/v1/machines looks at a few machines in one request, and serves others in between", async () => {
  const { server, page } = await serve(250);
  const scans = () => server.context.statistics.commands.get("SM.SCAN")?.calls ?? 0;
  const found = await page("count=100&state=off");
  expect(found.keys).toEqual(Array.from({ length: 100 }, (_, at) => `m${at}`));
  expect(scans()).toBe(5);
  await page("count=100&where=rev>0");
  expect(scans()).toBe(6);
});

test("GET /api/v1/machines walks through all machines page by page, each once", async () => {
  const { page } = await serve(250);
  for (const filter of ["", "&state=off", "&definition=lamp", "&match=m*"]) {
    const keys: string[] = [];
    let cursor = "0";
    do {
      const next = await page(`count=90&cursor=${encodeURIComponent(cursor)}${filter}`);
      keys.push(...next.keys);
      cursor = next.cursor;
    } while (cursor !== "0");
    expect(keys.sort(), filter).toEqual(Array.from({ length: 250 }, (_, at) => `m${at}`).sort());
  }
  expect((await page("count=100&match=m1")).keys).toEqual(["m1"]);
  expect((await page("count=0")).status).toBe(422);
});
