/** OBJECT IDLETIME, FREQ and ENCODING of keys that were read, written and restored. */
import { describe, expect, test } from "vitest";
import { raw } from "../../src/base/bytes.ts";
import { servedTests } from "../support/served-tests.ts";
import { describeAgainstRedis } from "./differential.ts";

describeAgainstRedis("OBJECT of keys that were used", {
  "by the time": `
    SET k v
    OBJECT IDLETIME k
    OBJECT IDLETIME nosuch
    !OBJECT FREQ k
    OBJECT FREQ nosuch
    CONFIG SET maxmemory-policy allkeys-lru
    OBJECT IDLETIME k
    !OBJECT FREQ k
    CONFIG SET maxmemory-policy noeviction
  `,
  "by the frequency": `
    CONFIG SET maxmemory-policy allkeys-lfu
    SET k v
    OBJECT FREQ k
    GET k
    OBJECT FREQ k
    EXISTS k
    TTL k
    TYPE k
    OBJECT ENCODING k
    OBJECT FREQ k
    !OBJECT IDLETIME k
    DEL k
    OBJECT FREQ k
    SET k v
    OBJECT FREQ k
    CONFIG SET maxmemory-policy noeviction
  `,
  "the form after APPEND, SETRANGE and RESTORE": `
    SET n 12
    OBJECT ENCODING n
    APPEND n 3
    OBJECT ENCODING n
    SET s abc
    SETRANGE s 1 X
    OBJECT ENCODING s
    SET embedded abc
    OBJECT ENCODING embedded
  `,
});

describe("OBJECT IDLETIME", () => {
  const served = servedTests();
  const idle = async (key: string) => served.call("OBJECT", "IDLETIME", key);

  test("counts from the last read or write", async () => {
    await served.call("SET", "k", "v");
    served.clock.advance(10_000);
    expect(await idle("k")).toBe(10);
    await served.call("GET", "k");
    expect(await idle("k")).toBe(0);
    served.clock.advance(5000);
    for (const request of [
      ["TTL", "k"],
      ["EXISTS", "k"],
      ["TYPE", "k"],
      ["OBJECT", "ENCODING", "k"],
      ["MEMORY", "USAGE", "k"],
    ]) {
      await served.call(...request);
      expect(await idle("k"), request.join(" ")).toBe(5);
    }
    await served.call("APPEND", "k", "w");
    expect(await idle("k")).toBe(0);
  });

  test("counts for machines and renamed keys, and not for deleted keys", async () => {
    await served.call("SM.SET", "m", '{"current":"","initial":"a","map":{"a":["b"]}}');
    served.clock.advance(7000);
    expect(await idle("m")).toBe(7);
    await served.call("SM.MUTATE", "m", "b");
    expect(await idle("m")).toBe(0);
    served.clock.advance(3000);
    await served.call("RENAME", "m", "renamed");
    expect(await idle("renamed")).toBe(0);
    expect(await idle("m")).toBeNull();
  });

  test("does not change for a client that does not touch, but by TOUCH", async () => {
    await served.call("SET", "k", "v");
    await served.call("CLIENT", "NO-TOUCH", "on");
    served.clock.advance(10_000);
    await served.call("GET", "k");
    expect(await idle("k")).toBe(10);
    await served.call("TOUCH", "k");
    expect(await idle("k")).toBe(0);
  });

  test("is set by RESTORE", async () => {
    await served.call("SET", "k", "text");
    const { bytes } = await served.client.exchange("DUMP", "k");
    const dumped = bytes.subarray(bytes.indexOf("\n") + 1, -2);
    await served.call("RESTORE", "restored", "0", dumped, "IDLETIME", "1000");
    served.clock.advance(2000);
    expect(await idle("restored")).toBe(1002);
    await served.call("CONFIG", "SET", "maxmemory-policy", "volatile-lfu");
    await served.call("RESTORE", "restored", "0", dumped, "FREQ", "77", "REPLACE");
    expect(await served.call("OBJECT", "FREQ", "restored")).toBe(77);
    served.clock.advance(3 * 60_000);
    expect(await served.call("OBJECT", "FREQ", "restored")).toBe(74);
  });

  test("stays within the true age for keys that are not remembered", async () => {
    await served.call("SET", "k", "v");
    served.clock.advance(10_000);
    for (let at = 0; at < 100_100; at += 1)
      served.server.context.keyUses.note(1, raw(`${at}`), served.clock.now());
    served.clock.advance(10_000);
    const seconds = Number(await idle("k"));
    expect(seconds).toBeGreaterThanOrEqual(0);
    expect(seconds).toBeLessThanOrEqual(20);
  });

  test("and FREQ are kept of a key that is used repeatedly while many others are used once", async () => {
    await served.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu");
    await served.call("CONFIG", "SET", "lfu-log-factor", "0");
    const { keyUses } = served.server.context;
    const startMs = served.clock.now();
    for (let at = 0; at < 100_000; at += 1) {
      keyUses.note(0, raw(`${at}`), startMs + at);
      if (at % 1000 === 0) keyUses.note(0, raw("often"), startMs + at);
    }
    expect(keyUses.idleSeconds(0, raw("often"), startMs + 100_000)).toBe(1);
    expect(keyUses.frequency(0, raw("often"), startMs + 100_000)).toBeGreaterThan(50);
  });
});
