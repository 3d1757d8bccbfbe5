/** Users: their rules, and what becomes of sessions, waiting requests and subscriptions when these change. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { UsersError } from "../../../src/clients/users/starting.ts";
import type { ConfigValues } from "../../../src/config/directives.ts";
import { encodeRequest, type TestClient } from "../../support/client.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

let server: TestServer;
let admin: TestClient;
let directory: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "detent-acl-"));
  await serve({});
});

afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

async function serve(config: Partial<ConfigValues>): Promise<void> {
  server = await startTestServer({ config: { dir: directory, ...config } });
  admin = await server.client();
}

/** Another server in place of the one at hand. */
async function restart(config: Partial<ConfigValues>): Promise<void> {
  await server.close();
  await serve(config);
}

const raw = async (client: TestClient, ...args: string[]) =>
  (await client.exchange(...args)).bytes.toString("latin1");

/** Makes a user without a password and a session of its own. */
async function login(name: string, ...rules: string[]): Promise<TestClient> {
  expect(await raw(admin, "ACL", "SETUSER", name, "reset", "on", "nopass", ...rules)).toBe("+OK\r\n");
  const client = await server.client();
  expect(await raw(client, "AUTH", name, "any")).toBe("+OK\r\n");
  return client;
}

const described = async (name: string) => {
  const lines = (await admin.call("ACL", "LIST")) as unknown[];
  return lines.map(String).find((line) => line.startsWith(`user ${name} `));
};

describe("sessions", () => {
  test("rules take effect with the next request of a session when its user changes", async () => {
    const client = await login("u", "+get", "~a");
    expect(await raw(client, "GET", "a")).toBe("$-1\r\n");
    await admin.call("ACL", "SETUSER", "u", "-get");
    expect(await raw(client, "GET", "a")).toBe(
      "-NOPERM User u has no permissions to run the 'get' command\r\n",
    );
    expect(await raw(client, "AUTH", "default", "x")).toBe("+OK\r\n");
  });

  test("ACL DELUSER ends the sessions of the user, and its own after the reply", async () => {
    const other = await login("u", "+@all", "~*");
    await login("v", "+@all", "~*");
    expect(await raw(admin, "AUTH", "v", "x")).toBe("+OK\r\n");
    expect(await raw(admin, "ACL", "DELUSER", "u", "v")).toBe(":2\r\n");
    await Promise.all([other.closed(), admin.closed()]);
    admin = await server.client();
    expect(await raw(admin, "ACL", "USERS")).toBe("*1\r\n$7\r\ndefault\r\n");
  });

  test("a blocked request ends with its user, and is refused when the user loses its key", async () => {
    const [gone, refused] = [await login("u", "+@all", "~s"), await login("v", "+@all", "~s")];
    for (const client of [gone, refused])
      client.write(encodeRequest(["XREAD", "BLOCK", "0", "STREAMS", "s", "$"]));
    const answer = refused.next();
    await expect.poll(async () => String(await admin.call("INFO", "clients"))).toContain("blocked_clients:2");
    await admin.call("ACL", "SETUSER", "v", "resetkeys");
    await admin.call("ACL", "DELUSER", "u");
    await gone.closed();
    await admin.call("XADD", "s", "*", "f", "v");
    expect((await answer).bytes.toString()).toBe("-NOPERM No permissions to access a key\r\n");
    expect(String(await admin.call("INFO", "commandstats"))).toMatch(
      /cmdstat_xread:calls=0,.*rejected_calls=1,/,
    );
  });

  test("a subscriber is disconnected when its user may no longer hear a channel", async () => {
    const subscribe = async (name: string, command: string, channel: string) => {
      const client = await login(name, "+@all", "&a*", "&a*b", "&x");
      await client.call("HELLO", "3");
      client.write(encodeRequest([command, channel]));
      await expect.poll(() => client.pushes.length).toBe(1);
      return client;
    };
    const [channel, pattern] = [
      await subscribe("u", "SUBSCRIBE", "ab"),
      await subscribe("v", "PSUBSCRIBE", "a*b"),
    ];
    const shard = await subscribe("w", "SSUBSCRIBE", "x");
    for (const name of ["u", "v", "w"])
      await admin.call("ACL", "SETUSER", name, "resetchannels", "&a*b", "&x");
    expect(await raw(channel, "PING")).toBe("+PONG\r\n");
    await admin.call("ACL", "SETUSER", "u", "resetchannels", "&other");
    await admin.call("ACL", "SETUSER", "v", "resetchannels", "&a*");
    await admin.call("ACL", "SETUSER", "w", "resetchannels");
    await Promise.all([channel.closed(), pattern.closed(), shard.closed()]);
  });

  test("CLIENT LIST shows users, and CLIENT KILL USER ends their sessions", async () => {
    const client = await login("u", "+@all");
    expect(String(await admin.call("CLIENT", "LIST"))).toContain(" user=u ");
    expect(await raw(admin, "CLIENT", "KILL", "USER", "u")).toBe(":1\r\n");
    await client.closed();
  });

  test("a disabled default user refuses new connections, and open ones stay", async () => {
    await admin.call("ACL", "SETUSER", "default", "off");
    const client = await server.client();
    expect(await raw(client, "PING")).toBe("-NOAUTH Authentication required.\r\n");
    expect(await raw(client, "AUTH", "default", "x")).toMatch(/^-WRONGPASS /);
    expect(await raw(admin, "PING")).toBe("+PONG\r\n");
    await admin.call("ACL", "SETUSER", "default", "on");
    expect(await raw(client, "PING")).toBe("+PONG\r\n");
  });
});

