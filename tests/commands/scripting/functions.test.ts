import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Store } from "../../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../../src/object-types.ts";
import { cli } from "../../support/cli.ts";
import type { Argument, TestClient } from "../../support/client.ts";
import { JumpingClock } from "../../support/jumping-clock.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { temporaryDirectory } from "../../support/stores.ts";

const MB = 1024 * 1024;

let server: TestServer;
let client: TestClient;
const clock = new JumpingClock();

beforeAll(async () => {
  server = await startTestServer({
    clock,
    config: { "sm-script-memory-max": 32 * MB },
  });
  client = await server.client();
});

afterAll(() => server.close());

const text = async (...args: readonly Argument[]) =>
  (await client.exchange(...args)).bytes.toString("latin1");
const library = (name: string, ...bodies: readonly string[]) =>
  `#!lua name=${name}\n${bodies.map((body, index) => `redis.register_function('${name}${index}', function(keys, args) ${body} end)`).join("\n")}`;
const load = (code: string) => text("FUNCTION", "LOAD", "REPLACE", code);

describe("FCALL", () => {
  test("a function that fails leaves nothing of what it did, one that returns an error keeps it", async () => {
    await load(
      library(
        "ends",
        "redis.call('set','kept','after') error('no')",
        "redis.call('set','kept','after') return redis.error_reply('NOTE well')",
      ),
    );
    await client.call("SET", "kept", "before");
    expect(await text("FCALL", "ends0", "0")).toBe(
      "-ERR user_function:2: no script: ends0, on @user_function:2.\r\n",
    );
    expect(await client.call("GET", "kept")).toBe("before");
    expect(await text("FCALL", "ends1", "0")).toBe("-NOTE well\r\n");
    expect(await client.call("GET", "kept")).toBe("after");
  });

  test("a function sends events to machines", async () => {
    await client.call("SM.DEF", "CREATE", "light", '{"initial":"a","states":{"a":{"on":{"GO":"b"}},"b":{}}}');
    await client.call("SM.CREATE", "m", "light");
    await load(library("light", "return redis.call('SM.SEND', keys[1], args[1])"));
    expect(await text("FCALL", "light0", "1", "m", "GO")).toContain("b");
    expect(await text("FCALL", "light0", "1", "m", "GO")).toMatch(/^-ILLEGAL /);
  });

  test("a function ends at its time limit and changes nothing, and the libraries stay", async () => {
    await load(
      library(
        "slow",
        "redis.call('set','slow','x') while true do pcall(function() while true do end end) end",
        "return 1",
      ),
    );
    clock.stepMs = 500;
    const reply = await text("FCALL", "slow0", "0");
    clock.stepMs = 0;
    expect(reply).toBe(
      "-ERR the script ran for more than 5000 ms (busy-reply-threshold) and was ended; nothing it did was kept\r\n",
    );
    expect(await client.call("EXISTS", "slow")).toBe(0);
    expect(await text("FCALL", "slow1", "0")).toBe(":1\r\n");
  });

  test("a function that needs too much memory fails, and its library starts again with its first values", async () => {
    const code = `#!lua name=grows
      local count = 0
      redis.register_function('grows', function() local t = {} while true do t[#t+1] = {} end end)
      redis.register_function('counts', function() count = count + 1 return count end)`;
    await load(code);
    expect(await text("FCALL", "counts", "0")).toBe(":1\r\n");
    expect(await text("FCALL", "counts", "0")).toBe(":2\r\n");
    expect(await text("FCALL", "grows", "0")).toContain("not enough memory");
    expect(await text("FCALL", "counts", "0")).toBe(":1\r\n");
  });

  test("permissions hold for the call, for its keys and for what the function does", async () => {
    await load(
      library("mine", "return redis.call('get', keys[1])", "return redis.call('set', 'other', '1')"),
    );
    await client.call("ACL", "SETUSER", "anna", "on", "nopass", "~a:*", "+fcall", "+get");
    const anna = await server.client();
    await anna.call("AUTH", "anna", "x");
    const asked = async (...words: readonly string[]) => (await anna.exchange(...words)).bytes.toString();
    expect(await asked("FCALL", "mine0", "1", "a:1")).toBe("$-1\r\n");
    expect(await asked("FCALL", "mine0", "1", "b:1")).toMatch(/^-NOPERM /);
    expect(await asked("FCALL_RO", "mine0", "1", "a:1")).toMatch(/^-NOPERM /);
    expect(await asked("FCALL", "mine1", "0")).toMatch(
      /^-ERR The user executing the script can't run this command/,
    );
    expect(await asked("FUNCTION", "LIST")).toMatch(/^-NOPERM /);
  });

  test("without memory left, only a function with allow-oom runs, and it may write", async () => {
    let ownBytes = 10 * MB;
    const full = await startTestServer({
      config: { maxmemory: 50 * MB },
      memory: { ownBytes: () => ownBytes, collect: () => undefined },
    });
    const one = await full.client();
    const asked = async (...words: readonly string[]) => (await one.exchange(...words)).bytes.toString();
    const set = "function(keys) return redis.call('set', keys[1], '1') end";
    await one.call(
      "FUNCTION",
      "LOAD",
      `#!lua name=low
        redis.register_function('plain', ${set})
        redis.register_function{function_name='bold', callback=${set}, flags={'allow-oom'}}`,
    );
    ownBytes = 100 * MB;
    // Setting it makes the server look.
    await one.call("CONFIG", "SET", "maxmemory", String(49 * MB));
    const refusal =
      "-OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'\r\n";
    expect(await asked("FCALL", "plain", "1", "k")).toBe(refusal);
    expect(await asked("FCALL", "bold", "1", "k")).toBe("+OK\r\n");
    expect(await asked("EVAL", "#!lua\nreturn redis.call('get','k')", "0")).toBe(refusal);
    expect(await asked("EVAL", "#!lua flags=allow-oom\nreturn redis.call('set','k','2')", "0")).toBe(
      "+OK\r\n",
    );
    expect(await asked("FUNCTION", "LOAD", library("more", "return 1"))).toMatch(/^-OOM /);
    expect(await asked("FUNCTION", "DELETE", "low")).toBe("+OK\r\n");
    await full.close();
  });
});

