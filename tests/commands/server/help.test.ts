/** Commands that tell of commands, users and modules; the client checks each reply against its schema. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CATALOGUE } from "../../../src/catalogue/catalogue.ts";
import type { TestClient } from "../../support/client.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

let server: TestServer;
let client: TestClient;
beforeAll(async () => {
  server = await startTestServer();
  client = await server.client();
});
afterAll(() => server.close());

const lines = async (...args: string[]) => ((await client.call(...args)) as unknown[]).map(String);

/** CLUSTER HELP is refused with all the rest of CLUSTER by a server that is part of no cluster. */
const CONTAINERS = CATALOGUE.commands.filter(
  ({ name, subcommands }) => subcommands.has("help") && name !== "cluster",
);

test.each(CONTAINERS.map(({ declaration }) => declaration.name))(
  "%s HELP names its subcommands",
  async (name) => {
    const shown = (await lines(...name.split(" "), "HELP")).join("\n");
    const container = CONTAINERS.find(({ declaration }) => declaration.name === name);
    for (const subcommand of container?.subcommands.keys() ?? []) {
      expect(shown).toMatch(new RegExp(`^${subcommand}\\b`, "im"));
    }
  },
);

describe("COMMAND", () => {
  test("COMMAND and its subcommands agree on the number of commands", async () => {
    const count = Number(await client.call("COMMAND", "COUNT"));
    expect(await client.call("COMMAND")).toHaveLength(count);
    expect(await client.call("COMMAND", "INFO")).toHaveLength(count);
    expect(await client.call("COMMAND", "DOCS")).toHaveLength(count * 2);
    expect((await lines("COMMAND", "LIST")).length).toBeGreaterThan(count);
    expect(await lines("COMMAND", "GETKEYS", "SET", "k", "v")).toEqual(["k"]);
    expect(await client.call("COMMAND", "GETKEYSANDFLAGS", "SET", "k", "v")).toHaveLength(1);
  });
});

describe("ACL", () => {
  test("lists one user and the categories", async () => {
    expect(String(await client.call("ACL", "WHOAMI"))).toBe("default");
    expect(await lines("ACL", "CAT")).toContain("read");
    expect(await lines("ACL", "CAT", "transaction")).toContain("multi");
  });
});

describe("MODULE", () => {
  test.each([
    [["LOAD", "/some/module.so"], "-ERR Error loading the extension. Please check the server logs.\r\n"],
    [["LOADEX", "/some/module.so"], "-ERR Error loading the extension. Please check the server logs.\r\n"],
    [["UNLOAD", "nosuch"], "-ERR Error unloading module: no such module with that name\r\n"],
  ])("%s is refused", async (args, reply) => {
    expect((await client.exchange("MODULE", ...args)).bytes.toString()).toBe(reply);
  });
});

test("CLIENT NO-TOUCH is remembered and shown", async () => {
  await client.call("CLIENT", "NO-TOUCH", "ON");
  expect(String(await client.call("CLIENT", "INFO"))).toContain(" flags=T ");
  await client.call("CLIENT", "NO-TOUCH", "OFF");
  expect(String(await client.call("CLIENT", "INFO"))).toContain(" flags=N ");
});
