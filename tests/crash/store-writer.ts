/**
 * The victim of the crash tests: a process that commits to a store without end and tells of each commit when it
 * has been acknowledged. What commit n writes follows from n alone, so that whoever looks at the directory
 * later knows what must be there.
 *
 * node --import tsx store-writer.ts DIRECTORY POLICY [COMMITS_MAX]
 *
 * POLICY is one of appendfsync, or `early`: always, with commits that go on while earlier ones are on their way to the disk.
 *
 * Lines on standard output: `opened n`, `done n`, `failed message`, `reads n`, `reopened`, `closed` or
 * `closed failing`.
 */
import { writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bytesOfText, chars, raw } from "../../src/base/bytes.ts";
import { DurableStore } from "../../src/storage/durable-store.ts";
import type { FlushPolicy, OrderedReader, Write } from "../../src/storage/ordered-store.ts";

/** Small enough that a checkpoint is nearly always under way. */
const LIMITS = { journalBytesMax: 200_000, tableBytesMax: 120_000, cacheBytesMax: 100_000 };
const KEYS = 1000;

/** What commit `number` writes: a few keys, one removal, and its number in two places. */
export function writesOf(number: number): Write[] {
  const value = Buffer.from(`${number}:${"v".repeat((number * 37) % 300)}`);
  const writes = new Map<string, Buffer | null>([
    ["kfirst", Buffer.from(String(number))],
    [`k${(number * 7919) % KEYS}`, value],
    [`k${(number * 104_729) % KEYS}`, value],
    [`k${(number * 31) % KEYS}`, null],
    ["klast", Buffer.from(String(number))],
  ]);
  return [...writes].map(([key, bytes]): Write => [bytesOfText(key), bytes]);
}

/** All that a store holds after `count` commits. */
export function contentsAfter(count: number): Map<string, string> {
  const contents = new Map<string, string>();
  for (let number = 1; number <= count; number += 1) {
    for (const [key, value] of writesOf(number)) {
      if (value === null) contents.delete(chars(key));
      else contents.set(chars(key), value.toString());
    }
  }
  return contents;
}

/** All that a store holds, and the number of the last commit in it. */
export function contentsOf(reader: OrderedReader): { contents: Map<string, string>; last: number } {
  const entries = [...reader.range(raw("k"), raw("l"))];
  const contents = new Map(entries.map(([key, value]) => [chars(key), value.toString()]));
  return { contents, last: Number(contents.get("klast") ?? 0) };
}

/** The reader may be slower than the writer: while the pipe is full, the rest of the line is tried again. */
function tell(line: string): void {
  for (let rest = Buffer.from(`${line}\n`); rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A checkpoint that is tried again takes one. */
const aWhile = () => new Promise<void>((resolve) => setTimeout(resolve, 10));

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

async function write(directory: string, policy: FlushPolicy | "early", commitsMax: number): Promise<void> {
  const store = DurableStore.open(directory, { limits: LIMITS });
  let { last } = contentsOf(store);
  tell(`opened ${last}`);
  const isEarly = policy === "early";
  store.setFlushPolicy(isEarly ? "always" : policy);
  /** One that is taken back is made again. */
  const undo = () => {
    last -= 1;
  };
  store.onSettled((failure) => {
    if (failure === undefined) tell(`done ${last - (store.position - store.settledPosition)}`);
    else tell(`taken back to ${last}`);
  });
  store.onLost((error) => {
    tell(`lost ${error.message}`);
    process.exit(0);
  });
  for (let failures = 0; last < commitsMax && failures < 100; ) {
    try {
      if (failures > 0) store.reopen();
      if (failures > 0) tell("reopened");
      failures = 0;
      store.commit(writesOf(last + 1), [], undefined, isEarly ? undo : undefined);
      last += 1;
      if (!isEarly) tell(`done ${last}`);
      // Several are on their way at a time.
      else if (last % 3 !== 0) continue;
    } catch (error) {
      failures += 1;
      if (failures === 1) tell(`failed ${reasonOf(error)}`);
      if (failures === 1) tell(`reads ${contentsOf(store).last}`);
    }
    await (failures > 0 ? aWhile() : nextTurn());
  }
  await store.close().then(
    () => tell("closed"),
    () => tell("closed failing"),
  );
}

const [, program, directory, policy, commitsMax] = process.argv;
if (program === fileURLToPath(import.meta.url) && directory !== undefined) {
  const isKnown = policy === "always" || policy === "everysec" || policy === "no" || policy === "early";
  await write(directory, isKnown ? policy : "always", Number(commitsMax ?? Number.POSITIVE_INFINITY));
}
