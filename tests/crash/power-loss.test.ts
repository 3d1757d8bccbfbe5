/**
 * Loss of power at every moment: what a store writes to its journals, cuts and syncs is recorded, and images are made
 * of what a disk may hold at a moment: all that was synced, and of the rest any part, in any order, also half a write.
 * Each image opens, has every commit that was acknowledged, and none by half. data.mdb is taken as LMDB left it after
 * the last checkpoint.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { DurableStore } from "../../src/storage/durable-store.ts";
import { SEED } from "../support/seed.ts";
import { temporaryDirectory } from "../support/stores.ts";
import { contentsAfter, contentsOf, writesOf } from "./store-writer.ts";

type Step =
  | { kind: "write"; file: string; offset: number; bytes: Buffer }
  | { kind: "cut"; file: string; size: number }
  /** Covers what was written before a step. */
  | { kind: "sync"; file: string; before: number }
  /** Commits up to a number have been begun, and acknowledged. */
  | { kind: "commit"; begun: number; done: number }
  | { kind: "data"; bytes: Buffer };

const disk = vi.hoisted(() => ({ directory: "", files: new Map<number, string>(), steps: [] as unknown[] }));

vi.mock("node:fs", async (importOriginal) => {
  const fs = await importOriginal<typeof import("node:fs")>();
  const record = (descriptor: number, step: object) => {
    const file = disk.files.get(descriptor);
    if (file !== undefined) disk.steps.push({ ...step, file });
  };
  return {
    ...fs,
    openSync: (path: string, flags: string, mode?: number) => {
      const descriptor = fs.openSync(path, flags, mode);
      disk.files.delete(descriptor);
      const isOurs = disk.directory !== "" && path.startsWith(disk.directory) && path.endsWith(".log");
      if (isOurs) disk.files.set(descriptor, path.slice(disk.directory.length + 1));
      if (isOurs && flags.startsWith("w")) record(descriptor, { kind: "cut", size: 0 });
      return descriptor;
    },
    writeSync: (descriptor: number, bytes: Buffer, from: number, length: number, offset: number) => {
      if (typeof bytes === "string") return fs.writeSync(descriptor, bytes, from);
      record(descriptor, { kind: "write", offset, bytes: Buffer.from(bytes.subarray(from, from + length)) });
      return fs.writeSync(descriptor, bytes, from, length, offset);
    },
    ftruncateSync: (descriptor: number, size: number) => {
      record(descriptor, { kind: "cut", size });
      fs.ftruncateSync(descriptor, size);
    },
    fdatasyncSync: (descriptor: number) => {
      fs.fdatasyncSync(descriptor);
      record(descriptor, { kind: "sync", before: disk.steps.length });
    },
    fdatasync: (descriptor: number, done: (error: Error | null) => void) => {
      // What is written meanwhile may be covered or not.
      const before = disk.steps.length;
      fs.fdatasync(descriptor, (error) => {
        if (error === null) record(descriptor, { kind: "sync", before });
        done(error);
      });
    },
    closeSync: (descriptor: number) => {
      disk.files.delete(descriptor);
      fs.closeSync(descriptor);
    },
  };
});

/** Small enough for several rotations, and a file that is cut because it has grown too long would not be. */
const LIMITS = { journalBytesMax: 12_000, tableBytesMax: 1_000_000, cacheBytesMax: 100_000 };
const SECTOR_BYTES = 512;
const IMAGES = Number(process.env["POWER_LOSS_IMAGES"] ?? 60);

/** How a store commits: "early" is always, with commits that are visible while they are on their way to the disk. */
type Manner = "always" | "no" | "early";

function openedTo(directory: string, manner: Manner, onSettled: () => void): DurableStore {
  const store = DurableStore.open(directory, { limits: LIMITS });
  store.setFlushPolicy(manner === "early" ? "always" : manner);
  store.onSettled(onSettled);
  return store;
}

/** Runs a store from its first opening on, and returns all that reached its disk. */
async function recorded(manner: Manner, commits: number): Promise<Step[]> {
  const directory = temporaryDirectory();
  disk.steps = [];
  disk.directory = directory;
  const steps = disk.steps as Step[];
  const noteData = () => steps.push({ kind: "data", bytes: readFileSync(`${directory}/data.mdb`) });
  for (let number = 0; number < commits; ) {
    // A second life begins with what a crash would leave: the store is not closed as it should be.
    const store = openedTo(directory, manner, () => {
      steps.push({ kind: "commit", begun: number, done: done() });
    });
    /** The last commit that is known to be on disk. */
    const done = () => {
      if (manner === "early") return number - (store.position - store.settledPosition);
      return manner === "always" ? number : number - (number % 10);
    };
    noteData();
    const last = number + commits / 2;
    for (let checkpoints = 0; number < last; ) {
      steps.push({ kind: "commit", begun: number + 1, done: done() });
      store.commit(writesOf(number + 1), [], undefined, manner === "early" ? () => undefined : undefined);
      number += 1;
      if (manner === "no" && number % 10 === 0) store.flush();
      steps.push({ kind: "commit", begun: number, done: done() });
      // Early commits come in pairs and more, so that several are on their way.
      if (manner === "early" && number % 3 !== 0 && number < last) continue;
      await new Promise((resolve) => setImmediate(resolve));
      while (store.status().isCheckpointing) await new Promise((resolve) => setImmediate(resolve));
      if (store.status().checkpointCount > checkpoints) noteData();
      checkpoints = store.status().checkpointCount;
    }
    if (store.position > store.settledPosition) store.settle();
    disk.directory = "";
    disk.files.clear();
    const copy = temporaryDirectory();
    cpSync(directory, copy, { recursive: true });
    await store.close();
    rmSync(directory, { recursive: true });
    cpSync(copy, directory, { recursive: true });
    disk.directory = directory;
  }
  disk.directory = "";
  return steps;
}

