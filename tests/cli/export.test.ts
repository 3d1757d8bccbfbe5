/** Export and import: a store of every type comes back as it was, also when the import is interrupted again and again. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { cli } from "../support/cli.ts";
import type { TestClient } from "../support/client.ts";
import { startProgram } from "../support/program.ts";
import { startTestServer } from "../support/server.ts";
import { temporaryDirectory } from "../support/stores.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const ORDER = JSON.stringify({
  initial: "new",
  context: { total: 100, note: "ä\u0000" },
  states: {
    new: { on: { PAY: { target: "paid", actions: [{ assign: { paid: "event.amount" } }] }, LATER: "waits" } },
    waits: { defer: ["PAY"], on: { GO: "new" }, after: { "5m": "new" } },
    paid: { on: { SHIP: "shipped" }, after: { "72h": "late" }, entry: [{ task: "call" }] },
    late: {},
    shipped: { type: "final" },
  },
});

const PARENT = JSON.stringify({
  initial: "on",
  states: {
    on: {
      sla: "2h",
      invoke: [
        { src: "part:v1", id: "one" },
        { src: "part:v1", id: "two", onDone: { actions: [{ assign: { two: "true" } }] } },
      ],
    },
  },
});

const LIBRARY = `#!lua name=lib
redis.register_function{
  function_name='read', callback=function(keys) return redis.call('GET', keys[1]) .. 'ä' end,
  flags={'no-writes'}, description='reads \xff'
}
redis.register_function('Write', function(keys, args) return redis.call('SET', keys[1], args[1]) end)`;

/** Something of everything, small and large. */
async function fill(client: TestClient): Promise<void> {
  const call = async (...words: readonly (string | number | Buffer)[]) => {
    const reply = await client.call(...(words as [string]));
    if (reply instanceof Error) throw reply;
  };
  await call("SET", "text", "täxt");
  await call("SET", Buffer.from([0xff, 0x00]), Buffer.from([0xfe, 0x0a, 0x22]), "EX", 1000);
  await call("APPEND", "appended", "abc");
  await call("INCRBYFLOAT", "float", "1.5");
  await call("SET", "long", "x".repeat(300_000));
  await call("SET", "far", "v", "PXAT", "9223372036854775807");
  await call("HSET", "hash", "f", "v", "g", Buffer.from([0x80]));
  await call("SADD", "integers", 3, 1, 2);
  await call("SADD", "set", "a", "b", 1);
  await call("RPUSH", "list", "a", Buffer.from([0x80]), 1);
  await call("ZADD", "zset", "inf", "high", 1.5, "half", "-inf", "low", 2, Buffer.from([0x80]));
  for (let n = 0; n < 3000; n += 100) {
    const numbers = Array.from({ length: 100 }, (_, index) => n + index);
    await call("HSET", "large-hash", ...numbers.flatMap((one) => [`field${one}`, `value ${one} `.repeat(4)]));
    await call("SADD", "large-set", ...numbers.map((one) => `member${one}`));
    await call("RPUSH", "large-list", ...numbers.map((one) => `element ${one} `.repeat(4)));
    await call("ZADD", "large-zset", ...numbers.flatMap((one) => [(one * 7919) % 3000, `member${one}`]));
  }
  await call("LTRIM", "large-list", 10, -10);
  await call("LINSERT", "large-list", "BEFORE", "element 500 ".repeat(4), "between");
  await call("ZREMRANGEBYRANK", "large-zset", 100, 200);
  await call("EXPIRE", "large-list", 700);
  for (let n = 0; n < 700; n += 1) await call("XADD", "stream", "*", "n", n, "text", "x".repeat(150));
  await call("XADD", "stream", "*", "other", "field");
  await call("XDEL", "stream", String((await ids(client, "stream"))[5]));
  await call("XGROUP", "CREATE", "stream", "workers", "0");
  await call("XGROUP", "CREATE", "stream", "idle", "$");
  await call("XREADGROUP", "GROUP", "workers", "anna", "COUNT", 500, "STREAMS", "stream", ">");
  await call("XREADGROUP", "GROUP", "workers", "bert", "COUNT", 20, "STREAMS", "stream", ">");
  await call("XACK", "stream", "workers", String((await ids(client, "stream"))[7]));
  await call("XGROUP", "CREATECONSUMER", "stream", "workers", "carl");
  await call("XGROUP", "CREATE", "empty", "g", "0", "MKSTREAM");
  await call("EXPIRE", "stream", 5000);
  await call("SM.DEF", "CREATE", "order:v1", ORDER);
  await call("SM.DEF", "CREATE", "order:v2", ORDER.replace("72h", "48h"));
  for (let n = 0; n < 30; n += 1) {
    await call("SM.CREATE", `order:${n}`, n % 2 === 0 ? "order" : "order:v1", "BY", "test");
    if (n % 3 === 0)
      await call("SM.SEND", `order:${n}`, "PAY", '{"amount":100}', "ID", `evt${n}`, "SEQ", "shop", n + 1);
    if (n % 3 === 1) await call("SM.SEND", `order:${n}`, "LATER");
    if (n % 3 === 1) await call("SM.SEND", `order:${n}`, "PAY", '{"amount":1}', "ID", `kept${n}`);
    if (n % 6 === 0) await call("SM.SEND", `order:${n}`, "SHIP", "DELAY", "1h");
  }
  for (let n = 0; n < 200; n += 1) await call("SM.SEND", "order:2", n % 2 === 0 ? "LATER" : "GO");
  const child = '{"initial":"a","states":{"a":{"on":{"END":"z"},"after":{"9h":"z"}},"z":{"type":"final"}}}';
  await call("SM.DEF", "CREATE", "part", child);
  await call("SM.DEF", "CREATE", "whole", PARENT);
  await call("SM.CREATE", "whole:1", "whole");
  await call("SM.SEND", "{whole:1}.two", "END");
  await call("SM.SET", "door", '{"initial":"shut","map":{"shut":["open"],"open":["shut"]}}');
  await call("SM.MUTATE", "door", "open", "because");
  await call("EXPIRE", "door", 90);
  await call("SM.DEF", "CREATE", "job:v1", '{"initial":"a","states":{"a":{"on":{"GO":"b"}},"b":{}}}');
  await call("SM.DEF", "CREATE", "job:v2", '{"initial":"a","states":{"a":{"on":{"GO":"c"}},"c":{}}}');
  for (const n of [1, 2, 3]) await call("SM.CREATE", `job:${n}`, "job:v1");
  await call("SM.SEND", "job:3", "GO");
  await call("SM.MIGRATION", "PLAN", "job:v1", "job:v2", "MAP", '{"states":{"a":"a"}}');
  await call("SM.MIGRATION", "START", "job:v1", "job:v2", "HOLD");
  // Two of the three have a place in the new version.
  for (let turn = 0; turn < 1000; turn += 1)
    if (JSON.stringify(await client.call("SM.INFO", "job:2")).includes("v2")) break;
  await call("SM.MIGRATION", "PAUSE", "2");
  await call("FUNCTION", "LOAD", LIBRARY);
  await call("FUNCTION", "LOAD", "#!lua name=other\nredis.register_function('other', function() end)");
  await call("SELECT", "3");
  await call("SM.DEF", "CREATE", "elsewhere", ORDER);
  await call("SM.CREATE", "m", "elsewhere");
  await call("SET", "k", "v");
  await call("SWAPDB", "3", "7");
  await call("SELECT", "5");
  await call("SET", "gone", "v");
  await call("FLUSHDB");
  await call("SET", "there", "v");
}

