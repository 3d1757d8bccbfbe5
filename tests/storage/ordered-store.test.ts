/** The contract of an ordered store, for every implementation of it. */
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { bytesOfText, chars, raw } from "../../src/base/bytes.ts";
import { type DurableLimits, DurableStore } from "../../src/storage/durable-store.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import type { OrderedStore, Write } from "../../src/storage/ordered-store.ts";
import { temporaryDirectory } from "../support/stores.ts";

interface Subject {
  store: OrderedStore;
  /** Closes it and opens it again, where that means something. */
  reopen(): Promise<void>;
}

/** Limits with which nearly every commit begins a checkpoint, and next to nothing is cached. */
const SMALL = { journalBytesMax: 2000, tableBytesMax: 900, cacheBytesMax: 2000 };

function durable(limits: Partial<DurableLimits> = {}): Subject {
  const directory = temporaryDirectory();
  const subject = {
    store: DurableStore.open(directory, { limits }),
    reopen: async () => {
      await subject.store.close();
      subject.store = DurableStore.open(directory, { limits });
    },
  };
  return subject;
}

const SUBJECTS: Readonly<Record<string, () => Subject>> = {
  MemoryStore: () => ({ store: new MemoryStore(), reopen: async () => undefined }),
  DurableStore: () => durable(),
  "DurableStore with small tables": () => durable(SMALL),
};

const key = bytesOfText;

function put(name: string, value: string): Write {
  return [key(name), Buffer.from(value)];
}

function shown(store: OrderedStore, from: string, to: string, reverse = false) {
  return [...store.range(raw(from), raw(to), { reverse })].map(([at, value]) => `${chars(at)}=${value}`);
}

describe.each(Object.entries(SUBJECTS))("%s", (_name, make) => {
  function subject(): Subject {
    const made = make();
    onTestFinished(() => made.store.close());
    return made;
  }

  test("get() returns what was put last, and undefined for what was removed or never put", () => {
    const { store } = subject();
    store.commit([put("a", "1"), put("b", ""), put("c", "3")]);
    store.commit([put("a", "2"), [key("c"), null], [key("never"), null]]);
    expect(store.get(key("a"))?.toString()).toBe("2");
    expect(store.get(key("b"))?.length).toBe(0);
    expect(store.get(key("c"))).toBeUndefined();
    expect(store.get(key("never"))).toBeUndefined();
  });

  test("range() includes its lower bound and not its upper one, in both directions", async () => {
    const made = subject();
    made.store.commit([put("a", "1"), put("b", "2"), put("c", "3"), put("d", "4")]);
    for (const _again of [1, 2]) {
      expect(shown(made.store, "b", "d")).toEqual(["b=2", "c=3"]);
      expect(shown(made.store, "b", "d", true)).toEqual(["c=3", "b=2"]);
      expect(shown(made.store, "aa", "bb")).toEqual(["b=2"]);
      expect(shown(made.store, "d", "b")).toEqual([]);
      await made.reopen();
    }
  });

  test("keys and values are binary, and long", () => {
    const { store } = subject();
    const long = raw("\xff\0\r\n".repeat(400));
    const value = Buffer.alloc(3_000_000, "\0\xff");
    store.commit([
      [long, value],
      [raw("\0"), Buffer.from([0])],
    ]);
    expect(store.get(long)?.equals(value)).toBe(true);
    expect(store.get(raw("\0"))).toEqual(Buffer.from([0]));
  });

  test("a value that is written to after its commit keeps its bytes when it was a view of a large buffer", () => {
    const { store } = subject();
    const chunk = Buffer.alloc(64 * 1024, "x");
    store.commit([[key("k"), chunk.subarray(100, 5000)]]);
    chunk.fill("y");
    if (store instanceof DurableStore) expect(store.get(key("k"))?.toString()).toBe("x".repeat(4900));
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
        const made = make();
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
          const ranged = (reverse: boolean) =>
            shown(made.store, from, to, reverse).filter((at) => at[0] !== "j");
          expect(ranged(false)).toEqual(expected);
          expect(ranged(true)).toEqual(expected.reverse());
          for (const at of [from, to]) expect(made.store.get(raw(at))?.toString()).toBe(model.get(at));
        }
        await made.store.close();
      }),
      { numRuns: 40 },
    );
  });
});
