import { expect, test } from "vitest";
import { describeAgainstRedis, disconnect, withRedis } from "./differential.ts";
import { error, type Script, type Step, same } from "./script.ts";

const flush = same("FUNCTION", "FLUSH");
/** A request that comes to the same, an error or not. */
const either = (...args: readonly string[]): Step => ({ comparison: "either", args });
/** The code of a library that is refused alike. */
const refuses = (code: string): Script => [error("FUNCTION", "LOAD", code)];
/** The code of the library `lib`, which is taken; its function `f` is called. */
const runs = (code: string, ...args: readonly string[]): Script => [
  flush,
  same("FUNCTION", "LOAD", `#!lua name=lib\n${code}`),
  either("FCALL", "f", ...(args.length === 0 ? ["0"] : args)),
];
const registers = (body: string) => runs(`redis.register_function('f', function(keys, args) ${body} end)`);
const refusesToRegister = (code: string) => refuses(`#!lua name=lib\n${code}`);

const LIBRARY = `#!lua name=lib
local count = 0
redis.register_function('counted', function() count = count + 1 return count end)
redis.register_function{
  function_name='read', callback=function(keys) return redis.call('get', keys[1]) end,
  flags={'no-writes', 'allow-oom'}, description='reads a key'
}
redis.register_function{function_name='write', callback=function(keys, args) return redis.call('set', keys[1], args[1]) end}
redis.register_function{function_name='lies', callback=function(keys, args) return redis.call('set', keys[1], args[1]) end, flags={'no-writes'}}
redis.register_function('all', function(keys, args) return {#keys, #args, keys, args} end)`;