type Random = () => number;

function apply(content: Buffer, step: Step): Buffer {
  if (step.kind === "cut") return Buffer.concat([content, Buffer.alloc(step.size)]).subarray(0, step.size);
  if (step.kind !== "write") return content;
  const grown = Buffer.alloc(Math.max(content.length, step.offset + step.bytes.length));
  content.copy(grown);
  step.bytes.copy(grown, step.offset);
  return grown;
}

/** What may have become of a write that no sync has covered: nothing, all, or some of its sectors. */
function torn(step: Step, random: Random): Step[] {
  const fate = random();
  if (fate < 0.3) return [];
  if (fate < 0.6 || step.kind !== "write") return [step];
  const pieces: Step[] = [];
  for (let at = 0; at < step.bytes.length; ) {
    const end = Math.min(step.bytes.length, at + SECTOR_BYTES - ((step.offset + at) % SECTOR_BYTES));
    if (random() < 0.5)
      pieces.push({ ...step, offset: step.offset + at, bytes: step.bytes.subarray(at, end) });
    at = end;
  }
  return pieces;
}

/** The files of the disk after so many steps, as one possible loss of power leaves them. */
function imageAfter(steps: readonly Step[], count: number, random: Random) {
  const synced = new Map<string, Buffer>();
  const unsynced = new Map<string, { readonly step: Step; readonly at: number }[]>();
  let data = Buffer.alloc(0) as Buffer;
  let commits = { begun: 0, done: 0 };
  for (const [at, step] of steps.slice(0, count).entries()) {
    if (step.kind === "data") data = step.bytes;
    else if (step.kind === "commit") commits = step;
    else if (step.kind === "sync") {
      const waiting = unsynced.get(step.file) ?? [];
      const covered = waiting.filter((one) => one.at < step.before).map((one) => one.step);
      synced.set(step.file, covered.reduce(apply, synced.get(step.file) ?? Buffer.alloc(0)));
      unsynced.set(
        step.file,
        waiting.filter((one) => one.at >= step.before),
      );
    } else unsynced.set(step.file, [...(unsynced.get(step.file) ?? []), { step, at }]);
  }
  for (const [file, left] of unsynced) {
    const survived = left.flatMap(({ step }) => torn(step, random));
    synced.set(file, survived.reduce(apply, synced.get(file) ?? Buffer.alloc(0)));
  }
  return { files: synced, data, commits };
}

test.each(["always", "no", "early"] as const)(
  "a store that commits as %s opens after a loss of power at any moment and has what was on disk",
  async (manner) => {
    const steps = await recorded(manner, 120);
    const first = steps.findIndex((step) => step.kind === "data");
    expect(steps.filter((step) => step.kind === "data").length).toBeGreaterThan(4);
    const image = `${temporaryDirectory()}/image`;
    const [points] = fc.sample(
      fc.array(
        fc.tuple(
          fc.integer({ min: first + 1, max: steps.length }),
          fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        ),
        {
          minLength: IMAGES,
          maxLength: IMAGES,
        },
      ),
      { numRuns: 1 },
    );
    for (const [count, stream] of points ?? []) {
      const random = () => stream.next().value ?? 0;
      const { files, data, commits } = imageAfter(steps, count, random);
      mkdirSync(image);
      for (const [file, content] of files) writeFileSync(`${image}/${file}`, content);
      writeFileSync(`${image}/data.mdb`, data);
      const where = `SEED=${SEED}, after step ${count} of ${steps.length}`;
      const store = openedAt(image, where);
      const { contents, last } = contentsOf(store);
      await store.close();
      expect(last, where).toBeGreaterThanOrEqual(commits.done);
      expect(last, where).toBeLessThanOrEqual(commits.begun);
      expect(contents, where).toEqual(contentsAfter(last));
      rmSync(image, { recursive: true });
    }
  },
  120_000,
);

function openedAt(directory: string, where: string): DurableStore {
  try {
    return DurableStore.open(directory);
  } catch (error) {
    throw new Error(`${where}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
