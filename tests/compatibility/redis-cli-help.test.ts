/** redis-cli asks for COMMAND DOCS when it starts and is particular about the types in it: its help shows whether it understood. */
import { spawn, spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../support/server.ts";

const hasRedisCli = spawnSync("redis-cli", ["--version"]).error === undefined;

/** What redis-cli prints when lines are typed into it. */
function typed(port: number, lines: readonly string[]): Promise<string> {
  const cli = spawn("redis-cli", ["-p", String(port)]);
  cli.stdin.end(`${lines.join("\n")}\n`);
  return new Promise((resolve, reject) => {
    let printed = "";
    cli.stdout.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
    });
    cli.on("error", reject);
    // Colours are left out.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one.
    cli.on("close", () => resolve(printed.replace(/\u001b\[[0-9;]*m/g, "")));
  });
}

describe.skipIf(!hasRedisCli)("redis-cli", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  it("shows syntax, summary and group when asked for help", async () => {
    const printed = await typed(server.port, ["help sm.mutate", "help config get", "help copy"]);
    expect(printed).toContain("SM.MUTATE key state [reason [FORCE]]");
    expect(printed).toContain("summary: Moves a machine to a state that its current state leads to.");
    expect(printed).toContain("group: sm");
    expect(printed).toContain("CONFIG GET parameter [parameter ...]");
    expect(printed).toContain("COPY source destination [DB destination-db] [REPLACE]");
  });

  it("shows the commands of a group when asked for it", async () => {
    const printed = await typed(server.port, ["help @transactions"]);
    for (const name of ["MULTI", "EXEC", "DISCARD", "WATCH key [key ...]", "UNWATCH"]) {
      expect(printed).toContain(name);
    }
  });
});
