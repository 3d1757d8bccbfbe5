import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Argument, TestClient } from "../../support/client.ts";
import { JumpingClock } from "../../support/jumping-clock.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

let server: TestServer;
let client: TestClient;
const clock = new JumpingClock();

beforeAll(async () => {
  server = await startTestServer({
    clock,
    config: { "sm-script-memory-max": 32 * 1024 * 1024 },
  });
  client = await server.client();
});

afterAll(() => server.close());

const text = async (...args: readonly Argument[]) =>
  (await client.exchange(...args)).bytes.toString("latin1");
const run = (code: string, ...args: readonly string[]) => text("EVAL", code, "0", ...args);

describe("EVAL", () => {
  test("a script that fails leaves nothing of what it did", async () => {
    await client.call("SET", "kept", "before");
    expect(await run("redis.call('set','kept','after') redis.call('set','new','x') error('no')")).toMatch(
      /^-ERR user_script:1: no script: [0-9a-f]{40}, on @user_script:1\.\r\n$/,
    );
    expect(await client.call("MGET", "kept", "new")).toEqual(["before", null]);
  });

  test("a script that returns an error keeps what it did", async () => {
    expect(await run("redis.call('set','done','yes') return redis.error_reply('NOTE all is well')")).toBe(
      "-NOTE all is well\r\n",
    );
    expect(await client.call("GET", "done")).toBe("yes");
  });

  test("a script that fails within a transaction takes back what it did, and that alone", async () => {
    await client.call("MULTI");
    await client.call("SET", "first", "1");
    await client.call("EVAL", "redis.call('set','second','1') error('no')", "0");
    await client.call("SET", "third", "1");
    await client.call("EXEC");
    expect(await client.call("MGET", "first", "second", "third")).toEqual(["1", null, "1"]);
  });

  test("a script ends at its time limit, also when it catches every error, and changes nothing", async () => {
    const scripts = [
      "redis.call('set','slow','x') while true do end",
      "redis.call('set','slow','x') while true do pcall(function() while true do end end) end",
      "redis.call('set','slow','x') while true do xpcall(function() while true do end end, function() while true do end end) end",
      "redis.call('set','slow','x') while true do pcall(coroutine.wrap(function() while true do pcall(function() while true do end end) end end)) end",
      "while true do redis.call('set','slow','x') end",
      "local t = setmetatable({}, {__index = function(t, k) while true do end end}) return t.x",
    ];
    for (const script of scripts) {
      clock.stepMs = 500;
      const reply = await run(script);
      clock.stepMs = 0;
      expect(reply).toBe(
        "-ERR the script ran for more than 5000 ms (busy-reply-threshold) and was ended; nothing it did was kept\r\n",
      );
      expect(await client.call("EXISTS", "slow")).toBe(0);
    }
    expect(await run("return 'and the next one runs'")).toContain("and the next one runs");
  });

  test("a script that needs too much memory fails, and the next one runs", async () => {
    const grow = "local t = {} while true do t[#t+1] = string.rep('x', 100000) .. #t end";
    expect(await run(`redis.call('set','large','x') ${grow}`)).toContain("not enough memory");
    expect(await client.call("EXISTS", "large")).toBe(0);
    expect(await run("return string.rep('x', 5)")).toBe("$5\r\nxxxxx\r\n");
    expect(await run(`pcall(function() ${grow} end) return 'caught'`)).toBe("$6\r\ncaught\r\n");
    expect(await run("return 1")).toBe(":1\r\n");
  });

  test("a script that recurses without end fails, in Lua and in patterns", async () => {
    expect(await run("local function f() return 1 + f() end return f()")).toContain("stack overflow");
    expect(
      await run("local s = string.rep('a', 200000) return #string.match(s, string.rep('a?', 100000))"),
    ).toMatch(/^[-:]/);
    expect(await run("return 1")).toBe(":1\r\n");
  });

  test("a script leaves no variables for the next one", async () => {
    for (const code of [
      "table.insert(string, 1) table.insert(_G, 1) return 1",
      "local f = _G['ta' .. 'ble'].insert f(string, 1) return 1",
      "for name, f in pairs(_G) do if name:find('^tab') then f.insert(string, 1) end end return 1",
      "loadstring('ta' .. 'ble.insert(string, 1)')() return 1",
    ]) {
      expect(await run(code)).toBe(":1\r\n");
      expect(await run("return {#string, tostring(string[1])}")).toBe("*2\r\n:0\r\n$3\r\nnil\r\n");
    }
    await run("collectgarbage('stop') return 1");
    await run("local m = getmetatable('') pcall(function() m.__index = nil end) return 1");
    expect(await run("return ('x'):rep(2)")).toBe("$2\r\nxx\r\n");
    const binary = "'\\27LuaQ'";
    for (const code of [
      `load(coroutine.wrap(function() coroutine.yield(${binary}) end))`,
      `loadstring(${binary})`,
    ])
      expect(await run(`return tostring((${code}))`)).toBe("$3\r\nnil\r\n");
  });

  test("a script sends events to machines", async () => {
    const definition = '{"initial":"a","states":{"a":{"on":{"GO":"b"}},"b":{}}}';
    await client.call("SM.DEF", "CREATE", "light", definition);
    await client.call("SM.CREATE", "m", "light");
    expect(await run("return redis.call('SM.SEND','m','GO')")).toContain("b");
    expect(await run("return redis.call('SM.STATE','m')")).toBe("*1\r\n+b\r\n");
    expect(await run("return redis.pcall('SM.SEND','m','GO')")).toMatch(/^-ILLEGAL /);
    await client.call("SM.CREATE", "n", "light");
    await run("redis.call('SM.SEND','n','GO') error('no')");
    expect(await client.call("SM.STATE", "n")).toEqual(["a"]);
  });

  test("WATCH ignores the changes of a failed script", async () => {
    const other = await server.client();
    await client.call("SET", "watched", "1");
    await other.call("WATCH", "watched");
    await run("redis.call('set','watched','2') error('no')");
    await other.call("MULTI");
    await other.call("GET", "watched");
    expect(await other.call("EXEC")).toEqual(["1"]);
    await other.call("WATCH", "watched");
    await run("redis.call('set','watched','2')");
    await other.call("MULTI");
    expect(await other.call("EXEC")).toBeNull();
  });

  test("tracking reports later changes of keys that a failed script has read", async () => {
    const cached = await server.client();
    await cached.call("HELLO", "3");
    await cached.call("CLIENT", "TRACKING", "ON");
    await cached.call("GET", "seen");
    await Promise.all([
      cached
        .call("EVAL", "redis.call('set','x','1') redis.call('get','x') error('no')", "0")
        .catch(() => undefined),
      cached.call("SET", "seen", "1"),
    ]);
    await cached.call("PING");
    expect(cached.pushes.map(({ bytes }) => bytes.toString("latin1")).join()).toContain("seen");
  });
});

describe("scripts that are kept", () => {
  test("the latest 500 scripts of EVAL are kept, and all of SCRIPT LOAD", async () => {
    await client.call("SCRIPT", "FLUSH");
    const loaded = await client.call("SCRIPT", "LOAD", "return 'loaded'");
    for (let index = 0; index < 600; index += 1) await client.call("EVAL", `return ${index}`, "0");
    expect(server.context.scripts.count).toBe(501);
    expect(await client.call("EVALSHA", String(loaded), "0")).toBe("loaded");
    await client.call("SCRIPT", "FLUSH");
    expect(server.context.scripts.count).toBe(0);
  });

  test("SCRIPT LOAD is refused when all scripts together are too large", async () => {
    const filler = "x".repeat(9 * 1024 * 1024);
    for (let index = 0; index < 3; index += 1)
      await client.call("SCRIPT", "LOAD", `return 1 -- ${index}${filler}`);
    expect(await text("SCRIPT", "LOAD", `return 2 -- ${filler}`)).toBe(
      "-ERR the scripts that are kept would have more than 33554432 bytes; SCRIPT FLUSH forgets them\r\n",
    );
    await client.call("SCRIPT", "FLUSH");
  });
});