async function ids(client: TestClient, key: string): Promise<string[]> {
  const entries = (await client.call("XRANGE", key, "-", "+", "COUNT", "10")) as unknown as [
    unknown,
    unknown,
  ][];
  return entries.map(([id]) => String(id));
}

interface Seen {
  readonly digest: string;
  readonly verify: unknown;
  readonly replies: readonly string[];
}

/** What clients see of a directory. */
async function seen(directory: string): Promise<Seen> {
  const server = await startTestServer({
    store: Store.open(directory, OBJECT_TYPES),
    clock: new VirtualClock(),
    config: { "enable-debug-command": "yes" },
  });
  const client = await server.client();
  const replies: string[] = [];
  for (const request of [
    "SCAN 0 COUNT 1000",
    "SM.HISTORY order:2",
    "SM.HISTORY order:0",
    "SM.PENDING order:1",
    "SM.INFO order:0",
    "SM.OUTCOME order:0 evt0",
    "SM.COUNT DEF order BY STATE",
    "SM.DEF LIST",
    "SM.GET door REASON",
    "SM.INFO whole:1",
    "SM.INFO {whole:1}.one",
    "XINFO STREAM stream FULL COUNT 5",
    "XPENDING stream workers",
    "XINFO GROUPS stream",
    "OBJECT ENCODING integers",
    "OBJECT ENCODING large-hash",
    "OBJECT ENCODING hash",
    "OBJECT ENCODING float",
    "OBJECT ENCODING list",
    "OBJECT ENCODING large-zset",
    "HGETALL large-hash",
    "LRANGE list 0 -1",
    "LRANGE large-list 0 -1",
    "ZRANGE zset 0 -1 WITHSCORES",
    "ZRANGE large-zset 0 -1 WITHSCORES",
    "ZSCORE large-zset member77",
    "PEXPIRETIME large-list",
    "PEXPIRETIME far",
    "PEXPIRETIME door",
    "FUNCTION LIST WITHCODE",
    "FUNCTION STATS",
    "SM.MIGRATION LIST",
    "SM.MIGRATION STATUS 2",
    "SM.MIGRATION UNDO 2 CHECK",
    "FCALL read 1 text",
  ])
    replies.push(`${request} ${(await client.exchange(...request.split(" "))).bytes.toString("latin1")}`);
  const digest = String(await client.call("DEBUG", "DIGEST"));
  const verify = await client.call("SM.VERIFY");
  await server.close();
  return { digest, verify, replies };
}

