/** A sync that finds no room while acknowledged changes depend on it, with all that lives in memory beside the tables. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { startTestServer } from "../support/server.ts";
import { temporaryDirectory } from "../support/stores.ts";

const disk = vi.hoisted(() => ({ failure: undefined as Error | undefined }));

vi.mock("node:fs", async (importOriginal) => {
  const fs = await importOriginal<typeof import("node:fs")>();
  const fdatasyncSync = (descriptor: number) => {
    if (disk.failure !== undefined) throw disk.failure;
    fs.fdatasyncSync(descriptor);
  };
  return { ...fs, fdatasyncSync };
});

afterEach(() => {
  disk.failure = undefined;
});

test("machines and streams with unsynced changes are written whole to the data file, and go on", async () => {
  const directory = temporaryDirectory();
  const store = Store.open(directory, OBJECT_TYPES);
  const server = await startTestServer({ store, config: { appendfsync: "no" } });
  const client = await server.client();
  const definition = { context: { n: 0 }, on: { UP: { actions: [{ assign: { n: "context.n + 1" } }] } } };
  await client.call(
    "SM.DEF",
    "CREATE",
    "d",
    JSON.stringify({ ...definition, initial: "a", states: { a: {} } }),
  );
  await client.call("SM.CREATE", "m", "d");
  store.flush();
  for (let id = 1; id <= 5; id += 1) await client.call("SM.SEND", "m", "UP", "ID", id);
  await client.call("XADD", "s", "1-1", "field", "doubtful");
  disk.failure = Object.assign(new Error("ENOSPC: no space left on device, fdatasync"), {
    code: "ENOSPC",
    syscall: "fdatasync",
  });
  expect(() => store.flush()).toThrow(/the disk is full/);
  expect(await client.call("SET", "k", "v")).toMatchObject({
    message: expect.stringMatching(/^MISCONF .*the disk is full/),
  });
  disk.failure = undefined;
  await vi.waitUntil(() => {
    if (store.failure === undefined) return true;
    try {
      store.reopen();
    } catch {
      return false;
    }
    return true;
  });
  await client.call("SM.SEND", "m", "UP", "ID", 6);
  store.flush();
  const image = temporaryDirectory();
  cpSync(directory, image, { recursive: true });
  await server.close();

  // As after a loss of power: of the records that were in doubt nothing has reached the disk.
  let lost = 0;
  for (const journal of readdirSync(image).filter((name) => name.startsWith("journal-"))) {
    const bytes = readFileSync(`${image}/${journal}`);
    const at = bytes.indexOf("doubtful");
    if (at === -1) continue;
    bytes.fill(0, at - 64, at + 8);
    writeFileSync(`${image}/${journal}`, bytes);
    lost += 1;
  }
  expect(lost).toBe(1);
  const again = await startTestServer({ store: Store.open(image, OBJECT_TYPES) });
  const reader = await again.client();
  expect(await reader.call("SM.CONTEXT", "m", "n")).toEqual(["6"]);
  expect(await reader.call("XRANGE", "s", "-", "+")).toEqual([["1-1", ["field", "doubtful"]]]);
  expect(await reader.call("SM.SEND", "m", "UP", "ID", 3)).toEqual(
    await reader.call("SM.SEND", "m", "UP", "ID", 6),
  );
  expect(await reader.call("SM.CONTEXT", "m", "n")).toEqual(["6"]);
  await again.close();
});
