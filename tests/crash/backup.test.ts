/**
 * Backups of a server under load: each has every write acknowledged before it began, also when the server is killed
 * afterwards, and none holds a client up, however long it takes.
 */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
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
  readonly #valueLength: number;
  #isOver = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(valueLength = 400) {
    this.#valueLength = valueLength;
  }

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
      await client.call("SET", `w${index}:${n % 500}`, `${n} `.padEnd(this.#valueLength, "x"));
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

/** Begins a backup and stops its process while it writes; the number of the process, and what was acknowledged before. */
async function stoppedBackup(directory: string, admin: TestClient, load: Load) {
  const unfinished = () =>
    readdirSync(directory).flatMap((name) => /^\..*\.(\d+)\.tmp$/.exec(name)?.[1] ?? []);
  const stateOf = (pid: number) => {
    try {
      return / ([A-Z]) /.exec(readFileSync(`/proc/${pid}/stat`, "latin1"))?.[1];
    } catch {
      return "gone";
    }
  };
  const tries = 10;
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const acknowledged = [...load.acknowledged];
    expect(String(await admin.call("BGSAVE"))).toBe("Background saving started");
    await expect
      .poll(async () => unfinished().length > 0 || !(await isSaving(admin)), { interval: 1, timeout: 20_000 })
      .toBe(true);
    const pid = Number(unfinished()[0] ?? 0);
    if (pid === 0) continue;
    process.kill(pid, "SIGSTOP");
    await expect.poll(() => stateOf(pid), { interval: 1, timeout: 20_000 }).toMatch(/^(T|Z|gone)$/);
    if (stateOf(pid) === "T" && unfinished().length > 0) return { pid, acknowledged };
    process.kill(pid, "SIGCONT");
    await expect.poll(() => isSaving(admin), { timeout: 20_000 }).toBe(false);
  }
  throw new Error(`a backup was over before it could be stopped, ${tries} times`);
}

const infoField = async (admin: TestClient, name: string) =>
  new RegExp(`^${name}:(.*)\r$`, "m").exec(String(await admin.call("INFO", "everything")))?.[1];
const isSaving = async (admin: TestClient) => (await infoField(admin, "rdb_bgsave_in_progress")) === "1";

test.skipIf(process.platform !== "linux")(
  "a backup that stands still halfway holds no client up, while journals are filled and carried",
  async () => {
    const directory = temporaryDirectory();
    const server = await startServer({ directory });
    const admin = await server.connect();
    const clients = await Promise.all(Array.from({ length: WRITERS }, () => server.connect()));
    await admin.call("SM.DEF", "CREATE", "door", DOOR);
    for (let index = 0; index < WRITERS; index += 1) await admin.call("SM.CREATE", `door${index}`, "door");
    for (let n = 0; n < 64; n += 1) await admin.call("SET", `big:${n}`, "x".repeat(500_000));
    const load = new Load(200_000);
    load.begin(clients);
    const { pid, acknowledged } = await stoppedBackup(directory, admin, load);
    const whenStopped = [...load.acknowledged];
    const checkpoints = async () => Number(await infoField(admin, "store_checkpoints"));
    const before = await checkpoints();
    await expect.poll(checkpoints, { timeout: 60_000 }).toBeGreaterThanOrEqual(before + 2);
    expect(await isSaving(admin)).toBe(true);
    const progress = load.acknowledged.map((count, index) => count - (whenStopped[index] ?? 0));
    // Two journals of 32 MB in writes of 200 KB, whose turns everybody had.
    expect(Math.min(...progress)).toBeGreaterThan(10);
    process.kill(pid, "SIGCONT");
    await expect.poll(() => isSaving(admin), { timeout: 60_000 }).toBe(false);
    expect(await infoField(admin, "rdb_last_bgsave_status")).toBe("ok");
    await load.end();
    const file = join(directory, "dump.detent");
    expect(await cli("verify", file)).toMatchObject({ code: 0, out: expect.stringMatching(/all is well$/) });
    const restored = join(temporaryDirectory(), "restored");
    expect((await cli("restore", file, "--dir", restored)).code).toBe(0);
    server.terminate();
    await server.ended;
    await assertHolds(restored, acknowledged);
  },
  180_000,
);

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
