import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";
import { missing, outputOf } from "./external.ts";
import { MACHINE } from "./order.ts";

const reason = missing("redis-cli", "redis-cli", "--version");

describe.skipIf(reason !== undefined)(`redis-cli${reason === undefined ? "" : ` (${reason})`}`, () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  const cli = (args: readonly string[], stdin?: string) =>
    outputOf("redis-cli", ["-p", String(server.port), ...args], stdin);

  test.each([
    ["RESP2", []],
    ["RESP3", ["-3"]],
  ])("plays the order in %s", async (_name, options) => {
    const session = [
      `SM.SET order:1 '${MACHINE}'`,
      "SM.STATE order:1",
      'SM.MUTATE order:1 paid "card 4242"',
      "SM.MUTATE order:1 cancelled",
      "SM.GET order:1 reason",
      "SM.STATE order:1 LIST",
      "TTL order:1",
      "GET order:1",
    ].join("\n");
    const shown = await cli([...options, "--no-raw"], `${session}\n`);
    expect(shown.split("\n")).toEqual([
      "OK",
      "1) new",
      "OK",
      "(nil)",
      "card 4242",
      "1) new",
      "2) paid",
      "(integer) -1",
      "(error) WRONGTYPE Operation against a key holding the wrong kind of value",
      "",
    ]);
  });

  test("sends a stream of requests with --pipe", async () => {
    const requests = Array.from({ length: 5000 }, (_, at) => `SET key:${at} ${at}\r\n`).join("");
    const shown = await cli(["--pipe"], requests);
    expect(shown).toContain("errors: 0, replies: 5000");
    expect(await cli(["GET", "key:4999"])).toBe("4999\n");
  });

  test("runs a transaction, scans, and reads INFO", async () => {
    const shown = await cli([], "MULTI\nSET a 1\nINCR a\nEXEC\n");
    expect(shown).toBe("OK\nQUEUED\nQUEUED\nOK\n2\n");
    expect(await cli(["--scan", "--pattern", "a"])).toBe("a\n");
    expect(await cli(["INFO", "server"])).toMatch(/redis_version:7\.2\.\d+\r?\n/);
  });

  test("authenticates with -a", async () => {
    const guarded = await startTestServer({ config: { requirepass: "secret" } });
    try {
      const args = ["-p", String(guarded.port), "--no-auth-warning", "-a", "secret", "PING"];
      expect(await outputOf("redis-cli", args)).toBe("PONG\n");
    } finally {
      await guarded.close();
    }
  });
});
