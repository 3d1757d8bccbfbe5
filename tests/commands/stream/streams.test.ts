/** What redis-server 7.0 cannot be asked about: facts of Redis 7.2 and later, and the events of the change list. */
import { describe, expect, onTestFinished, test } from "vitest";
import { HANDLERS } from "../../../src/commands/registry.ts";
import { startTestServer } from "../../support/server.ts";
import { START_MS, VirtualClock } from "../../support/virtual-clock.ts";

async function served() {
  const clock = new VirtualClock();
  const server = await startTestServer({ clock });
  onTestFinished(() => server.close());
  const client = await server.client();
  /** Runs requests given as lines; returns the last reply. */
  const run = async (...lines: readonly string[]) => {
    let reply: unknown;
    for (const line of lines) reply = await client.call(...line.split(" "));
    return reply;
  };
  return { clock, client, run };
}

const refusal = (message: string) => expect.objectContaining({ message });

describe("XREAD", () => {
  test("returns the last entry for + when there is one, and waits for the next when there is none", async () => {
    const { run } = await served();
    expect(await run("XREAD STREAMS s +")).toBeNull();
    expect(await run("XADD s 1-1 a 1", "XADD s 2-1 a 2", "XREAD STREAMS s +")).toEqual([
      ["s", [["2-1", ["a", "2"]]]],
    ]);
    expect(await run("XDEL s 2-1", "XREAD COUNT 5 STREAMS s +")).toEqual([["s", [["1-1", ["a", "1"]]]]]);
    expect(await run("XDEL s 1-1", "XREAD STREAMS s +")).toBeNull();
    expect(await run("XGROUP CREATE s g 0", "XREADGROUP GROUP g c STREAMS s +")).toEqual(
      expect.objectContaining({ message: expect.stringMatching(/^ERR The \+ ID is meaningless/) }),
    );
  });

  test.each([
    [
      "XREAD STREAMS a b 0",
      "ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be specified.",
    ],
    [
      "XREADGROUP GROUP g c STREAMS a b >",
      "ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be specified.",
    ],
    ["XREAD BLOCK 9223372036854775807 STREAMS a $", "ERR timeout is out of range"],
  ])("%s is refused in the words of Redis 7.2", async (line, message) => {
    const { run } = await served();
    expect(await run(line)).toEqual(refusal(message));
  });
});

test("MEMORY USAGE counts the entries of a stream, its groups and what is pending", async () => {
  const { run, client } = await served();
  const usage = async (...options: string[]) => Number(await client.call("MEMORY", "USAGE", "s", ...options));
  await client.call("XADD", "s", "*", "field", "x".repeat(100));
  const one = await usage();
  expect(one).toBeGreaterThan(200);
  for (let i = 1; i < 1000; i += 1) await client.call("XADD", "s", "*", "field", "x".repeat(100));
  const many = await usage();
  expect(many).toBeGreaterThan(100_000);
  expect(many).toBeLessThan(150_000);
  const exact = await usage("SAMPLES", "0");
  expect(Math.abs(exact - many)).toBeLessThan(many / 50);
  await run("XGROUP CREATE s g 0", "XREADGROUP GROUP g c COUNT 500 STREAMS s >");
  expect(await usage()).toBeGreaterThan(many + 5000);
});

describe("XINFO", () => {
  test("CONSUMERS and FULL distinguish attempts from deliveries when a consumer gets nothing", async () => {
    const { run, clock, client } = await served();
    await client.call("HELLO", "3");
    await run("XADD s 1-1 a 1", "XGROUP CREATE s g 0", "XREADGROUP GROUP g c STREAMS s >");
    clock.advance(1000);
    await run("XREADGROUP GROUP g c STREAMS s >", "XREADGROUP GROUP g d STREAMS s >");
    clock.advance(500);
    expect(await run("XINFO CONSUMERS s g")).toEqual([
      new Map(Object.entries({ name: "c", pending: 1, idle: 500, inactive: 1500 })),
      new Map(Object.entries({ name: "d", pending: 0, idle: 500, inactive: -1 })),
    ]);
    const full = (await run("XINFO STREAM s FULL")) as Map<string, unknown>;
    const groups = full.get("groups") as Array<Map<string, unknown>>;
    expect(groups[0]?.get("pending")).toEqual([["1-1", "c", START_MS, 1]]);
    expect(groups[0]?.get("consumers")).toEqual([
      new Map<string, unknown>([
        ["name", "c"],
        ["seen-time", START_MS + 1000],
        ["active-time", START_MS],
        ["pel-count", 1],
        ["pending", [["1-1", START_MS, 1]]],
      ]),
      new Map<string, unknown>([
        ["name", "d"],
        ["seen-time", START_MS + 1000],
        ["active-time", -1],
        ["pel-count", 0],
        ["pending", []],
      ]),
    ]);
  });

  test("HELP and XGROUP HELP name the subcommands", async () => {
    const { run } = await served();
    expect(await run("XINFO HELP")).toContain("STREAM key [FULL [COUNT count]]");
    expect((await run("XGROUP HELP")) as string[]).toEqual(
      expect.arrayContaining([expect.stringMatching(/^CREATE key group/)]),
    );
  });
});

test("XSETID is refused below the highest deleted id", async () => {
  const { run } = await served();
  expect(await run("XADD s 5-1 a 1", "XADD s 6-1 a 1", "XDEL s 6-1", "XSETID s 5-5")).toEqual(
    refusal("ERR The ID specified in XSETID is smaller than current max_deleted_entry_id"),
  );
});

test("XAUTOCLAIM claims entries that were pending for long enough by the server's clock", async () => {
  const { run, clock } = await served();
  await run("XADD s 1-1 a 1", "XADD s 2-1 a 2", "XGROUP CREATE s g 0");
  await run("XREADGROUP GROUP g c COUNT 1 STREAMS s >");
  clock.advance(5000);
  await run("XREADGROUP GROUP g c COUNT 1 STREAMS s >");
  expect(await run("XAUTOCLAIM s g d 5000 0 JUSTID")).toEqual(["0-0", ["1-1"], []]);
  expect(await run("XAUTOCLAIM s g d 5000 0")).toEqual(["0-0", [], []]);
});

test("every stream command has a handler", () => {
  expect([...HANDLERS.keys()].filter((name) => name.startsWith("X"))).toHaveLength(23);
});