describeAgainstRedis("functions", {
  "libraries that are refused": [
    flush,
    ...[
      "return 1",
      "#!lua\n",
      "#!lua name=\n",
      "#!lua name=a b=c\n",
      "#!lua name=a name=b\n",
      "#!lua NAME=a\n",
      "#!js name=a\n",
      "#! lua name=a\n",
      "#!lua name=a-b\n",
      "#!js name=a-b\n",
      "#!lua name=a",
      '#!lua name="a\n',
      "#!lua name=a\n",
      "#!lua name=a\nreturn (",
      "#!lua flags=x name=a\n",
    ].flatMap(refuses),
    ...[
      "error('x')",
      "local x=nil; x.y=1",
      "redis.call('get','x')",
      "redis.sha1hex('x')",
      "redis.setresp(3)",
      "redis.error_reply('x')",
      "return KEYS",
      "return string",
      "return math.random()",
      "foo=1",
      "function foo() end",
      "redis.x=1",
      "redis.log(1)",
      "redis.register_function()",
      "redis.register_function('f')",
      "redis.register_function(1)",
      "redis.register_function('f',1)",
      "redis.register_function({},function() end)",
      "redis.register_function('f-x',function() end)",
      "redis.register_function('',function() end)",
      "redis.register_function('a\\0b',function() end)",
      "redis.register_function('f',function() end,1)",
      "redis.register_function({})",
      "redis.register_function({function_name='f'})",
      "redis.register_function({callback=function() end})",
      "redis.register_function({function_name='f',callback=1})",
      "redis.register_function({function_name={},callback=function() end})",
      "redis.register_function({function_name='f',callback=function() end,description={}})",
      "redis.register_function({function_name='f',callback=function() end,flags=1})",
      "redis.register_function({function_name='f',callback=function() end,flags={'x'}})",
      "redis.register_function({function_name='f',callback=function() end,flags={1}})",
      "redis.register_function({function_name='f',callback=function() end,foo=1})",
      "redis.register_function({function_name='f',callback=function() end,[1]=1})",
      "redis.register_function({function_name='f',callback=function() end,[redis]=1})",
      "redis.register_function('f',function() end) redis.register_function('f',function() end)",
      "redis.register_function('f',function() end)\nlocal x=nil; x.y=1",
    ].flatMap(refusesToRegister),
    "~FUNCTION LIST",
  ],
  "what functions return and fail with": [
    ...[
      "return 1, 2",
      "return {1,'a',{ok='x'},false,3.9}",
      "return nil",
      "redis.setresp(3) return {map={a=1}}",
      "error('x')",
      "error({err='CODE text'})",
      "return redis.error_reply('CODE text')",
      "return redis.status_reply('x')",
      "foo=1",
      "return KEYS",
      "return ARGV",
      "string.x=1",
      "return redis.register_function",
      "redis.register_function('g',function() end)",
      "redis.call('nosuch')",
      "redis.call('fcall','f','0')",
      "redis.call('function','list')",
      "return {pcall(redis.call,'x')}",
      "return redis.pcall('incr')",
      "redis.call('set','k','v') return redis.call('get','k')",
      "return redis.sha1hex('x')",
      "return math.random(10) <= 10",
      "return cjson.encode({1,2})",
      "local t={} for k in pairs(redis) do t[#t+1]=k end table.sort(t) return t",
      "return redis.call('select',1)",
      "return _G.redis == redis and 1",
    ].flatMap(registers),
    ...[
      "redis.register_function(5,function() end)",
      "redis.register_function{Function_Name='f',CALLBACK=function() return 'in any case' end}",
      "local n=0\nredis.register_function('f',function() n=n+1 return n end) return 'ignored'",
      "local r=redis redis.register_function('f',function() return r.call('get','x') end)",
      "local v=redis.REDIS_VERSION and redis.LOG_NOTICE redis.register_function('f',function() return v end)",
      "redis.log(redis.LOG_NOTICE,'x') redis.register_function('f',function() end)",
      "local function helper(x) return x*2 end redis.register_function('f',function() return helper(21) end)",
      "redis.register_function('F',function() return 'upper' end)",
      "redis.register_function{function_name=5,callback=function() end,description=7,flags={}}",
    ].flatMap((code) => runs(code)),
    ...[
      '#!LUA name=lib\nredis.register_function("f",function() return 1 end)',
      "#!lua   name=\"lib\"  \r\nredis.register_function('f',function() return 2 end)",
    ].flatMap((code) => [flush, same("FUNCTION", "LOAD", code), same("FCALL", "f", "0")]),
  ],
  "calling functions": [
    flush,
    same("FUNCTION", "LOAD", LIBRARY),
    `
    FCALL counted 0
    FCALL COUNTED 0
    FCALL all 2 a b c
    FCALL all 0
    FCALL write 1 k v
    FCALL read 1 k
    FCALL_RO read 1 k
    !FCALL_RO write 1 k w
    !FCALL_RO lies 1 k w
    !FCALL lies 1 k w
    !FCALL nosuch 0
    !FCALL nosuch x
    !FCALL_RO nosuch 0
    !FCALL all x
    !FCALL all -1
    !FCALL all 3 a b
    !FCALL all 99999999999999999999
    !FCALL all
    !EVAL "return redis.call('fcall','all','0')" 0
    EVAL "return redis.register_function" 0
    MULTI
    FCALL write 1 k x
    FCALL read 1 k
    FCALL nosuch 0
    EXEC
    SCRIPT FLUSH
    FCALL read 1 k
    FLUSHALL
    FCALL read 1 k
    SELECT 1
    FCALL write 1 k one
    FCALL read 1 k
    `,
  ],
  "keeping libraries": [
    flush,
    `
    FUNCTION LIST
    FUNCTION STATS
    `,
    same("FUNCTION", "LOAD", LIBRARY),
    error("FUNCTION", "LOAD", LIBRARY),
    same("FUNCTION", "LOAD", "replace", LIBRARY),
    error("FUNCTION", "LOAD", "#!lua name=other\nredis.register_function('READ',function() end)"),
    error("FUNCTION", "LOAD", "REPLACE", "#!lua name=lib\nreturn ("),
    same("FUNCTION", "LOAD", "#!lua name=LIB\nredis.register_function('g',function() return 'g' end)"),
    `
    FUNCTION STATS
    ~FUNCTION LIST
    ~FUNCTION LIST LIBRARYNAME lib
    ~FUNCTION LIST WITHCODE LIBRARYNAME L*
    FUNCTION LIST LIBRARYNAME nosuch
    !FUNCTION LIST x
    !FUNCTION LIST LIBRARYNAME
    !FUNCTION LIST WITHCODE WITHCODE
    !FUNCTION LIST LIBRARYNAME a LIBRARYNAME b
    FCALL g 0
    FUNCTION DELETE LIB
    !FCALL g 0
    !FUNCTION DELETE LIB
    !FUNCTION DELETE
    !FUNCTION LOAD
    !FUNCTION LOAD REPLACE
    !FUNCTION LOAD x y
    !FUNCTION LOAD REPLACE x y
    !FUNCTION KILL
    !FUNCTION FLUSH x
    !FUNCTION FLUSH SYNC x
    !FUNCTION
    !FUNCTION NOSUCH
    `,
    same("FUNCTION", "LOAD", "REPLACE", "#!lua name=lib\nredis.register_function('new',function() end)"),
    `
    FUNCTION LIST
    !FCALL counted 0
    FUNCTION FLUSH ASYNC
    FUNCTION LIST
    !FUNCTION RESTORE xx
    !FUNCTION RESTORE xxxxxxxxxxxxxxxxxxxx
    !FUNCTION RESTORE xxxxxxxxxxxxxxxxxxxx x
    !FUNCTION RESTORE xxxxxxxxxxxxxxxxxxxx FLUSH x
    `,
  ],
});

