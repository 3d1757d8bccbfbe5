import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TestClient } from "../../support/client.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

let server: TestServer;
let client: TestClient;

beforeEach(async () => {
  server = await startTestServer();
  client = await server.client();
});
afterEach(() => server.close());

const KEYS = Array.from({ length: 100 }, (_, i) => `key${i}`);

/** Walks to the end; `onKey` is called with every key. Returns the keys in the order they came. */
async function walk(onKey: (key: string) => Promise<unknown>): Promise<string[]> {
  const seen: string[] = [];
  let cursor = "0";
  do {
    const reply = await client.call("SCAN", cursor, "COUNT", 7);
    if (!Array.isArray(reply)) throw new Error("no page");
    cursor = String(reply[0]);
    for (const key of (reply[1] as readonly unknown[]).map(String)) {
      seen.push(key);
      await onKey(key);
    }
    if (seen.length > 10 * KEYS.length) throw new Error("the walk does not end");
  } while (cursor !== "0");
  return seen;
}

describe("SCAN", () => {
  test("returns each key once and ends when every key is replaced during the scan", async () => {
    for (const key of KEYS) await client.call("SET", key, "v");
    const seen = await walk(async (key) => {
      await client.call("DEL", key);
      await client.call("SET", key, "w");
    });
    expect(seen.slice(0, 100).sort()).toEqual([...KEYS].sort());
  });

  test("returns each machine once when all are replaced during the scan", async () => {
    const machine = '{"current":"a","map":{"a":["a"]},"initial":"a"}';
    for (const key of KEYS) await client.call("SM.SET", key, machine);
    let replaced = 0;
    const seen = await walk(async () => {
      // From the far end towards the walker, and beyond it.
      await client.call("SM.SET", KEYS[99 - replaced] ?? "", machine);
      replaced += 1;
    });
    expect(seen.sort()).toEqual([...KEYS].sort());
  });

  test("returns each string once when they grow and shrink during the scan", async () => {
    for (const key of KEYS) await client.call("SET", key, "v");
    let count = 0;
    const seen = await walk(async () => {
      await client.call("SET", KEYS[99 - count] ?? "", "x".repeat(count % 2 === 0 ? 5000 : 5));
      count += 1;
    });
    expect(seen.sort()).toEqual([...KEYS].sort());
    expect(await client.call("STRLEN", "key99")).toBe(5000);
    expect(await client.call("STRLEN", "key98")).toBe(5);
  });
});