describe("transactions", () => {
  test("EXEC refuses a queued command that the user may no longer run, and runs the rest", async () => {
    const client = await login("u", "+@all", "~*");
    await client.call("MULTI");
    for (const request of [
      ["SET", "a", "1"],
      ["SET", "b", "1"],
      ["PUBLISH", "c", "x"],
      ["GET", "a"],
    ]) {
      if (request[0] !== "PUBLISH") expect(await raw(client, ...request)).toBe("+QUEUED\r\n");
    }
    await admin.call("ACL", "SETUSER", "u", "resetkeys", "~a", "-get");
    const reason =
      "-NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. " +
      "This command is no longer allowed for the following reason: no permission to";
    expect(await raw(client, "EXEC")).toBe(
      `*3\r\n+OK\r\n${reason} touch the specified keys\r\n${reason} execute the command or subcommand\r\n`,
    );
    const log = (await admin.call("ACL", "LOG")) as unknown[][];
    expect(log.map((entry) => [entry[3], entry[5], entry[7]].map(String))).toEqual([
      ["command", "multi", "get"],
      ["key", "multi", "b"],
    ]);
  });
});

describe("tracking", () => {
  test("invalidations name no key that the user may not read", async () => {
    const client = await login("u", "+@all", "~mine:*", "%W~w:*");
    await client.call("HELLO", "3");
    await client.call("CLIENT", "TRACKING", "ON", "BCAST");
    await admin.call("MSET", "mine:1", "x", "yours", "x", "w:1", "x");
    await expect
      .poll(() => client.pushes.map(({ bytes }) => bytes.toString()))
      .toEqual([">2\r\n$10\r\ninvalidate\r\n*1\r\n$6\r\nmine:1\r\n"]);
    const reader = await login("v", "+@all", "~k");
    await reader.call("HELLO", "3");
    await reader.call("CLIENT", "TRACKING", "ON");
    await reader.call("GET", "k");
    await admin.call("ACL", "SETUSER", "v", "resetkeys");
    await admin.call("SET", "k", "1");
    expect(await raw(reader, "PING")).toBe("+PONG\r\n");
    expect(reader.pushes).toEqual([]);
  });
});

describe("ACL LOG", () => {
  test("ACL LOG merges entries of one kind within a minute, and is bounded", async () => {
    const client = await login("u", "+get", "~a");
    for (let count = 0; count < 3; count += 1) await client.call("GET", "b");
    await client.call("SET", "b", "1");
    await client.call("AUTH", "u2", "x");
    await client.call("HELLO", "3", "AUTH", "u", "x", "SETNAME", "me");
    await client.call("SUBSCRIBE", "c");
    const entries = (await admin.call("ACL", "LOG")) as unknown[][];
    const fields = entries.map((entry) => [1, 3, 5, 7, 9].map((at) => String(entry[at])));
    expect(fields).toEqual([
      ["1", "command", "toplevel", "subscribe", "u"],
      ["1", "auth", "toplevel", "AUTH", "u2"],
      ["1", "command", "toplevel", "set", "u"],
      ["3", "key", "toplevel", "b", "u"],
    ]);
    expect(String(entries[0]?.[13])).toMatch(/^id=\d+ addr=127.0.0.1:\d+ .* name=me .* user=u /);
    expect(String(await admin.call("INFO", "stats"))).toMatch(
      /acl_access_denied_auth:1\r\nacl_access_denied_cmd:2\r\nacl_access_denied_key:3\r\nacl_access_denied_channel:0/,
    );
    expect(await admin.call("ACL", "LOG", "2")).toHaveLength(2);
    await admin.call("CONFIG", "SET", "acllog-max-len", "1");
    await client.call("SET", "c", "1");
    expect(await admin.call("ACL", "LOG")).toHaveLength(1);
    await admin.call("ACL", "LOG", "RESET");
    expect(await admin.call("ACL", "LOG")).toEqual([]);
  });
});

