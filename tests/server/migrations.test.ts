/** Stores of earlier formats, made by the versions that had them, open and hold what they held. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, onTestFinished, test } from "vitest";
import { type Bytes, bytesOfText, chars, raw } from "../../src/base/bytes.ts";
import { metaKey } from "../../src/keyspace/layouts.ts";
import { encodeNumber } from "../../src/keyspace/records.ts";
import { Store } from "../../src/keyspace/store.ts";
import { STORE_FORMAT } from "../../src/keyspace/store-format.ts";
import type { Transaction } from "../../src/keyspace/transaction.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { MIGRATIONS, migrate } from "../../src/server/migrations.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import type { Write } from "../../src/storage/ordered-store.ts";
import type { Decoded } from "../support/resp-decoder.ts";
import { Push } from "../support/resp-decoder.ts";
import { startTestServer } from "../support/server.ts";
import { temporaryDirectory } from "../support/stores.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const CASES = new URL("../cases/", import.meta.url).pathname;
const FORMATS = readdirSync(CASES).filter((name) => name.startsWith("store-format-"));

interface Asked {
  readonly command: readonly string[];
  readonly db: number;
  readonly reply: unknown;
}

/** A reply as JSON has it. */
function plain(value: Decoded): unknown {
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, one]) => [String(key), plain(one)]));
  if (value instanceof Push || value instanceof Error) return String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value === "number" || typeof value === "boolean") return value;
  return String(value);
}

/** A directory with what a version before has left. */
function unpacked(name: string): string {
  const directory = temporaryDirectory();
  for (const file of readdirSync(`${CASES}${name}`).filter((one) => one.endsWith(".gz")))
    writeFileSync(`${directory}/${file.slice(0, -3)}`, gunzipSync(readFileSync(`${CASES}${name}/${file}`)));
  return directory;
}

test.each(FORMATS)("a directory of %s opens and answers as it did when it was made", async (name) => {
  const directory = unpacked(name);
  const { madeMs, replies } = JSON.parse(readFileSync(`${CASES}${name}/replies.json`, "utf8")) as {
    madeMs: number;
    replies: readonly Asked[];
  };
  for (const _again of [1, 2]) {
    const server = await startTestServer({
      clock: new VirtualClock(madeMs),
      store: Store.open(directory, OBJECT_TYPES),
      config: { appendfsync: "no" },
    });
    const client = await server.client();
    await client.call("HELLO", "3");
    for (const { command, db, reply } of replies) {
      await client.call("SELECT", db);
      // Later versions may tell more.
      expect({ command, reply: plain(await client.call(...command)) }).toMatchObject({ command, reply });
    }
    await server.close();
  }
});

test("machines that were stored before outer states were indexed are found by them", async () => {
  const store = Store.open(unpacked("store-format-2"), OBJECT_TYPES);
  const server = await startTestServer({ store, clock: new VirtualClock(), config: { appendfsync: "no" } });
  const client = await server.client();
  const counted = async (...filter: string[]) => await client.call("SM.COUNT", ...filter);
  expect(await counted("DEF", "order", "STATE", "open")).toBe(3);
  expect(await counted("STATE", "open.ship", "STATUS", "suspended")).toBe(1);
  expect(await counted("DEF", "order", "BY", "STATE")).toContain("open.ship.box");
  expect(await counted("DEF", "order", "BY", "STATE")).not.toContain("open");
  const scanned = await client.call("SM.SCAN", 0, "DEF", "order", "STATE", "open.pay");
  expect(scanned).toEqual(["0", ["order:1", "order:3", "order:4"]]);
  await client.call("SM.RESUME", "order:3");
  await client.call("SM.SEND", "order:3", "PAY");
  await client.call("SM.SEND", "order:3", "GO");
  expect(await counted("DEF", "order", "STATE", "open")).toBe(2);
  expect(await client.call("SM.VERIFY")).toEqual([]);
  await server.close();
});

test("there is a fixture and a step for every earlier format", () => {
  expect(MIGRATIONS.length).toBe(STORE_FORMAT - 1);
  for (let format = 1; format < STORE_FORMAT; format += 1)
    expect(FORMATS).toContain(`store-format-${format}`);
});

/** Steps that change nothing, for the formats behind the second. */
const LATER = MIGRATIONS.slice(1).map(() => ({ summary: "nothing" }));

/** A store of format 1 with ten keys. */
function early(): Store {
  const ordered = new MemoryStore();
  const keys = Array.from(
    { length: 10 },
    (_, index): Write => [bytesOfText(`z${index}`), Buffer.from("old")],
  );
  ordered.commit([...keys, [metaKey("format"), encodeNumber(1)]]);
  return Store.over(ordered, OBJECT_TYPES);
}

/** Three keys a slice. */
function slice(transaction: Transaction, from: Bytes): Bytes | undefined {
  const start = chars(from) < "z" ? raw("z") : from;
  const found = [...transaction.range(start, raw("{"))].slice(0, 3);
  for (const [key, value] of found) transaction.put(key, Buffer.concat([value, Buffer.from("+new")]));
  const last = found.at(-1);
  return last === undefined ? undefined : raw(`${chars(last[0])}\0`);
}

function values(store: Store): string[] {
  return [...store.begin().range(raw("z"), raw("{"))].map(([, value]) => value.toString());
}

test("migrate() goes on where it was interrupted, does each thing once and tells the log", async () => {
  const store = early();
  let slices = 0;
  const interrupted = {
    summary: "all is new",
    slice: (transaction: Transaction, from: Bytes) => {
      slices += 1;
      if (slices === 3) throw new Error("power is gone");
      return slice(transaction, from);
    },
  };
  await expect(migrate(store, () => undefined, [interrupted, ...LATER])).rejects.toThrow("power is gone");
  expect(store.format).toBe(1);
  const lines: string[] = [];
  await migrate(store, (line) => lines.push(line), [{ summary: "all is new", slice }, ...LATER]);
  expect(values(store)).toEqual(new Array(10).fill("old+new"));
  expect(store.format).toBe(STORE_FORMAT);
  expect(store.begin().get(metaKey("migration"))).toBeUndefined();
  expect(lines[0]).toContain("format 1 and is carried over to format 2: all is new");
  await migrate(store, (line) => lines.push(line), []);
  expect(lines.length).toBe(2 * MIGRATIONS.length);
});

test("a store that is new has the present format", () => {
  const store = Store.over(new MemoryStore(), OBJECT_TYPES);
  onTestFinished(() => store.close());
  expect(store.format).toBe(STORE_FORMAT);
});