withRedis("FUNCTION DUMP and FUNCTION RESTORE", ({ connect }) => {
  const MORE = "#!lua name=more\nredis.register_function('more',function() return 'more' end)";

  test("a library that one server dumps is restored by the other, with each policy", async () => {
    const pair = await connect(2);
    const { redis, detent } = pair;
    for (const [from, to] of [
      [redis, detent],
      [detent, redis],
    ] as const) {
      for (const client of [from, to]) await client.call("FUNCTION", "FLUSH");
      await from.call("FUNCTION", "LOAD", LIBRARY);
      await from.call("FUNCTION", "LOAD", MORE);
      const dumped = (await from.exchange("FUNCTION", "DUMP")).bytes;
      const payload = dumped.subarray(dumped.indexOf("\r\n") + 2, -2);
      const restore = async (...policy: readonly string[]) =>
        (await to.exchange("FUNCTION", "RESTORE", payload, ...policy)).bytes.toString("latin1");
      expect(await restore()).toBe("+OK\r\n");
      expect(await restore("APPEND")).toMatch(/^-ERR Library (lib|more) already exists\r\n$/);
      expect(await restore("REPLACE")).toBe("+OK\r\n");
      await to.call("FUNCTION", "LOAD", "#!lua name=else\nredis.register_function('g',function() end)");
      expect(await restore("FLUSH")).toBe("+OK\r\n");
      const listed = async (client: typeof to) =>
        JSON.stringify((await client.call("FUNCTION", "LIST", "WITHCODE")) as unknown[])
          .split(/(?=\["library_name")/)
          .map((each) => each.length)
          .sort();
      expect(await listed(to)).toEqual(await listed(from));
      expect(await to.call("FCALL", "more", "0")).toBe("more");
      await to.call("FUNCTION", "DELETE", "lib");
      await to.call("FUNCTION", "LOAD", "#!lua name=x\nredis.register_function('READ',function() end)");
      expect(await restore("REPLACE")).toBe("-ERR Function read already exists\r\n");
      expect(await to.call("FCALL", "more", "0")).toBe("more");
    }
    await disconnect(pair);
  });

  test("a payload that holds no libraries is refused alike", async () => {
    const pair = await connect(2);
    for (const client of [pair.redis, pair.detent]) await client.call("SET", "k", "v");
    const answers = [];
    for (const client of [pair.redis, pair.detent]) {
      const dumped = (await client.exchange("DUMP", "k")).bytes;
      await client.call("FUNCTION", "FLUSH");
      const empty = (await client.exchange("FUNCTION", "DUMP")).bytes;
      answers.push([
        (
          await client.exchange("FUNCTION", "RESTORE", dumped.subarray(dumped.indexOf("\r\n") + 2, -2))
        ).bytes.toString(),
        empty.toString("latin1"),
        (
          await client.exchange("FUNCTION", "RESTORE", empty.subarray(empty.indexOf("\r\n") + 2, -2))
        ).bytes.toString(),
      ]);
    }
    expect(answers[1]).toEqual(answers[0]);
    await disconnect(pair);
  });
});