describe("secrets", () => {
  test("no password is in SLOWLOG, ACL LOG, INFO, CLIENT LIST or an error", async () => {
    await admin.call("CONFIG", "SET", "slowlog-log-slower-than", "0");
    const client = await server.client();
    await admin.call("ACL", "SETUSER", "u", "on", ">sEcret1", `#${"a".repeat(64)}`, "+@all");
    await admin.call("ACL", "GETUSER", "u");
    await client.call("AUTH", "u", "sEcret1");
    await client.call("AUTH", "sEcret2");
    await client.call("AUTH", "u", "sEcret3");
    await client.call("HELLO", "2", "AUTH", "u", "sEcret1", "SETNAME", "x");
    await client.call("HELLO", "2", "AUTH", "u", "sEcret4");
    await admin.call("CONFIG", "SET", "masterauth", "sEcret5", "timeout", "0");
    await admin.call("CONFIG", "SET", "mastrauth", "sEcret6");
    await admin.call("CONFIG", "SET", "requirepass", "sEcret7");
    await admin.call("ACL", "DELUSER", "sEcret8");
    const shown = [
      await raw(admin, "SLOWLOG", "GET", "100"),
      await raw(admin, "ACL", "LOG", "100"),
      await raw(admin, "INFO", "everything"),
      await raw(admin, "CLIENT", "LIST"),
      await raw(admin, "ACL", "LIST"),
    ];
    expect(shown.join("")).not.toContain("sEcret");
    expect(shown[0]).toContain("$3\r\nACL\r\n$7\r\nSETUSER\r\n$10\r\n(redacted)\r\n");
    expect(shown[0]).toContain("$7\r\ntimeout\r\n$1\r\n0\r\n");
  });
});

describe("files", () => {
  const FILE =
    "user alice on #2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae ~a:* +@read\n\n";

  test("the ACL file is read at the start and by ACL LOAD, and written by ACL SAVE", async () => {
    const path = join(directory, "users.acl");
    writeFileSync(path, FILE);
    await restart({ aclfile: "users.acl", requirepass: "pw" });
    const alice = await server.client();
    expect(await raw(alice, "AUTH", "alice", "foo")).toBe("+OK\r\n");
    // A file that says nothing of the default user leaves it its password.
    expect(await raw(admin, "PING")).toMatch(/^-NOAUTH/);
    expect(await raw(admin, "AUTH", "pw")).toBe("+OK\r\n");
    await admin.call("ACL", "SETUSER", "bob", "on", ">bar", "%R~x", '(+sm.send|"PAY NOW" ~y)', "def~order*");
    expect(await raw(admin, "ACL", "SAVE")).toBe("+OK\r\n");
    const before = await raw(admin, "ACL", "LIST");
    expect(await raw(admin, "ACL", "LOAD")).toBe("+OK\r\n");
    expect(await raw(admin, "ACL", "LIST")).toBe(before);
    expect(before).toContain('(~y resetchannels -@all +sm.send|"PAY NOW")');
    writeFileSync(path, readFileSync(path, "latin1").replace(/^user alice.*\n/m, ""));
    expect(await raw(admin, "ACL", "LOAD")).toBe("+OK\r\n");
    await alice.closed();
  });

  test("ACL LOAD changes nothing and reports every fault when the file has one", async () => {
    const path = join(directory, "users.acl");
    writeFileSync(path, FILE);
    await restart({ aclfile: path });
    writeFileSync(path, `${FILE}# comment\nuser bob +nope foo bar\nuser bob on\nuser (x (~a\n`);
    expect(await raw(admin, "ACL", "LOAD")).toBe(
      `-ERR ${path}:3 should start with user keyword followed by the username. ` +
        `${path}:4: Error in applying operation '+nope': Unknown command or category name in ACL. ` +
        `${path}:4: Syntax error. WARNING: Duplicate user 'bob' found on line 5. ` +
        `${path}:6: Unmatched parenthesis in selector definition.` +
        "WARNING: ACL errors detected, no change to the previously active ACL rules was performed\r\n",
    );
    expect(await raw(admin, "ACL", "USERS")).toContain("alice");
    rmSync(path);
    expect(await raw(admin, "ACL", "LOAD")).toBe(
      `-ERR Error loading ACLs, opening file '${path}': No such file or directory\r\n`,
    );
  });

  test("user lines create users, and CONFIG REWRITE leaves them unchanged", async () => {
    await restart({
      user: [
        ["bob", "on", ">bar", "~x", "+get"],
        ["default", "on", ">pw", "~*", "+@all"],
      ],
    });
    expect(await raw(admin, "PING")).toMatch(/^-NOAUTH/);
    expect(await raw(admin, "AUTH", "pw")).toBe("+OK\r\n");
    expect(await described("bob")).toMatch(
      /^user bob on sanitize-payload #\w{64} ~x resetchannels -@all \+get$/,
    );
    expect(await described("default")).toMatch(/ ~\* resetchannels \+@all$/);
  });

  test("the start fails with the reason when configured users are invalid", async () => {
    const start = (config: Partial<ConfigValues>) =>
      startTestServer({ config: { dir: directory, ...config } });
    writeFileSync(join(directory, "bad.acl"), "user x foo\n");
    await expect(start({ aclfile: "bad.acl" })).rejects.toThrow(UsersError);
    await expect(start({ aclfile: "none.acl" })).rejects.toThrow("No such file or directory");
    await expect(start({ aclfile: "bad.acl", user: [["a", "on"]] })).rejects.toThrow(
      /in the one or in the other/,
    );
    await expect(start({ user: [["a", "foo"]] })).rejects.toThrow("Syntax error");
  });
});
