/** Payloads of DUMP that cross over from one server to the other. */
import { expect } from "vitest";
import type { TestClient } from "../support/client.ts";
import type { Pair } from "./differential.ts";

/** What DUMP gives, as bytes; undefined when there is no such key. */
export async function dumpOf(client: TestClient, key: string): Promise<Buffer | undefined> {
  const { value, bytes } = await client.exchange("DUMP", key);
  return value === null ? undefined : bytes.subarray(bytes.indexOf("\r\n") + 2, -2);
}

/** Gives each server what the other has dumped, under another key; false when neither has such a key. */
export async function crossOver(pair: Pair, key: string, copy: string): Promise<boolean> {
  const [fromRedis, fromDetent] = [await dumpOf(pair.redis, key), await dumpOf(pair.detent, key)];
  expect(fromDetent === undefined).toBe(fromRedis === undefined);
  if (fromRedis === undefined || fromDetent === undefined) return false;
  expect(await pair.detent.call("RESTORE", copy, 0, fromRedis, "REPLACE")).toBe("OK");
  expect(await pair.redis.call("RESTORE", copy, 0, fromDetent, "REPLACE")).toBe("OK");
  return true;
}