let source: string;
let file: string;

beforeAll(async () => {
  source = temporaryDirectoryOfSuite();
  file = join(source, "..", "all.jsonl");
  const server = await startTestServer({
    store: Store.open(source, OBJECT_TYPES, { limits: { journalBytesMax: 100_000 } }),
    clock: new VirtualClock(),
    config: { appendfsync: "no" },
  });
  const client = await server.client();
  await fill(client);
  // The server is running, with changes that are in no data file yet.
  expect(await cli("export", file, "--dir", source)).toMatchObject({ code: 0 });
  await server.close();
}, 60_000);

afterAll(() => rmSync(dirname(source), { recursive: true, force: true }));

function temporaryDirectoryOfSuite(): string {
  return join(mkdtempSync(join(tmpdir(), "detent-export-")), "source");
}

describe("detent export and import", () => {
  test("carry over every type: digest and replies are the same, and the store is sound", async () => {
    const directory = join(temporaryDirectory(), "imported");
    const { code, out } = await cli("import", file, "--dir", directory);
    expect(code).toBe(0);
    expect(out).toMatch(/: \d+ keys and 7 definitions$/);
    const [before, after] = [await seen(source), await seen(directory)];
    expect(after).toEqual(before);
    expect(before.verify).toEqual([]);
    expect(await cli("verify", directory)).toMatchObject({ code: 0 });
    const again = join(temporaryDirectory(), "again.jsonl");
    await cli("export", again, "--dir", directory);
    const linesOf = (path: string) => readFileSync(path, "utf8").split("\n").slice(1);
    expect(linesOf(again)).toEqual(linesOf(file));
    expect(JSON.parse(linesOf(file).at(-2) ?? "")).toMatchObject({ end: true, digest: before.digest });
  });

  test("an export consists of lines of JSON", () => {
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    const all = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(all[0]).toMatchObject({ detent: "export", format: 3, version: "test" });
    expect(all[1]).toEqual({
      library: "lib",
      functions: [
        { name: "read", flags: ["no-writes"], description: "reads \xff" },
        { name: "Write", flags: [] },
      ],
      code: LIBRARY,
    });
    const of = (key: string) => all.find((one) => one["key"] === key);
    expect(of("text")).toMatchObject({ db: 0, type: "string", value: "täxt" });
    expect(of("hash")).toMatchObject({
      type: "hash",
      fields: [
        ["f", "v"],
        ["g", { base64: "gA==" }],
      ],
    });
    expect(of("integers")).toMatchObject({ type: "set", encoding: "integers" });
    expect(of("list")).toMatchObject({ type: "list", elements: ["a", { base64: "gA==" }, "1"] });
    expect(of("zset")).toMatchObject({
      type: "zset",
      members: [
        ["low", "-inf"],
        ["half", 1.5],
        [{ base64: "gA==" }, 2],
        ["high", "inf"],
      ],
    });
    expect(of("order:0")).toMatchObject({
      type: "machine",
      definition: "order:v2",
      states: ["paid"],
      status: "active",
    });
    expect(of("far")).toMatchObject({ expires: "9223372036854775807" });
    expect(all.find((one) => one["definition"] === "order")).toMatchObject({
      version: "v1",
      document: ORDER,
    });
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(450_000);
    expect(all.filter((one) => "part" in one).length).toBeGreaterThan(10);
  });

  test("an import continues after an interruption, and no server starts before it is complete", async () => {
    const directory = join(temporaryDirectory(), "imported");
    const part = join(temporaryDirectory(), "part.jsonl");
    const bytes = readFileSync(file);
    writeFileSync(part, "");
    let done = 0;
    for (const share of [0.03, 0.2, 0.21, 0.5, 0.77, 0.97]) {
      const end = bytes.lastIndexOf("\n", Math.floor(bytes.length * share)) + 1;
      appendFileSync(part, bytes.subarray(done, end));
      done = end;
      const { code, err } = await cli("import", part, "--dir", directory);
      expect(code).toBe(1);
      expect(err).toMatch(/ends behind line \d+ without its last line: it is cut short/);
    }
    const server = startProgram({ args: ["--port", "0", "--dir", directory] });
    expect(await server.ended).toBe(1);
    expect(server.output()).toContain("has not come to its end: run it again");
    const other = join(temporaryDirectory(), "other.jsonl");
    writeFileSync(other, `{"detent":"export","format":1}\n`);
    expect((await cli("import", other, "--dir", directory)).err).toContain("is not the file that the import");
    appendFileSync(part, bytes.subarray(done));
    const { code, err } = await cli("import", part, "--dir", directory);
    expect(err).toMatch(/^Goes on behind line \d+\.$/);
    expect(code).toBe(0);
    expect(await seen(directory)).toEqual(await seen(source));
  });

  test("an import refuses a directory that has a store", async () => {
    const { code, err } = await cli("import", file, "--dir", source);
    expect({ code, err }).toEqual({
      code: 1,
      err: `detent import: '${source}' has a store already: an import makes a new one, name another directory`,
    });
  });

  const head = '{"detent":"export","format":1}';
  test.each([
    ["a file that is none", ["hello"], "line 1: it is not JSON"],
    ["JSON of something else", ["[]"], "line 1: it is not an object in JSON"],
    ["another first line", ["{}"], "line 1: it is not the first line of an export of Detent"],
    [
      "a newer format",
      ['{"detent":"export","format":4}'],
      "of format 4, this version reads format 1, 2 and 3",
    ],
    [
      "a machine of a migration that is not there",
      [head, '{"db":0,"migration":"held","id":3,"machine":1,"value":"x"}'],
      "line 2: migration 3 is not there",
    ],
    [
      "a migration of nonsense",
      [
        head,
        '{"db":0,"migration":"begun","id":3,"from":{"name":"a"},"to":{"name":"a","version":"v2"},"map":null}',
      ],
      "line 2: migration must be plan, begun, before or held",
    ],
    [
      "a type that is not known",
      [head, '{"db":0,"key":"k","type":"graph","value":"x"}'],
      "line 2: this version knows no type 'graph'",
    ],
    [
      "a key twice",
      [head, ...Array(2).fill('{"db":0,"key":"k","type":"string","value":"x"}')],
      "line 3: the key has been imported before",
    ],
    [
      "a value that is none",
      [head, '{"db":0,"key":"k","type":"string","value":7}'],
      'line 2: value must be a string or {"base64": "…"}',
    ],
    [
      "a score that is none",
      [head, '{"db":0,"key":"k","type":"zset","members":[["a","high"]]}'],
      'line 2: a score must be a number, "inf" or "-inf"',
    ],
    [
      "a list without elements",
      [head, '{"db":0,"key":"k","type":"list","elements":[]}'],
      "line 2: elements must not be empty",
    ],
    [
      "a part without its object",
      [head, '{"part":2,"value":"x"}'],
      "line 2: part 2 does not follow the line before",
    ],
    [
      "a machine of nonsense",
      [head, '{"db":0,"key":"k","type":"machine","record":"AAAA"}'],
      "line 2: record is none of a machine",
    ],
    [
      "a database that is none",
      [head, '{"db":-1,"key":"k","type":"string","value":"x"}'],
      "line 2: db must be",
    ],
    [
      "an end that counts more",
      [head, '{"end":true,"definitions":0,"objects":2}'],
      "the export has 0 definitions and 2 objects, of which 0 and 0 were found",
    ],
  ])("an import reports what is wrong with %s", async (_name, lines, message) => {
    const path = join(temporaryDirectory(), "wrong.jsonl");
    writeFileSync(path, `${lines.join("\n")}\n`);
    const { code, err } = await cli("import", path, "--dir", join(temporaryDirectory(), "imported"));
    expect(err).toContain(message);
    expect(code).toBe(1);
  });

  test("an import refuses a directory instead of a file", async () => {
    const path = temporaryDirectory();
    const { code, err } = await cli("import", path, "--dir", join(temporaryDirectory(), "imported"));
    expect(err).toContain(`cannot read '${path}': Is a directory`);
    expect(code).toBe(1);
  });

  test("an import accepts lines that a person has written", async () => {
    const path = join(temporaryDirectory(), "own.jsonl");
    const lines = [
      head,
      '{"db":0,"key":"greeting","type":"string","value":"hello"}',
      '{"db":0,"key":"people","type":"hash","fields":[["anna","1"],["bert","2"]]}',
      '{"db":2,"key":"tags","type":"set","members":["a","b"],"expires":4102444800000}',
      '{"db":2,"key":"queue","type":"list","elements":["first","second"]}',
      '{"db":2,"key":"scores","type":"zset","members":[["anna",2],["bert","-inf"]]}',
      '{"end":true,"definitions":0,"objects":5}',
    ];
    writeFileSync(path, lines.join("\n"));
    const directory = join(temporaryDirectory(), "imported");
    expect(await cli("import", path, "--dir", directory)).toMatchObject({ code: 0 });
    const server = await startTestServer({ store: Store.open(directory, OBJECT_TYPES) });
    const client = await server.client();
    expect(String(await client.call("GET", "greeting"))).toBe("hello");
    expect(String(await client.call("HGET", "people", "bert"))).toBe("2");
    await client.call("SELECT", "2");
    expect(await client.call("SCARD", "tags")).toBe(2);
    expect(await client.call("PEXPIRETIME", "tags")).toBe(4102444800000);
    expect(String(await client.call("LINDEX", "queue", "-1"))).toBe("second");
    expect(await client.call("ZRANK", "scores", "anna")).toBe(1);
    await server.close();
  });
});

