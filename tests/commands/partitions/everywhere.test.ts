/** Commands without keys over a server with three partitions: they answer as with one, up to what Redis leaves open. */
import { expect, test } from "vitest";
import { startPartitionedServer } from "../../support/partitioned-server.ts";

test("keys are counted, walked through and removed in all partitions", async () => {
  const server = await startPartitionedServer({ count: 3 });
  const client = await server.client();
  const keys = Array.from({ length: 40 }, (_, index) => `key${index}`).sort();
  for (const key of keys) await client.call("SET", key, "1");
  expect(await client.call("DBSIZE")).toBe(keys.length);
  expect(((await client.call("KEYS", "*")) as string[]).sort()).toEqual(keys);
  expect(keys).toContain(await client.call("RANDOMKEY"));
  expect(await client.call("INFO", "keyspace")).toContain(`db0:keys=${keys.length},`);
  for (const count of [1, 7, 1000]) {
    const found: string[] = [];
    let cursor = "0";
    do {
      const [next, page] = (await client.call("SCAN", cursor, "COUNT", count)) as [string, string[]];
      expect(page.length).toBeLessThanOrEqual(count);
      found.push(...page);
      cursor = next;
    } while (cursor !== "0");
    expect(found.sort()).toEqual(keys);
  }
  await client.call("FLUSHALL");
  expect(await client.call("DBSIZE")).toBe(0);
  await server.close();
});
