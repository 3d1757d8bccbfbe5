/** The program while the system's clock is set back, which Debian's libfaketime plays to it. */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TestClient } from "../support/client.ts";
import { startProgram } from "../support/program.ts";
import { temporaryDirectory } from "../support/stores.ts";

const library = preloadable();
if (library === undefined) console.log("libfaketime is not installed: its test is skipped");

test.skipIf(library === undefined)("the program goes on when the clock is set back by a minute", async () => {
  const dir = temporaryDirectory();
  const offset = join(dir, "offset");
  const socket = join(dir, "socket");
  writeFileSync(offset, "+0s");
  const program = startProgram({
    args: ["--port", "0", "--unixsocket", socket, "--dir", dir],
    env: {
      LD_PRELOAD: library ?? "",
      FAKETIME_TIMESTAMP_FILE: offset,
      FAKETIME_NO_CACHE: "1",
      DONT_FAKE_MONOTONIC: "1",
    },
  });
  await program.printed(/Ready to accept connections/);
  const client = await TestClient.connect(socket);
  await client.call("SM.DEF", "CREATE", "d", '{"states":{"a":{"after":{"300ms":"b"}},"b":{}}}');
  const before = Number((await secondsOf(client))[0]);
  writeFileSync(offset, "-60s");
  await program.printed(/The system's clock is \d+ ms behind/);
  await client.call("SET", "k", "v", "PX", 300);
  await client.call("SM.CREATE", "m", "d");
  const startMs = performance.now();
  expect(await client.call("XREAD", "BLOCK", 500, "STREAMS", "s", "$")).toBe(null);
  expect(performance.now() - startMs).toBeGreaterThan(450);
  expect(await client.call("EXISTS", "k")).toBe(0);
  expect(String(await client.call("SM.STATE", "m"))).toBe("b");
  expect(Number((await secondsOf(client))[0])).toBeGreaterThanOrEqual(before);
  program.child.kill("SIGTERM");
  expect(await program.ended).toBe(0);
});

async function secondsOf(client: TestClient): Promise<string[]> {
  return String(await client.call("TIME")).split(",");
}

/** The library as LD_PRELOAD takes it. */
function preloadable(): string | undefined {
  const folder = "/usr/lib";
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .map((name) => join(folder, name, "faketime", "libfaketime.so.1"))
    .find((path) => existsSync(path));
}
