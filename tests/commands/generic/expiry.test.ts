import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TestClient } from "../../support/client.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { START_MS, VirtualClock } from "../../support/virtual-clock.ts";

let clock: VirtualClock;
let server: TestServer;
let client: TestClient;

beforeEach(async () => {
  clock = new VirtualClock();
  server = await startTestServer({ clock });
  client = await server.client();
});
afterEach(() => server.close());

describe("expiry", () => {
  test("a key expires at its time and not before", async () => {
    await client.call("SET", "k", "v", "PX", 1000);
    clock.advance(999);
    expect(await client.call("GET", "k")).toBe("v");
    expect(await client.call("PTTL", "k")).toBe(1);
    clock.advance(1);
    expect(await client.call("GET", "k")).toBeNull();
    expect(await client.call("TTL", "k")).toBe(-2);
  });

  test("a key that no client reads expires too", async () => {
    const writes = Array.from({ length: 1200 }, (_, i) => ["SET", `k${i}`, "v", "PX", 1000 + i]);
    await client.pipeline([...writes, ["SET", "stays", "v"]]);
    clock.advance(60_000);
    // Each request is a turn, and each turn removes some of what is due.
    for (let turn = 0; turn < 5; turn += 1) await client.call("PING");
    expect(await client.call("DBSIZE")).toBe(1);
  });

  test("PERSIST and a later expiry replace the earlier one", async () => {
    await client.call("MSET", "a", 1, "b", 2, "c", 3);
    for (const key of ["a", "b", "c"]) await client.call("EXPIRE", key, 10);
    await client.call("PERSIST", "a");
    await client.call("EXPIRE", "b", 100);
    clock.advance(10_000);
    expect(await client.call("MGET", "a", "b", "c")).toEqual(["1", "2", null]);
    clock.advance(90_000);
    expect(await client.call("MGET", "a", "b", "c")).toEqual(["1", null, null]);
  });

  test("RENAME, COPY, MOVE and SWAPDB keep the expiry", async () => {
    await client.call("SET", "k", "v", "EX", 10);
    await client.call("RENAME", "k", "l");
    await client.call("COPY", "l", "m", "DB", 1);
    await client.call("MOVE", "l", 2);
    await client.call("SWAPDB", 2, 3);
    clock.advance(9_999);
    for (const database of [1, 3]) {
      await client.call("SELECT", database);
      expect(await client.call("DBSIZE")).toBe(1);
      expect(await client.call("RANDOMKEY")).toBe(database === 1 ? "m" : "l");
    }
    clock.advance(1);
    for (const database of [0, 1, 2, 3]) {
      await client.call("SELECT", database);
      expect(await client.call("KEYS", "*")).toEqual([]);
    }
  });

  test("a machine expires together with its index entries", async () => {
    await client.call("SM.CREATE", "k");
    await client.call("PEXPIRE", "k", 100);
    await client.call("COPY", "k", "l");
    clock.advance(100);
    expect(await client.call("EXISTS", "k", "l")).toBe(0);
    expect(await client.call("SM.STATE", "l")).toBeNull();
  });

  test("TTL commands reply in their units", async () => {
    await client.call("SET", "k", "v", "PX", 1499);
    expect(await client.call("TTL", "k")).toBe(1);
    expect(await client.call("PEXPIRETIME", "k")).toBe(START_MS + 1499);
    expect(await client.call("EXPIRETIME", "k")).toBe(START_MS / 1000 + 1);
    await client.call("PEXPIRE", "k", 1500);
    expect(await client.call("TTL", "k")).toBe(2);
  });

  test("SCAN, KEYS and RANDOMKEY return no expired keys", async () => {
    await client.call("MSET", "a", 1, "b", 2);
    await client.call("SET", "gone", 1, "PXAT", START_MS);
    await client.call("SET", "soon", 1, "PX", 5);
    clock.advance(5);
    expect(await client.call("SCAN", 0)).toEqual(["0", ["a", "b"]]);
    expect(await client.call("KEYS", "*")).toEqual(["a", "b"]);
    expect(["a", "b"]).toContain(await client.call("RANDOMKEY"));
  });
});