describe("FUNCTION LOAD", () => {
  test("refuses code that runs for too long, and keeps nothing of it", async () => {
    await text("FUNCTION", "FLUSH");
    clock.stepMs = 100;
    const reply = await load(
      "#!lua name=loops\nredis.register_function('f', function() end)\nwhile true do end",
    );
    clock.stepMs = 0;
    expect(reply).toBe("-ERR Error registering functions: ERR FUNCTION LOAD timeout\r\n");
    expect(await text("FCALL", "f", "0")).toBe("-ERR Function not found\r\n");
    expect(await text("FUNCTION", "LIST")).toBe("*0\r\n");
  });

  test("takes effect with EXEC, and has none when EXEC does not run it", async () => {
    await text("FUNCTION", "FLUSH");
    const other = await server.client();
    await client.call("MULTI");
    await client.call("FUNCTION", "LOAD", library("queued", "return 'queued'"));
    await client.call("FCALL", "queued0", "0");
    expect((await other.exchange("FCALL", "queued0", "0")).bytes.toString()).toMatch(
      /^-ERR Function not found/,
    );
    expect(await client.call("EXEC")).toEqual(["queued", "queued"]);
    expect(await other.call("FCALL", "queued0", "0")).toBe("queued");
  });

  test("refuses a library when all together would be too large", async () => {
    await text("FUNCTION", "FLUSH");
    const filler = `-- ${"x".repeat(9 * MB)}`;
    for (const name of ["a", "b", "c"])
      expect(await load(`${library(name, "return 1")}${filler}`)).toBe(`$1\r\n${name}\r\n`);
    expect(await load(`${library("d", "return 1")}${filler}`)).toBe(
      "-ERR the libraries would have more than 33554432 bytes; FUNCTION DELETE removes one\r\n",
    );
    expect(await text("FCALL", "d0", "0")).toBe("-ERR Function not found\r\n");
    expect(await text("FCALL", "a0", "0")).toBe(":1\r\n");
    await text("FUNCTION", "FLUSH");
  });
});

describe("libraries", () => {
  const CODE = library("kept", "return 'kept'", "return redis.call('incr', keys[1])");

  test("survive a restart and FLUSHALL", async () => {
    const directory = temporaryDirectory();
    const first = await startTestServer({ store: Store.open(directory, OBJECT_TYPES) });
    const one = await first.client();
    await one.call("FUNCTION", "LOAD", CODE);
    await one.call("FUNCTION", "LOAD", library("gone", "return 1"));
    await one.call("FUNCTION", "DELETE", "gone");
    await one.call("FLUSHALL");
    const listed = await one.call("FUNCTION", "LIST", "WITHCODE");
    await first.close();
    const second = await startTestServer({ store: Store.open(directory, OBJECT_TYPES) });
    const two = await second.client();
    expect(await two.call("FUNCTION", "LIST", "WITHCODE")).toEqual(listed);
    expect(await two.call("FCALL", "kept0", "0")).toBe("kept");
    expect(await two.call("FCALL", "kept1", "1", "n")).toBe(1);
    expect((await two.exchange("FCALL", "gone0", "0")).bytes.toString()).toMatch(/^-ERR Function not found/);
    await second.close();
  });

  test("are in a backup", async () => {
    const directory = temporaryDirectory();
    const first = await startTestServer({ store: Store.open(directory, OBJECT_TYPES) });
    await (await first.client()).call("FUNCTION", "LOAD", CODE);
    const file = `${temporaryDirectory()}/backup`;
    expect(await cli("backup", file, "--dir", directory)).toMatchObject({ code: 0 });
    await first.close();
    const restored = `${temporaryDirectory()}/restored`;
    expect(await cli("restore", file, "--dir", restored)).toMatchObject({ code: 0 });
    const second = await startTestServer({ store: Store.open(restored, OBJECT_TYPES) });
    expect(await (await second.client()).call("FCALL", "kept0", "0")).toBe("kept");
    await second.close();
  });
});
