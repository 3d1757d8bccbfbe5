/** The seven original commands as redis-state-machine describes them: `sm-compat documented`, the default. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { TestClient } from "../../support/client.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";

let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startTestServer({ clock: new VirtualClock() });
  client = await server.client();
});

beforeEach(async () => {
  await client.call("FLUSHALL");
});

afterAll(() => server.close());

/** The bytes of the reply. */
async function raw(...args: readonly (string | Buffer)[]): Promise<string> {
  return (await client.exchange(...args)).bytes.toString("utf8");
}

const bulk = (text: string) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;

const ORDER = '{"current":"","map":{"new":["paid","cancelled"],"paid":["shipped"]},"initial":"new"}';
const OK = "+OK\r\n";
const NIL = "$-1\r\n";

describe("SM.TEMPLATE", () => {
  test("returns a template without a reason", async () => {
    expect(await raw("SM.TEMPLATE")).toBe(bulk('{"current":"","map":{},"initial":""}'));
  });
});

describe("SM.SET and SM.GET", () => {
  test.each([
    ["without reason", ORDER, ORDER.replace('"current":""', '"current":"new"')],
    ["with an empty reason", '{"current":"a","map":{},"initial":"a","reason":""}', undefined],
    ["as an array of three", '["",{"a":["b"]},"a"]', '{"current":"a","map":{"a":["b"]},"initial":"a"}'],
    ["as an array of four", '["",{},"a","r"]', '{"current":"a","map":{},"initial":"a","reason":"r"}'],
    [
      "with white space and other fields",
      ' { "x":[{}], "initial":"i", "map":{ }, "current":"c" } ',
      '{"current":"c","map":{},"initial":"i"}',
    ],
    [
      "with keys out of order",
      '{"current":"1","map":{"10":["2"],"2":["10"],"__proto__":["1"],"1":[]},"initial":"1"}',
      undefined,
    ],
  ])("SM.SET stores and SM.GET returns a machine %s", async (_name, json, printed) => {
    expect(await raw("SM.SET", "k", json)).toBe(OK);
    expect(await raw("SM.GET", "k")).toBe(bulk(printed ?? json));
  });

  test("the third argument overrides current unless it is empty", async () => {
    await raw("SM.SET", "k", ORDER, "paid");
    expect(await raw("SM.STATE", "k")).toBe("*1\r\n+paid\r\n");
    await raw("SM.SET", "k", ORDER, "");
    expect(await raw("SM.STATE", "k")).toBe("*1\r\n+new\r\n");
  });

  test.each([
    ["{", "$ (line 1 column 2): expected a key in double quotes, the text ends"],
    ["7", "$ (line 1 column 1): expected an object, this is a number"],
    ['{"current":""}', '$ (line 1 column 1): "map" is missing'],
    ['{"current":1}', "$.current (line 1 column 12): expected a string, this is a number"],
    [
      '{"current":"","map":{"a":"b"}}',
      "$.map.a (line 1 column 26): expected an array of the states it leads to, this is a string",
    ],
    ['{"current":"","map":{"a":[\n7]}}', "$.map.a[0] (line 2 column 1): expected a string, this is a number"],
    [
      '{"current":"","map":{"a b":["x",null]}}',
      '$.map["a b"][1] (line 1 column 33): expected a string, this is null',
    ],
    ['{"current":"","map":{"a":[],"a":[]}}', "$.map.a (line 1 column 29): the state is given twice"],
    ['{"current":"","current":""}', '$.current (line 1 column 15): "current" is given twice'],
    ['{"\\ud800":1}', "half of a surrogate pair is not a character"],
    ['{"current":"","map":{"\\ud800":[]}}', "half of a surrogate pair is not a character"],
    ['["",{},"","",1]', "$[4] (line 1 column 14): a machine as an array has no more than 4 items"],
  ])("SM.SET refuses %s and keeps what is there", async (json, message) => {
    await raw("SM.SET", "k", ORDER);
    const reply = await raw("SM.SET", "k", json);
    expect(reply.startsWith("-ERR invalid machine at $")).toBe(true);
    expect(reply).toContain(message);
    expect(await raw("SM.STATE", "k")).toBe("*1\r\n+new\r\n");
  });

  test("an error repeats no more than the beginning of a long path", async () => {
    const reply = await raw("SM.SET", "k", JSON.stringify({ current: "", map: { ["s".repeat(5000)]: 1 } }));
    expect(reply).toMatch(/^-ERR /);
    expect(reply.length).toBeLessThan(400);
  });

  test.each([
    ["REASON", "+because\r\n"],
    ["reason", "+because\r\n"],
    ["reasons", NIL],
    ["", NIL],
  ])("SM.GET replies to %j as documented", async (word, reply) => {
    await raw("SM.SET", "k", '["a",{},"a","because"]');
    expect(await raw("SM.GET", "k", word)).toBe(reply);
  });

  test("SM.GET returns an empty reason when none was given", async () => {
    await raw("SM.SET", "k", ORDER);
    expect(await raw("SM.GET", "k", "REASON")).toBe("+\r\n");
  });

  test("a state or reason with CR, LF or NUL is a bulk string", async () => {
    await raw("SM.SET", "k", '["a\\r\\nb",{"x\\u0000":[]},"a","n\\n"]');
    expect(await raw("SM.STATE", "k")).toBe("*1\r\n$4\r\na\r\nb\r\n");
    expect(await raw("SM.STATE", "k", "LIST")).toBe("*1\r\n$2\r\nx\0\r\n");
    expect(await raw("SM.GET", "k", "REASON")).toBe("$2\r\nn\n\r\n");
  });
});