test("detent compact frees space and loses nothing", async () => {
  const directory = join(temporaryDirectory(), "store");
  const config = { appendfsync: "no" } as const;
  const server = await startTestServer({ store: Store.open(directory, OBJECT_TYPES), config });
  const client = await server.client();
  for (let n = 0; n < 400; n += 1) await client.call("SET", `k${n}`, "x".repeat(9000));
  await server.close();
  const again = await startTestServer({ store: Store.open(directory, OBJECT_TYPES), config });
  const second = await again.client();
  for (let n = 1; n < 400; n += 1) await second.call("DEL", `k${n}`);
  const { err } = await cli("compact", "--dir", directory);
  expect(err).toMatch(/is in use by process \d+/);
  await again.close();
  const before = statSync(join(directory, "data.mdb")).size;
  const { code, out } = await cli("compact", "--dir", directory);
  expect(code).toBe(0);
  const after = statSync(join(directory, "data.mdb")).size;
  expect(out).toBe(`${directory}/data.mdb: ${before} bytes before, ${after} bytes now`);
  expect(after).toBeLessThan(before / 4);
  const third = await startTestServer({ store: Store.open(directory, OBJECT_TYPES) });
  expect(String(await (await third.client()).call("STRLEN", "k0"))).toBe("9000");
  await third.close();
  expect(await cli("verify", directory)).toMatchObject({ code: 0 });
  expect((await cli("compact", "--dir", join(directory, "nowhere"))).err).toContain("there is no store in");
});

test("an export that is cut within a line says so, and paths that are not there are named in words", async () => {
  const cut = join(temporaryDirectory(), "cut.jsonl");
  const bytes = readFileSync(file);
  writeFileSync(cut, bytes.subarray(0, bytes.indexOf("\n") + 20));
  const directory = join(temporaryDirectory(), "new");
  expect(await cli("import", cut, "--dir", directory)).toMatchObject({
    code: 1,
    err: expect.stringMatching(
      /line 2: it is not JSON .*; the file does not end with a line feed: it is cut short$/m,
    ),
  });
  const nowhere = join(temporaryDirectory(), "no", "file");
  expect(await cli("import", nowhere, "--dir", join(temporaryDirectory(), "other"))).toMatchObject({
    code: 1,
    err: expect.stringContaining(`cannot open '${nowhere}': No such file or directory`),
  });
});
