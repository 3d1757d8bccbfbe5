/** docs/not-there.md lists the commands of redis-server that Detent does not have, and no others. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { CATALOGUE, findByFullName } from "../../src/catalogue/catalogue.ts";
import { redisServerMissing, startRedisServer } from "../compatibility/redis-server.ts";
import { TestClient } from "../support/client.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/not-there.md"), "utf8");
const [, commands = ""] = /## Commands\n([\s\S]*?)\n## /.exec(page) ?? [];
const rows = [...commands.matchAll(/^\| `([A-Z- ]+)` \| (.+) \| (.+) \|$/gm)];
const listed = rows.map(([, name = ""]) => name.toLowerCase().replace(" ", "|"));

test("docs/not-there.md lists no command that is there, and says of each why and what to use", () => {
  expect(listed.filter((name) => findByFullName(CATALOGUE, name) !== undefined)).toEqual([]);
  expect(listed).toEqual(listed.toSorted());
  for (const [row, , why = "", instead = ""] of rows) {
    expect(why.trim(), row).toMatch(/\.$/);
    expect(instead.trim(), row).not.toBe("");
  }
});

describe.skipIf(redisServerMissing !== undefined)("redis-server", () => {
  test("has no command that is neither in the catalogue nor in docs/not-there.md", async () => {
    const redis = await startRedisServer();
    const client = await TestClient.connect(redis.socketPath);
    const names = (await client.call("COMMAND", "LIST")) as string[];
    const missing = new Set<string>();
    for (const name of names) {
      const [info] = (await client.call("COMMAND", "INFO", name)) as unknown[][];
      const subcommands = (info?.[9] ?? []) as unknown[][];
      for (const full of [name, ...subcommands.map(([each]) => String(each))])
        if (findByFullName(CATALOGUE, full) === undefined) missing.add(full);
    }
    expect(names.length).toBeGreaterThan(200);
    expect([...missing].sort()).toEqual(listed);
    await client.close();
    await redis.close();
  });
});