describe("SM.CREATE", () => {
  test("replaces a machine with a blank one", async () => {
    await raw("SM.SET", "k", ORDER);
    expect(await raw("SM.CREATE", "k")).toBe(OK);
    expect(await raw("SM.GET", "k")).toBe(bulk('{"current":"","map":{},"initial":""}'));
    expect(await raw("SM.STATE", "k")).toBe("*1\r\n+\r\n");
    expect(await raw("SM.STATE", "k", "LIST")).toBe("*0\r\n");
  });
});

describe("SM.STATE", () => {
  test.each([
    [[], "*1\r\n+new\r\n"],
    [["LIST"], "*2\r\n+new\r\n+paid\r\n"],
    [["list"], "*2\r\n+new\r\n+paid\r\n"],
    [["other"], NIL],
  ])("replies as documented to %j", async (words, reply) => {
    await raw("SM.SET", "k", ORDER);
    expect(await raw("SM.STATE", "k", ...words)).toBe(reply);
  });
});

describe("SM.MUTATE", () => {
  test.each<[readonly string[], string, string, string]>([
    [["paid"], OK, "paid", ""],
    [["cancelled"], OK, "cancelled", ""],
    [["paid", "why"], OK, "paid", "why"],
    [["paid", "FORCE"], OK, "paid", "FORCE"],
    [["shipped"], NIL, "new", ""],
    [["shipped", "why"], NIL, "new", ""],
    [["shipped", "why", "force"], OK, "shipped", "why"],
    [["new", "why", "FORCE"], OK, "new", "why"],
    [["nowhere", "why", "FORCE"], NIL, "new", ""],
    [["", "why", "FORCE"], NIL, "new", ""],
    [["PAID"], NIL, "new", ""],
    [["paid", "why", "other"], "-ERR syntax error\r\n", "new", ""],
    [["paid", "why", "FORCE", "x"], "-ERR wrong number of arguments for 'SM.MUTATE' command\r\n", "new", ""],
  ])("%j", async (args, reply, state, reason) => {
    await raw("SM.SET", "k", ORDER);
    expect(await raw("SM.MUTATE", "k", ...args)).toBe(reply);
    expect(await client.call("SM.STATE", "k")).toEqual([state]);
    expect(await client.call("SM.GET", "k", "REASON")).toBe(reason);
  });

  test("keeps the reason of the machine when none is given", async () => {
    await raw("SM.SET", "k", ORDER);
    await raw("SM.MUTATE", "k", "paid", "why");
    await raw("SM.MUTATE", "k", "shipped");
    expect(await raw("SM.GET", "k", "REASON")).toBe("+why\r\n");
    expect(await raw("SM.GET", "k")).toContain('"current":"shipped"');
    expect(await raw("SM.GET", "k")).toContain('"initial":"new","reason":"why"}');
  });
});

describe("SM.RESET", () => {
  test("goes back to initial, keeps the reason, and may be repeated", async () => {
    await raw("SM.SET", "k", ORDER);
    await raw("SM.MUTATE", "k", "cancelled", "why");
    expect(await raw("SM.RESET", "k")).toBe(OK);
    expect(await raw("SM.RESET", "k")).toBe(OK);
    expect(await raw("SM.STATE", "k")).toBe("*1\r\n+new\r\n");
    expect(await raw("SM.GET", "k", "REASON")).toBe("+why\r\n");
  });
});

describe("each of the seven commands", () => {
  test.each([
    ["SM.GET"],
    ["SM.SET", ORDER],
    ["SM.STATE"],
    ["SM.CREATE"],
    ["SM.MUTATE", "paid"],
    ["SM.RESET"],
  ])("%s refuses a key of another type and leaves it", async (name, ...rest) => {
    await raw("SET", "k", "v");
    expect(await raw(name, "k", ...rest)).toMatch(/^-WRONGTYPE /);
    expect(await raw("GET", "k")).toBe(bulk("v"));
  });

  test.each([["SM.GET"], ["SM.STATE"], ["SM.MUTATE", "x"], ["SM.MUTATE", "x", "r", "FORCE"], ["SM.RESET"]])(
    "%s replies nil for a missing key",
    async (name, ...rest) => {
      expect(await raw(name, "k", ...rest)).toBe(NIL);
    },
  );

  test.each([
    ["SM.GET", "a", "b"],
    ["SM.SET", ORDER, "a", "b"],
    ["SM.STATE", "a", "b"],
    ["SM.RESET", "a"],
  ])("%s refuses one argument too many", async (name, ...rest) => {
    expect(await raw(name, "k", ...rest)).toBe(`-ERR wrong number of arguments for '${name}' command\r\n`);
  });

  test("a refusal does not end a WATCH, a change does", async () => {
    await raw("SM.SET", "k", ORDER);
    const other = await server.client();
    await client.call("WATCH", "k");
    await other.call("SM.MUTATE", "k", "shipped");
    await client.call("MULTI");
    await client.call("SM.STATE", "k");
    expect(await client.call("EXEC")).toEqual([["new"]]);
    await client.call("WATCH", "k");
    await other.call("SM.MUTATE", "k", "paid");
    await client.call("MULTI");
    await client.call("SM.STATE", "k");
    expect(await client.call("EXEC")).toBeNull();
    await other.close();
  });
});
