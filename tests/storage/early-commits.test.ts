/** Commits that are visible before they are on disk, with a disk whose syncs wait and fail when a test says so. */
import fc from "fast-check";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { bytesOfText, chars, raw } from "../../src/base/bytes.ts";
import { type DurableLimits, DurableStore } from "../../src/storage/durable-store.ts";
import type { CommitError, OrderedReader } from "../../src/storage/ordered-store.ts";
import { type HeldDisk, noRoom } from "../support/held-disk.ts";
import { imageOf, temporaryDirectory } from "../support/stores.ts";

const { disk } = await vi.hoisted(async () => {
  const support = await import("../support/held-disk.ts");
  return { disk: new support.HeldDisk() as HeldDisk };
});

vi.mock("node:fs", async (importOriginal) => {
  const fs = await importOriginal<typeof import("node:fs")>();
  return { ...fs, ...disk.over(fs) };
});

afterEach(() => disk.mend());

class Subject {
  readonly directory = temporaryDirectory();
  readonly store: DurableStore;
  /** What the store has told, and which commits it has taken back. */
  readonly told: string[] = [];
  readonly takenBack: string[] = [];

  constructor(limits: Partial<DurableLimits> = {}) {
    this.store = DurableStore.open(this.directory, { limits });
    // The file grows, which is synced whatever else is.
    this.put("z", "grown");
    this.store.onSettled((failure: CommitError | undefined) => {
      this.told.push(failure === undefined ? `settled ${this.behind}` : `failed ${this.behind}`);
    });
    onTestFinished(() => this.store.close().catch(() => undefined));
  }

  /** How many commits are not settled. */
  get behind(): number {
    return this.store.position - this.store.settledPosition;
  }

  put(key: string, value: string | null): void {
    this.store.commit([[bytesOfText(key), value === null ? null : Buffer.from(value)]]);
  }

  putEarly(key: string, value: string | null): void {
    const write = [bytesOfText(key), value === null ? null : Buffer.from(value)] as const;
    this.store.commit([write], [], undefined, () => this.takenBack.push(`${key}=${value}`));
  }
}

function shown(reader: OrderedReader): string {
  const entries = [...reader.range(raw("a"), raw("h"))];
  return entries.map(([key, value]) => `${chars(key)}=${value}`).join(" ");
}

/** What a start finds after a crash at this moment. */
async function afterCrash({ directory }: Subject): Promise<string> {
  const store = DurableStore.open(imageOf(directory));
  const found = shown(store);
  await store.close();
  return found;
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await turn();
}

test("an early commit is visible at once, and settled when a sync has covered it", async () => {
  const subject = new Subject();
  disk.isHeld = true;
  subject.putEarly("a", "1");
  await until(() => disk.waitingCount === 1);
  subject.putEarly("b", "2");
  expect([shown(subject.store), subject.behind, subject.told]).toEqual(["a=1 b=2", 2, []]);
  disk.release();
  // The first sync had begun before the second commit, which has one of its own.
  await until(() => subject.behind === 0);
  expect(subject.told).toEqual(["settled 1", "settled 0"]);
});

test("a sync that fails rolls back all commits in flight, the newest first, and restores what they replaced", async () => {
  const subject = new Subject();
  subject.put("a", "old");
  subject.put("b", "old");
  disk.isHeld = true;
  subject.putEarly("a", "new");
  await until(() => disk.waitingCount === 1);
  subject.putEarly("b", null);
  subject.putEarly("a", "newer");
  subject.putEarly("c", "new");
  expect(shown(subject.store)).toBe("a=newer c=new");
  disk.release(noRoom());
  await until(() => subject.told.length > 0);
  expect(subject.told).toEqual(["failed 0"]);
  expect(subject.takenBack).toEqual(["c=new", "a=newer", "b=null", "a=new"]);
  expect(shown(subject.store)).toBe("a=old b=old");
  expect(() => subject.putEarly("d", "1")).toThrow(/the disk is full/);
  disk.mend();
  expect(await afterCrash(subject)).toBe("a=old b=old");
  subject.store.reopen();
  subject.put("d", "1");
  expect(await afterCrash(subject)).toBe("a=old b=old d=1");
});

test("no record of a commit that was rolled back counts later, wherever the records after it end", async () => {
  for (let bytes = 82; bytes < 94; bytes += 1) {
    const subject = new Subject();
    disk.isHeld = true;
    for (const [index, key] of ["a", "b", "c", "d"].entries()) subject.putEarly(key, "x".repeat(40 + index));
    await until(() => disk.waitingCount === 1);
    disk.release(noRoom());
    await until(() => subject.told.length > 0);
    disk.mend();
    subject.store.reopen();
    // Somewhere here it ends where one of those began.
    subject.put("e", "y".repeat(bytes));
    expect(await afterCrash(subject)).toBe(`e=${"y".repeat(bytes)}`);
    await subject.store.close();
  }
}, 120_000);

test("a commit that waits for its sync settles those before it, or fails with them", async () => {
  const subject = new Subject();
  disk.isHeld = true;
  subject.putEarly("a", "1");
  subject.put("b", "2");
  expect(subject.told).toEqual([]);
  await null;
  expect([subject.told, subject.behind]).toEqual([["settled 0"], 0]);
  subject.putEarly("c", "3");
  disk.failure = noRoom();
  expect(() => subject.put("d", "4")).toThrow(/the disk is full/);
  expect(shown(subject.store)).toBe("a=1 b=2 c=3");
  // Not yet reopened: what c has left in the journal is not decided.
  disk.failure = undefined;
  expect(() => subject.store.reopen()).toThrow(/the disk is full/);
  await null;
  expect(shown(subject.store)).toBe("a=1 b=2");
  expect([subject.takenBack, subject.told.at(-1)]).toEqual([["c=3"], "failed 0"]);
  disk.mend();
  subject.store.reopen();
  expect(await afterCrash(subject)).toBe("a=1 b=2");
});

