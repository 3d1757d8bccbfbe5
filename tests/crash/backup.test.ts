/** Backups of a server under load that is killed afterwards: each has every write acknowledged before it began. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { cli } from "../support/cli.ts";
import type { TestClient } from "../support/client.ts";
import { startProgram } from "../support/program.ts";
import { temporaryDirectory } from "../support/stores.ts";
import { startServer } from "./server-process.ts";

const WRITERS = 8;

/** Writes as fast as it is answered; `acknowledged` counts the writes of each writer. */
class Load {
  readonly acknowledged: number[] = Array.from({ length: WRITERS }, () => 0);
  #isOver = false;
  #running: Promise<unknown> = Promise.resolve();

  begin(clients: readonly TestClient[]): void {
    this.#running = Promise.allSettled(clients.map((client, index) => this.#write(client, index)));
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  async #write(client: TestClient, index: number): Promise<void> {
    for (let n = 1; !this.#isOver; n += 1) {
      await client.call("MULTI");
      await client.call("SET", `last${index}`, String(n));
      await client.call("SET", `w${index}:${n % 500}`, `${n} `.repeat(100));
      await client.call("SM.SEND", `door${index}`, n % 2 === 1 ? "OPEN" : "SHUT", "ID", `e${index}:${n}`);
      await client.call("XADD", "log", "*", "writer", String(index), "n", String(n));
      await client.call("EXEC");
      this.acknowledged[index] = n;
    }
  }
}

const DOOR = '{"initial":"shut","states":{"shut":{"on":{"OPEN":"open"}},"open":{"on":{"SHUT":"shut"}}}}';

test("a backup under load restores to a sound store with every write acknowledged before it", async () => {
  const directory = temporaryDirectory();
  const archive = join(temporaryDirectory(), "archive");
  mkdirSync(archive);
  const server = await startServer({ directory, args: ["--journal-archive-dir", archive] });
  const clients = await Promise.all(Array.from({ length: WRITERS }, () => server.connect()));
  await clients[0]?.call("SM.DEF", "CREATE", "door", DOOR);
  for (let index = 0; index < WRITERS; index += 1)
    await clients[0]?.call("SM.CREATE", `door${index}`, "door");
  const load = new Load();
  load.begin(clients);
  const made: { readonly file: string; readonly acknowledged: readonly number[] }[] = [];
  for (let round = 0; round < 3; round += 1) {
    await expect
      .poll(() => Math.min(...load.acknowledged), { timeout: 20_000 })
      .toBeGreaterThan(40 * (round + 1));
    const acknowledged = [...load.acknowledged];
    const file = join(temporaryDirectory(), `${round}.backup`);
    const program = startProgram({ args: ["backup", file, "--dir", directory] });
    expect(await program.ended).toBe(0);
    expect(program.output()).toMatch(/: \d+ bytes, position \d+, 20/);
    made.push({ file, acknowledged });
  }
  const beforeKill = [...load.acknowledged];
  server.kill();
  await server.ended;
  await load.end();
  for (const { file, acknowledged } of made) {
    expect(await cli("verify", file)).toMatchObject({ code: 0, out: expect.stringMatching(/all is well$/) });
    const restored = join(temporaryDirectory(), "restored");
    expect((await cli("restore", file, "--dir", restored)).code).toBe(0);
    await assertHolds(restored, acknowledged);
  }
  // The first backup, the archive and what the killed server has left lead to its last commit.
  const restored = join(temporaryDirectory(), "restored");
  const [first] = made;
  const all = await cli(
    "restore",
    first?.file ?? "",
    "--dir",
    restored,
    "--archive",
    archive,
    "--archive",
    directory,
  );
  expect(all).toMatchObject({ code: 0 });
  await assertHolds(restored, beforeKill);
}, 120_000);

/** Starts a server and looks at what it has, at least so much of each writer, and all of a commit. */
async function assertHolds(directory: string, acknowledged: readonly number[]): Promise<void> {
  const server = await startServer({ directory });
  const client = await server.connect();
  for (const [index, least] of acknowledged.entries()) {
    const last = Number(await client.call("GET", `last${index}`));
    expect(last).toBeGreaterThanOrEqual(least);
    expect(String(await client.call("SM.STATE", `door${index}`))).toBe(last % 2 === 1 ? "open" : "shut");
    expect(await client.call("GET", `w${index}:${last % 500}`)).toBeTruthy();
  }
  expect(await client.call("SM.VERIFY")).toEqual([]);
  server.terminate();
  expect(await server.ended).toBe(0);
}
