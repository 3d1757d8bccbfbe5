/**
 * Handlers change nothing beside the databases: a run that is taken back and repeated answers the same, counts once
 * and tells once. Every documented session is played with each command that reads or writes keys run twice.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { hasSessions, playedPage } from "../docs/sessions.ts";
import { encodeRequest } from "../support/client.ts";
import { Push } from "../support/resp-decoder.ts";
import { startTestServer } from "../support/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const DOCS = join(import.meta.dirname, "../../docs");

const pages = readdirSync(DOCS, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md"))
  .map((name) => ({ name, page: readFileSync(join(DOCS, name), "utf8") }))
  .filter(({ page }) => hasSessions(page));

test.each(pages)("the sessions of $name are the same when each command is run twice", async ({ page }) => {
  expect(await playedPage(page, { rehearses: true })).toBe(page);
});

async function serve() {
  const server = await startTestServer({
    clock: new VirtualClock(),
    rehearses: true,
    config: { "notify-keyspace-events": new Set(["E", "m", "$", "n"]) },
  });
  onTestFinished(() => server.close());
  return { server, client: await server.client() };
}

test("hits, misses and keyspace events are sent once for a command that runs twice", async () => {
  const { server, client } = await serve();
  const watcher = await server.client();
  await watcher.call("HELLO", "3");
  watcher.write(encodeRequest(["PSUBSCRIBE", "__keyevent@0__:*"]));
  await watcher.call("PING");
  await client.call("SET", "k", "v");
  await client.call("GET", "k");
  await client.call("GET", "missing");
  await client.call("MGET", "k", "missing");
  await watcher.call("PING");
  const told = watcher.pushes.map(({ value }) => (value instanceof Push ? value.items : []));
  expect(told.filter(([kind]) => kind === "pmessage").map((items) => items.slice(2))).toEqual([
    ["__keyevent@0__:new", "k"],
    ["__keyevent@0__:set", "k"],
    ["__keyevent@0__:keymiss", "missing"],
    ["__keyevent@0__:keymiss", "missing"],
  ]);
  const { keyspaceHits, keyspaceMisses } = server.context.statistics;
  expect({ keyspaceHits, keyspaceMisses }).toEqual({ keyspaceHits: 2, keyspaceMisses: 2 });
});

test("RANDOMKEY draws its numbers once for a command that is run twice", async () => {
  const { server, client } = await serve();
  for (const key of ["a", "b", "c", "d"]) await client.call("SET", key, "v");
  const numbers = [0, 0.99];
  server.context.random = () => numbers.shift() ?? expect.unreachable("a third number");
  expect(await client.call("RANDOMKEY")).toBe("a");
  expect(await client.call("RANDOMKEY")).toBe("d");
});