test("a sync that succeeds after another has failed settles nothing", async () => {
  const subject = new Subject();
  disk.isHeld = true;
  subject.putEarly("a", "1");
  await until(() => disk.waitingCount === 1);
  disk.failure = noRoom();
  expect(() => subject.store.flush()).toThrow(/the disk is full/);
  disk.mend();
  await until(() => subject.told.length > 0);
  await turn();
  expect([subject.told, shown(subject.store)]).toEqual([["failed 0"], ""]);
});

test("settle() waits for commits in flight, and so does a change to a weaker policy", async () => {
  const subject = new Subject();
  disk.isHeld = true;
  subject.putEarly("a", "1");
  subject.store.settle();
  expect([subject.behind, subject.told]).toEqual([0, ["settled 0"]]);
  subject.putEarly("b", "1");
  subject.store.setFlushPolicy("no");
  await null;
  expect([subject.behind, subject.told.length]).toEqual([0, 2]);
  subject.putEarly("c", "1");
  expect(subject.behind).toBe(0);
});

test("a journal is rotated when no commit is in flight: frozen commits cannot be rolled back", async () => {
  const subject = new Subject({ journalBytesMax: 2000 });
  disk.isHeld = true;
  for (let count = 0; count < 30; count += 1) subject.putEarly("a", "x".repeat(100));
  expect(subject.behind).toBe(30);
  await null;
  expect([subject.behind, subject.store.status().isCheckpointing]).toEqual([0, true]);
  disk.mend();
  await until(() => !subject.store.status().isCheckpointing);
});

interface EarlyOrNot {
  readonly isEarly: boolean;
  readonly key: string;
  readonly value: string | null;
}
const write: fc.Arbitrary<EarlyOrNot> = fc.record({
  isEarly: fc.constantFrom(true, true, false),
  key: fc.constantFrom("a", "b", "c"),
  value: fc.option(fc.constantFrom("1", "22", "x".repeat(300))),
});
type Action = EarlyOrNot | "hold" | "release" | "fail" | "crash";
const action: fc.Arbitrary<Action> = fc.oneof(
  write,
  fc.constantFrom("hold" as const, "release" as const, "fail" as const, "crash" as const),
);

/** A store and what it should hold, by position. */
class Model {
  readonly subject = new Subject({ journalBytesMax: 1200 });
  readonly met = { takenBack: 0, crashes: 0 };
  readonly #first = this.subject.store.position;
  #history: ReadonlyMap<string, string>[] = [new Map()];

  constructor() {
    this.subject.store.onSettled((failure) => {
      if (failure !== undefined) this.#history = this.#history.slice(0, this.#settled + 1);
    });
  }

  get latest(): string {
    return this.#shown(this.#history.length - 1);
  }

  get #settled(): number {
    return this.subject.store.settledPosition - this.#first;
  }

  #shown(at: number): string {
    const entries = [...(this.#history[at] ?? [])].sort();
    return entries.map(([key, value]) => `${key}=${value}`).join(" ");
  }

  async run(one: Action): Promise<void> {
    if (typeof one !== "string") this.#write(one);
    else if (one === "hold") disk.isHeld = true;
    else if (one === "release") disk.release();
    else if (one === "crash") await this.#crash();
    else await this.#fail();
    await turn();
    expect(shown(this.subject.store)).toBe(this.latest);
  }

  #write({ isEarly, key, value }: EarlyOrNot): void {
    const next = new Map(this.#history.at(-1));
    if (value === null) next.delete(key);
    else next.set(key, value);
    if (isEarly) this.subject.putEarly(key, value);
    else this.subject.put(key, value);
    this.#history.push(next);
  }

  async #crash(): Promise<void> {
    const found = await afterCrash(this.subject);
    const settled = this.#settled;
    const possible = this.#history.slice(settled).map((_contents, index) => this.#shown(settled + index));
    expect(possible).toContain(found);
    this.met.crashes += 1;
  }

  async #fail(): Promise<void> {
    if (disk.waitingCount > 0) this.met.takenBack += 1;
    disk.release(noRoom());
    await turn();
    await turn();
    expect(shown(this.subject.store)).toBe(this.latest);
    await this.recover();
  }

  async recover(): Promise<void> {
    const { store } = this.subject;
    disk.mend();
    while (store.failure !== undefined) {
      await turn();
      try {
        store.reopen();
      } catch {
        // Not yet.
      }
    }
    // An empty record has shown that there is room.
    while (this.#history.length <= store.position - this.#first)
      this.#history.push(this.#history.at(-1) ?? new Map());
  }
}

test("random commits, delays and losses keep all settled commits, and none that was rolled back", async () => {
  const met = { takenBack: 0, crashes: 0, checkpoints: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), async (actions) => {
      const model = new Model();
      for (const one of actions) await model.run(one);
      await model.recover();
      const { store, directory } = model.subject;
      met.takenBack += model.met.takenBack;
      met.crashes += model.met.crashes;
      met.checkpoints += store.status().checkpointCount;
      await store.close();
      const again = DurableStore.open(directory);
      expect(shown(again)).toBe(model.latest);
      await again.close();
    }),
    { numRuns: Number(process.env["EARLY_RUNS"] ?? 40) },
  );
  for (const [what, count] of Object.entries(met)) expect([what, count]).not.toEqual([what, 0]);
}, 120_000);
