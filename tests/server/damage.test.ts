/** A value of the data file that is damaged: an error for who asks for it, and for nobody else. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { configOf } from "../../src/config/load.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { start } from "../../src/start.ts";
import { TestClient } from "../support/client.ts";
import { ReplyFailure } from "../support/resp-decoder.ts";
import { temporaryDirectory } from "../support/stores.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const START_MS = 1_700_000_000_000;

async function serve(directory: string) {
  const clock = new VirtualClock(START_MS);
  const logged: string[] = [];
  const server = await start({
    config: configOf({ port: 0, bind: ["127.0.0.1"] }),
    store: Store.open(directory, OBJECT_TYPES),
    clock,
    log: (line) => logged.push(line),
    onShutdown: () => undefined,
  });
  const client = await TestClient.connect(server.port);
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await client.close();
    await server.close();
  };
  onTestFinished(close);
  return { client, clock, logged, close, statistics: server.context.statistics };
}

/** A server over a directory in which one bit of each value with this text is flipped. */
async function serveDamaged(text: string, commands: readonly (readonly string[])[]) {
  const directory = temporaryDirectory();
  const sound = await serve(directory);
  for (const command of commands) await sound.client.call(...command);
  await sound.close();
  const bytes = readFileSync(`${directory}/data.mdb`);
  for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + 1))
    bytes.writeUInt8(bytes.readUInt8(at + 2) ^ 1, at + 2);
  writeFileSync(`${directory}/data.mdb`, bytes);
  const damaged = new ReplyFailure(
    `ERR the data file '${directory}/data.mdb' is damaged: a value in it does not match its checksum; run SM.VERIFY, ` +
      "or start with 'detent --verify yes', to see what is damaged, and restore the directory from a backup",
  );
  return { ...(await serve(directory)), damaged };
}

test("a request that meets a damaged value names the file, changes nothing and is not an internal error", async () => {
  const { client, damaged, logged, statistics } = await serveDamaged("the damaged one", [
    ["SET", "sound", "as it was"],
    ["SET", "broken", "the damaged one"],
  ]);
  expect(await client.call("GET", "broken")).toEqual(damaged);
  expect(logged.filter((line) => line.includes("data.mdb' is damaged: the value of the key"))).toHaveLength(
    1,
  );
  expect(await client.call("DEL", "sound", "broken")).toEqual(damaged);
  expect(await client.call("GET", "sound")).toBe("as it was");
  await client.call("MULTI");
  await client.call("GET", "broken");
  await client.call("SET", "sound", "new");
  expect(await client.call("EXEC")).toEqual([damaged, "OK"]);
  expect(statistics.internalErrors).toBe(0);
  expect(await client.call("INFO", "errorstats")).toContain("errorstat_ERR:count=3");
});

test("a machine whose record is damaged is an error to all that ask for it, and its timer ends no server", async () => {
  const definition = { initial: "a", states: { a: { after: { "1s": "b" } }, b: {} } };
  const { client, clock, damaged, logged, statistics } = await serveDamaged("the damaged one", [
    ["SM.DEF", "CREATE", "d", JSON.stringify(definition)],
    ["SM.CREATE", "broken", "d", "CONTEXT", '{"text":"the damaged one"}'],
    ["SM.CREATE", "sound", "d"],
  ]);
  expect(await client.call("SM.STATE", "broken")).toEqual(damaged);
  expect(await client.call("SM.SEND", "broken", "X")).toEqual(damaged);
  logged.length = 0;
  clock.advance(1000);
  await expect.poll(() => client.call("SM.STATE", "sound")).toEqual(["b"]);
  expect(logged.some((line) => line.includes("is damaged"))).toBe(true);
  expect(statistics.internalErrors).toBe(0);
});

test("a key that expires and is damaged stays an error, and those behind it expire", async () => {
  const { client, clock, damaged, statistics } = await serveDamaged("the damaged one", [
    ["SET", "broken", "the damaged one", "PX", "1000"],
    ["SET", "sound", "v", "PX", "1001"],
  ]);
  clock.advance(2000);
  await expect.poll(() => statistics.expiredKeys).toBe(1);
  expect(await client.call("EXISTS", "sound")).toBe(0);
  expect(await client.call("GET", "broken")).toEqual(damaged);
  expect(statistics.internalErrors).toBe(0);
});
