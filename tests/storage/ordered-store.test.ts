/** The contract of an ordered store, for every implementation of it. */
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { bytesOfText, chars, raw } from "../../src/base/bytes.ts";
import { type DurableLimits, DurableStore } from "../../src/storage/durable-store.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import type { OrderedStore, Write } from "../../src/storage/ordered-store.ts";
import type { PostgresLimits } from "../../src/storage/postgres/opening.ts";
import { PostgresStore } from "../../src/storage/postgres/postgres-store.ts";
import { untilLoaded } from "../../src/storage/until-loaded.ts";
import type { PackedSpaces } from "../../src/storage/write-table.ts";
import { useClusterDatabase } from "../support/cluster-database.ts";
import { noPostgres } from "../support/postgres.ts";
import { runs } from "../support/runs.ts";
import { temporaryDirectory } from "../support/stores.ts";

interface Subject {
  store: OrderedStore;
  /** Closes it and opens it again, where that means something. */
  reopen(): Promise<void>;
}

/** Limits with which nearly every commit begins a checkpoint, and next to nothing is cached. */
const SMALL = { journalBytesMax: 2000, tableBytesMax: 900, cacheBytesMax: 2000 };

/** Spaces whose values are held as bytes: those of all keys of these tests. */
const PACKED: PackedSpaces = { spaces: "abcdefghijklmnopqrstuvwxyz", packs: (_key, value) => value[0] !== 0 };

async function durable(limits: Partial<DurableLimits> = {}, packedSpaces?: PackedSpaces): Promise<Subject> {
  const directory = temporaryDirectory();
  const options = { limits, ...(packedSpaces && { packedSpaces }) };
  const subject: Subject = {
    store: DurableStore.open(directory, options),
    reopen: async () => {
      await subject.store.close();
      subject.store = DurableStore.open(directory, options);
    },
  };
  return subject;
}

const database = noPostgres === undefined ? useClusterDatabase() : undefined;

async function postgres(limits: Partial<PostgresLimits> = {}): Promise<Subject> {
  const url = (await database?.cluster()) ?? "";
  const options = { url, partition: 0, owner: "owner", epoch: 1, limits };
  const subject: Subject = {
    store: await PostgresStore.open(options),
    reopen: async () => {
      await subject.store.close();
      subject.store = await PostgresStore.open(options);
    },
  };
  return subject;
}

const SUBJECTS: Readonly<Record<string, () => Promise<Subject>>> = {
  MemoryStore: async () => ({ store: new MemoryStore(), reopen: async () => undefined }),
  DurableStore: () => durable(),
  "DurableStore with small tables": () => durable(SMALL),
  "DurableStore with packed spaces": () => durable({}, PACKED),
  "DurableStore with small tables of packed spaces": () => durable(SMALL, PACKED),
  ...(database && { PostgresStore: postgres, "PostgresStore with small tables": () => postgres(SMALL) }),
};

const get = (store: OrderedStore, name: string) => untilLoaded(() => store.get(raw(name)));

const key = bytesOfText;

function put(name: string, value: string): Write {
  return [key(name), Buffer.from(value)];
}

function shown(store: OrderedStore, from: string, to: string, reverse = false) {
  return untilLoaded(() =>
    [...store.range(raw(from), raw(to), { reverse })].map(([at, value]) => `${chars(at)}=${value}`),
  );
}

describe.each(Object.entries(SUBJECTS))("%s", (_name, make) => {
  async function subject(): Promise<Subject> {
    const made = await make();
    onTestFinished(() => made.store.close());
    return made;
  }

  test("get() returns what was put last, and undefined for what was removed or never put", async () => {
    const { store } = await subject();
    store.commit([put("a", "1"), put("b", ""), put("c", "3")]);
    store.commit([put("a", "2"), [key("c"), null], [key("never"), null]]);
    expect((await get(store, "a"))?.toString()).toBe("2");
    expect((await get(store, "b"))?.length).toBe(0);
    expect(await get(store, "c")).toBeUndefined();
    expect(await get(store, "never")).toBeUndefined();
  });

  test("range() includes its lower bound and not its upper one, in both directions", async () => {
    const made = await subject();
    made.store.commit([put("a", "1"), put("b", "2"), put("c", "3"), put("d", "4")]);
    for (const _again of [1, 2]) {
      expect(await shown(made.store, "b", "d")).toEqual(["b=2", "c=3"]);
      expect(await shown(made.store, "b", "d", true)).toEqual(["c=3", "b=2"]);
      expect(await shown(made.store, "aa", "bb")).toEqual(["b=2"]);
      expect(await shown(made.store, "d", "b")).toEqual([]);
      await made.reopen();
    }
  });

  test("keys and values are binary, and long", async () => {
    const made = await subject();
    const long = raw("\xff\0\r\n".repeat(400));
    const value = Buffer.alloc(3_000_000, "\0\xff");
    made.store.commit([
      [long, value],
      [raw("\0"), Buffer.from([0])],
    ]);
    for (const _again of [1, 2]) {
      expect((await get(made.store, chars(long)))?.equals(value)).toBe(true);
      expect(await get(made.store, "\0")).toEqual(Buffer.from([0]));
      await made.reopen();
    }
  });

  test("a value that is written to after its commit keeps its bytes when it was a view of a large buffer", async () => {
    const { store } = await subject();
    const chunk = Buffer.alloc(64 * 1024, "x");
    store.commit([[key("k"), chunk.subarray(100, 5000)]]);
    chunk.fill("y");
    if (!(store instanceof MemoryStore)) expect(store.get(key("k"))?.toString()).toBe("x".repeat(4900));
  });

  test("agrees with a map through any commits and reopenings", async () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "\xff", "\0"), maxLength: 3 });
    const name = fc.tuple(fc.constantFrom("a", "b", "k"), letters).map(([space, rest]) => space + rest);
    const value = fc.option(fc.uint8Array({ maxLength: 40 }), { freq: 3 });
    const commits = fc.array(fc.record({ writes: fc.array(fc.tuple(name, value)), reopens: fc.nat(9) }), {
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(commits, name, name, async (steps, from, to) => {
        const made = await make();
        const model = new Map<string, string>();
        for (const { writes, reopens } of steps) {
          const unique = new Map(
            writes.map(([at, bytes]) => [at, bytes === null ? null : Buffer.from(bytes)]),
          );
          made.store.commit([...unique].map(([at, bytes]): Write => [raw(at), bytes]));
          for (const [at, bytes] of unique) {
            if (bytes === null) model.delete(at);
            else model.set(at, bytes.toString());
          }
          // Lets a checkpoint go on to its end, or somewhere between.
          for (let turns = reopens; turns > 0; turns -= 1) await new Promise((done) => setImmediate(done));
          if (reopens === 9) await made.reopen();
          const sorted = [...model]
            .filter(([at]) => at >= from && at < to)
            .sort(([a], [b]) => (a < b ? -1 : 1));
          const expected = sorted.map(([at, text]) => `${at}=${text}`);
          const ranged = async (reverse: boolean) =>
            (await shown(made.store, from, to, reverse)).filter((at) => at[0] !== "j");
          expect(await ranged(false)).toEqual(expected);
          expect(await ranged(true)).toEqual(expected.reverse());
          for (const at of [from, to]) expect((await get(made.store, at))?.toString()).toBe(model.get(at));
        }
        await made.store.close();
      }),
      { numRuns: runs(10, 40) },
    );
  });
});
