/** Errors of the disk, injected from outside by strace: typed failures, reads go on, nothing acknowledged is lost. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { DurableStore } from "../../src/storage/durable-store.ts";
import { temporaryDirectory } from "../support/stores.ts";
import { contentsAfter, contentsOf } from "./store-writer.ts";
import { hasStrace, strace } from "./strace.ts";

const WRITER = new URL("store-writer.ts", import.meta.url).pathname;
const COMMITS = 1500;

/** Runs a writer of 1500 commits under strace and returns what it said. `mayAbort`: as LMDB may make it end. */
function writerUnder(fault: string, directory: string, path?: string, mayAbort = false): string[] {
  const writer = [process.execPath, "--import", "tsx", WRITER, directory, "always", String(COMMITS)];
  const [program = "", ...args] = [...strace(fault, path), ...writer];
  const { stdout, status, signal } = spawnSync(program, args, { encoding: "utf8" });
  const isAborted = mayAbort && signal === "SIGABRT";
  expect({ status, signal }).toEqual(
    isAborted ? { status: null, signal: "SIGABRT" } : { status: 0, signal: null },
  );
  return stdout.trim().split("\n");
}

function lastOf(lines: readonly string[], event: string): number {
  return Number(lines.findLast((line) => line.startsWith(`${event} `))?.split(" ")[1]);
}

/** Opens the directory without faults: all that was acknowledged must be there, and at most one commit more. */
async function expectKept(directory: string, acknowledged: number, lastMax: number): Promise<void> {
  const store = DurableStore.open(directory);
  const { contents, last } = contentsOf(store);
  await store.close();
  expect(last).toBeGreaterThanOrEqual(acknowledged);
  expect(last).toBeLessThanOrEqual(lastMax);
  expect(contents).toEqual(contentsAfter(last));
}

test.skipIf(!hasStrace).each([
  ["a sync of the journal fails", "fdatasync:error=EIO:when=300", /^failed could not sync the journal .*EIO/],
  [
    "a write to the journal fails",
    "pwrite64:error=EIO:when=300",
    /^failed could not write to the journal .*EIO/,
  ],
])("%s: no more commits, reads go on, a restart has what was acknowledged", async (_name, fault, message) => {
  const directory = temporaryDirectory();
  const lines = writerUnder(fault, directory);
  const acknowledged = lastOf(lines, "done");
  expect(acknowledged).toBeLessThan(COMMITS);
  expect(lines.slice(-3)).toEqual([
    expect.stringMatching(message),
    `reads ${acknowledged}`,
    "closed failing",
  ]);
  await expectKept(directory, acknowledged, acknowledged);
});

test.skipIf(!hasStrace)(
  "the disk is full for a while: commits fail, and go on once it has room",
  async () => {
    const directory = temporaryDirectory();
    const lines = writerUnder("pwrite64:error=ENOSPC:when=300..310", directory);
    expect(lines).toContainEqual(expect.stringMatching(/^failed could not write to the journal .*ENOSPC/));
    expect(lines).toContain("reopened");
    expect(lines.slice(-2)).toEqual([`done ${COMMITS}`, "closed"]);
    await expectKept(directory, COMMITS, COMMITS);
  },
);

test.skipIf(!hasStrace)(
  "the disk is too full for a checkpoint: the journal has what it could not carry, and it is carried later",
  async () => {
    const directory = temporaryDirectory();
    const lines = writerUnder("writev:error=ENOSPC:when=1..2", directory);
    expect(lines).toContainEqual(
      expect.stringMatching(/^failed a checkpoint failed: the disk is full .No space.*in the journal/),
    );
    expect(lines).toContain("reopened");
    expect(lines.slice(-2)).toEqual([`done ${COMMITS}`, "closed"]);
    await expectKept(directory, COMMITS, COMMITS);
  },
);

test.skipIf(!hasStrace)(
  "a checkpoint meets an error of the disk: no more commits, and none is lost",
  async () => {
    const directory = temporaryDirectory();
    const lines = writerUnder("writev:error=EIO:when=2+", directory);
    expect(lines).toContainEqual(expect.stringMatching(/^failed a checkpoint failed: .*in the journal/));
    expect(lines.at(-1)).toBe("closed failing");
    await expectKept(directory, lastOf(lines, "done"), lastOf(lines, "done"));
  },
);

/**
 * Which thread of LMDB's meets the fault, and whether that is at a page or at the head, is its own business. After a page
 * that could not be written LMDB (lmdb 3.5.6) may free memory twice, at the latest when it is closed, upon which the C
 * library ends the process: the journals have everything.
 */
test.skipIf(!hasStrace).each([4, 5])(
  "the data file cannot write which of its states is valid (%d): the store says so, and a restart has everything once",
  async (count) => {
    const directory = temporaryDirectory();
    const lines = writerUnder(`pwrite64:error=EIO:when=${count}+`, directory, `${directory}/data.mdb`, true);
    expect(lines).toContainEqual(
      expect.stringMatching(/^(lost|failed) a checkpoint failed: .*in the journal/),
    );
    await expectKept(directory, lastOf(lines, "done"), lastOf(lines, "done"));
  },
);
