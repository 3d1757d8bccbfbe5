/** detent record and detent coverage against a server that runs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cli } from "../support/cli.ts";
import type { TestClient } from "../support/client.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { temporaryDirectory } from "../support/stores.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const DEFINITION = {
  initial: "a",
  context: { n: 0 },
  states: {
    a: {
      on: {
        ADD: { actions: [{ assign: { n: "context.n + event.by" } }, { raise: { event: "SEEN", delay: 0 } }] },
        SEEN: { actions: [{ assign: { seen: "true" } }] },
        GO: [{ guard: "context.n > 1", target: "b" }],
        NEVER: "c",
      },
      after: { "1h": "c" },
    },
    b: { after: { "1h": "c" } },
    c: { type: "final" },
  },
};

const clock = new VirtualClock();
let server: TestServer;
let client: TestClient;
let url: string;

beforeAll(async () => {
  server = await startTestServer({ clock, config: { requirepass: "se cret" } });
  client = await server.client();
  url = `redis://:se%20cret@127.0.0.1:${server.port}`;
  await client.call("AUTH", "se cret");
  await client.call("SM.DEF", "CREATE", "d", JSON.stringify(DEFINITION));
  await client.call("SM.CREATE", "m", "d", "CONTEXT", '{"n":1}');
  clock.advance(60_000);
  await client.call("SM.SEND", "m", "ADD", '{"by":2}', "ID", "x", "BY", "ann");
  await client.call("SM.SEND", "m", "GO");
  clock.advance(3_600_000);
  await client.call("PING");
});

afterAll(() => server.close());

test("detent record makes a test that passes", async () => {
  const file = join(temporaryDirectory(), "m.test.yaml");
  const { code, out, err } = await cli("record", "m", "--url", url, "--write", file);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toBe(`${file}: 3 steps of 'm' written`);
  const text = readFileSync(file, "utf8");
  for (const part of ["seen: true", "id: x", "by: ann", "until: 2023-11-14T23:14:20.000Z"])
    expect(text).toContain(part);
  const run = await cli("test", file);
  expect(run.out).toContain("  ok     m of d:v1");
  expect(run.code).toBe(0);
});

test("detent coverage lists the transitions that no machine has taken", async () => {
  await client.call("SM.CREATE", "other", "d");
  const { code, out, err } = await cli("coverage", "d", "--url", url);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toBe(
    [
      "2 machines of d:v1",
      "Coverage of d:v1: transitions 4 of 6 (66%), guard outcomes 1 of 2 (50%)",
      "  not taken: a --NEVER--> c",
      "  not taken: a --after 1h--> c",
      "  guard never false: a --GO [context.n > 1]--> b",
    ].join("\n"),
  );
});

test("detent record stops before a change that a test cannot make, and says so", async () => {
  await client.call("SM.CREATE", "odd", "d");
  await client.call("SM.SEND", "odd", "ADD", '{"by":1}');
  await client.call("SM.RESET", "odd");
  const { code, err } = await cli("record", "odd", "--url", url);
  expect(code).toBe(0);
  expect(err).toMatch(/^What came later is left out: rev \d+ is a 'reset', which no test does$/);
});

test.each<readonly [readonly string[], number, string]>([
  [["record", "gone"], 1, "detent record: there is no machine 'gone'"],
  [["coverage", "gone"], 1, "detent coverage: there is no definition 'gone'"],
  [["coverage", "d", "--count", "0"], 2, "--count is a whole number from 1 on, not '0'"],
])("detent %j ends with a message", async (args, exit, message) => {
  const { code, err } = await cli(...args, "--url", url);
  expect(code).toBe(exit);
  expect(err).toContain(message);
});

test.each([
  ["nowhere", "'nowhere' is not an address of a server: write redis://127.0.0.1:6379"],
  ["redis://127.0.0.1:1", "cannot connect to 127.0.0.1:1: "],
])("detent record --url %s says what is wrong", async (address, message) => {
  const { code, err } = await cli("record", "m", "--url", address);
  expect(code).toBe(1);
  expect(err).toContain(message);
});

test("detent record says what the server says of a wrong password", async () => {
  const { code, err } = await cli("record", "m", "--url", url.replace("cret", "wrong"));
  expect(code).toBe(1);
  expect(err).toContain("WRONGPASS");
});
