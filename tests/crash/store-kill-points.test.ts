/** SIGKILL at chosen system calls of a store: while it recovers, while journals change places, while a checkpoint runs. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { DurableStore } from "../../src/storage/durable-store.ts";
import { temporaryDirectory } from "../support/stores.ts";
import { contentsAfter, contentsOf } from "./store-writer.ts";
import { hasStrace, strace } from "./strace.ts";

const WRITER = new URL("store-writer.ts", import.meta.url).pathname;
/** Enough for each journal to have been used twice. */
const COMMITS = 900;

/** How a writer commits (store-writer.ts). */
const MANNERS = ["always", "early"] as const;

/** Runs a writer until it is killed, or has made its commits; returns the last that was acknowledged. */
function killedAt(
  directory: string,
  manner: (typeof MANNERS)[number],
  call: string,
  count: number,
  file?: string,
): number {
  const path = file === undefined ? undefined : `${directory}/${file}`;
  const writer = [process.execPath, "--import", "tsx", WRITER, directory, manner, String(COMMITS)];
  const [program = "", ...args] = [...strace(`${call}:signal=SIGKILL:when=${count}`, path), ...writer];
  const { stdout } = spawnSync(program, args, { encoding: "utf8" });
  const told = stdout.split("\n").filter((line) => /^(opened|done) \d+$/.test(line));
  return Number(told.at(-1)?.split(" ")[1] ?? 0);
}

async function expectWhole(directory: string, acknowledged: number): Promise<void> {
  const store = DurableStore.open(directory);
  const { contents, last } = contentsOf(store);
  await store.close();
  expect(last).toBeGreaterThanOrEqual(acknowledged);
  expect(contents).toEqual(contentsAfter(last));
}

test.skipIf(!hasStrace).each([
  ["the journals change places", "fdatasync", "journal-1.log", [1, 2, 3, 4, 6]],
  ["a checkpoint writes pages", "pwrite64", "data.mdb", [3, 4, 5, 8]],
  ["a checkpoint writes many pages", "writev", "data.mdb", [1, 2, 5]],
] as const)(
  "kill -9 while %s: nothing acknowledged is missing, nothing half there",
  async (_name, call, file, counts) => {
    for (const [index, count] of counts.entries()) {
      const directory = temporaryDirectory();
      const manner = MANNERS[index % 2] ?? "always";
      await expectWhole(directory, killedAt(directory, manner, call, count, file));
    }
  },
  120_000,
);

test.skipIf(!hasStrace)(
  "kill -9 again and again while a store recovers: nothing acknowledged is missing",
  async () => {
    const directory = temporaryDirectory();
    let acknowledged = killedAt(directory, "always", "fdatasync", 700);
    expect(acknowledged).toBeGreaterThan(400);
    for (let count = 1; count <= 7; count += 1) {
      const manner = MANNERS[count % 2] ?? "always";
      acknowledged = Math.max(acknowledged, killedAt(directory, manner, "fdatasync", count));
    }
    await expectWhole(directory, acknowledged);
  },
  120_000,
);
