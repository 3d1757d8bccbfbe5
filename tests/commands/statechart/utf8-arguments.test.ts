/** Arguments that are to be text and are not: refused with their name, for two of them would be the same text. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestClient } from "../../support/client.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";

const DEFINITION = '{"initial":"a","states":{"a":{"on":{"GO":"b"}},"b":{"on":{"BACK":"a"}}}}';
const BYTES = Buffer.from([0x61, 0xff, 0x01]);

let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  server = await startTestServer();
  client = await server.client();
  await client.call("SM.DEF", "CREATE", "d", DEFINITION);
});

afterAll(() => server.close());

async function raw(...args: ReadonlyArray<string | Buffer>): Promise<string> {
  return (await client.exchange(...args)).bytes.toString();
}

test.each<[name: string, args: ReadonlyArray<string | Buffer>]>([
  ["event", ["SM.SEND", "k", BYTES]],
  ["data", ["SM.SEND", "k", "GO", Buffer.from('"\xff"', "latin1")]],
  ["ID", ["SM.SEND", "k", "GO", "ID", BYTES]],
  ["BY", ["SM.SEND", "k", "GO", "BY", BYTES]],
  ["REASON", ["SM.SEND", "k", "GO", "REASON", BYTES]],
  ["SEQ", ["SM.SEND", "k", "GO", "SEQ", BYTES, "1"]],
  ["IFSTATE", ["SM.SEND", "k", "GO", "IFSTATE", BYTES]],
  ["DEF", ["SM.SEND", "k", "GO", "DEF", BYTES]],
  ["event", ["SM.WHY", "k", BYTES]],
  ["id", ["SM.OUTCOME", "k", BYTES]],
  ["id", ["SM.CANCEL", "k", BYTES]],
  ["reason", ["SM.SUSPEND", "k", BYTES]],
  ["STATE", ["SM.WAIT", "k", "STATE", BYTES, "10"]],
  ["path", ["SM.CONTEXT", "k", BYTES]],
  ["definition", ["SM.CREATE", "new", BYTES]],
  ["STATE", ["SM.CREATE", "new", "d", "STATE", BYTES]],
  ["CONTEXT", ["SM.CREATE", "new", "d", "CONTEXT", Buffer.from('{"a":"\xff"}', "latin1")]],
  ["REASON", ["SM.CREATE", "new", "d", "REASON", BYTES]],
  ["BY", ["SM.CREATE", "new", "d", "BY", BYTES]],
  ["definition", ["SM.DEF", "CREATE", BYTES, DEFINITION]],
  ["json", ["SM.DEF", "CREATE", "new", Buffer.from('{"states":{"\xff":{}}}', "latin1")]],
  ["json", ["SM.DEF", "CHECK", Buffer.from('{"states":{"\xff":{}}}', "latin1")]],
  ["definition", ["SM.DEF", "GET", BYTES]],
  ["definition", ["SM.DEF", "DEL", BYTES]],
  ["definition", ["SM.DEF", "GRAPH", BYTES]],
  ["name", ["SM.DEF", "LIST", BYTES]],
  ["STATE", ["SM.COUNT", "STATE", BYTES]],
  ["DEF", ["SM.COUNT", "DEF", BYTES]],
  ["json", ["SM.SET", "map", Buffer.from('{"current":"a","map":{"a":["\xff"]},"initial":"a"}', "latin1")]],
  ["current", ["SM.SET", "map", '{"current":"a","map":{"a":["b"]},"initial":"a"}', BYTES]],
  ["state", ["SM.MUTATE", "k", BYTES]],
  ["reason", ["SM.MUTATE", "k", "b", BYTES]],
])("%s is refused when its bytes are not UTF-8: %j", async (name, args) => {
  await client.call("SM.CREATE", "k", "d");
  expect(await raw(...args)).toBe(`-ERR ${name} is not valid UTF-8\r\n`);
  expect(await client.call("EXISTS", "new", "map")).toBe(0);
  expect(await client.call("SM.STATE", "k")).toEqual(["a"]);
});

test("U+FFFD is a character like any other when it is sent as such", async () => {
  await client.call("SM.CREATE", "k", "d");
  expect(await client.call("SM.SEND", "k", "GO", "ID", "\ufffd", "BY", "\ufffd")).toEqual(["b"]);
  expect(String(await client.call("SM.OUTCOME", "k", "\ufffd"))).toContain("GO");
});

test("two IDs that are not UTF-8 are both refused, and neither event is taken for the other", async () => {
  await client.call("SM.CREATE", "k", "d");
  for (const first of [0xff, 0xfe]) {
    expect(await raw("SM.SEND", "k", "GO", "ID", Buffer.from([first, 1]))).toMatch(
      /^-ERR ID is not valid UTF-8/,
    );
  }
  expect(await client.call("SM.STATE", "k")).toEqual(["a"]);
});

describe("SM.SEND", () => {
  test("refuses an ID that is empty", async () => {
    await client.call("SM.CREATE", "k", "d");
    expect(await raw("SM.SEND", "k", "GO", "ID", "")).toBe(
      "-ERR ID is empty: leave it out, or give each event an ID of its own\r\n",
    );
    expect(await client.call("SM.STATE", "k")).toEqual(["a"]);
  });
});

describe("SM.DEF CREATE", () => {
  test.each(["a\nb", "a\0", "\x1b[0m", "a\x7f", "a\u0085b", "a:v\t1"])(
    "refuses the control character in the name %j",
    async (name) => {
      expect(await raw("SM.DEF", "CREATE", name, DEFINITION)).toMatch(
        /^-ERR the name or version has a control character/,
      );
    },
  );
});
