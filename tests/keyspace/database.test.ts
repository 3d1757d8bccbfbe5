import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesOfText, chars, raw } from "../../src/base/bytes.ts";
import { Databases } from "../../src/keyspace/databases.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import { SortedMap } from "../../src/storage/sorted-map.ts";

const key = bytesOfText;

function fresh(nowMs = 1000) {
  const store = Store.over(new MemoryStore(), OBJECT_TYPES);
  const begin = (at = nowMs) => new Databases(store.begin(), 16, at);
  return { store, begin };
}

function text(value: string, expireAtMs = 0) {
  return { type: "string" as const, payload: Buffer.from(value), expireAtMs };
}

describe("Database", () => {
  test("find() removes a key that is past its expiry and records it", () => {
    const { begin } = fresh();
    const database = begin().at(0);
    database.put(key("k"), text("v", 1000), "set");
    expect(database.find(key("k"))).toBeUndefined();
    expect(database.size).toBe(0);
    expect(database.transaction.changes.at(-1)).toEqual({
      kind: "key",
      database: 0,
      key: key("k"),
      event: "expired",
    });
  });

  test("moveTo() keeps the id, the expiry and the counters when the target exists", () => {
    const database = fresh().begin().at(0);
    const before = database.put(key("a"), text("1", 5000), "set");
    database.put(key("b"), text("2"), "set");
    database.moveTo(database, key("a"), before, key("b"), ["rename_from", "rename_to"]);
    expect(database.find(key("b"))).toMatchObject({ id: before.id, expireAtMs: 5000 });
    expect(database.find(key("a"))).toBeUndefined();
    expect([database.size, database.expiringSize]).toEqual([1, 1]);
  });

  test("a rollback leaves what was there at the savepoint, changes included", () => {
    const databases = fresh().begin();
    databases.at(0).put(key("k"), text("1"), "set");
    const savepoint = databases.transaction.savepoint();
    databases.at(0).put(key("k"), text("2".repeat(5000), 9000), "set");
    databases.at(0).put(key("l"), text("3"), "set");
    databases.rollback(savepoint);
    const record = databases.at(0).find(key("k"));
    expect(record?.payload.toString()).toBe("1");
    expect([databases.at(0).size, databases.at(0).expiringSize]).toEqual([1, 0]);
    expect(databases.transaction.changes).toHaveLength(2);
  });

  test("scan() returns each key that stays exactly once while others come and go", () => {
    const database = fresh().begin().at(0);
    for (let i = 0; i < 100; i += 1) database.put(key(`stay${i}`), text("v"), "set");
    const seen: string[] = [];
    let cursor = 0n;
    do {
      const page = database.scan(cursor, 7);
      seen.push(...page.keys.map(chars));
      cursor = page.cursor;
      database.remove(key(`gone${cursor}`), "del");
      database.put(key(`gone${cursor + 1n}`), text("v"), "set");
    } while (cursor !== 0n && seen.length < 1000);
    expect(seen.filter((name) => name.startsWith("stay")).sort()).toEqual(
      Array.from({ length: 100 }, (_, i) => `stay${i}`).sort(),
    );
  });

  test("expireDue() takes the earliest first, no more than the limit, and survives a flushed database", () => {
    const { begin } = fresh(10_000);
    const databases = begin(0);
    for (let i = 1; i <= 5; i += 1) databases.at(0).put(key(`k${i}`), text("v", i), "set");
    databases.at(1).put(key("other"), text("v", 1), "set");
    databases.flush(1);
    const later = new Databases(databases.transaction, 16, 10_000);
    expect(later.nextExpiry()?.dueMs).toBe(1);
    expect(later.expireDue(3)).toBe(3);
    expect(later.at(0).size).toBe(3);
    expect(later.expireDue(10)).toBe(3);
    expect([later.at(0).size, later.nextExpiry()]).toEqual([0, undefined]);
  });

  test("swap() and flush() move no key and are undone by a rollback", () => {
    const databases = fresh().begin();
    databases.at(0).put(key("k"), text("zero"), "set");
    const savepoint = databases.transaction.savepoint();
    databases.swap(0, 3);
    expect([databases.at(0).size, databases.at(3).size]).toEqual([0, 1]);
    databases.flush(3);
    expect(databases.at(3).size).toBe(0);
    databases.rollback(savepoint);
    expect(databases.at(0).find(key("k"))?.payload.toString()).toBe("zero");
  });
});

describe("SortedMap", () => {
  test.each([false, true])(
    "range() goes on behind the last key when keys come and go meanwhile (reverse: %s)",
    (reverse) => {
      const map = new SortedMap<number>();
      const name = (i: number) => key(`k${String(i).padStart(4, "0")}`);
      for (let i = 0; i < 2000; i += 2) map.set(name(i), i);
      const seen: number[] = [];
      for (const [, value] of map.range(key("k"), key("l"), reverse)) {
        seen.push(value);
        map.delete(name(value));
        const ahead = reverse ? value - 1 : value + 1;
        if (value % 4 === 0 && ahead >= 0) map.set(name(ahead), ahead);
      }
      const expected = Array.from({ length: 2000 }, (_, i) => i).filter((i) =>
        reverse ? i % 2 === 0 || (i % 4 === 3 && i < 1999) : i % 2 === 0 || i % 4 === 1,
      );
      expect(seen).toEqual(reverse ? expected.reverse() : expected);
    },
  );

  test("range() agrees with a sorted array under any operations", () => {
    const operation = fc.record({ key: fc.string({ maxLength: 3, unit: "binary" }), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 2000 }), fc.boolean(), (operations, reverse) => {
        const map = new SortedMap<number>();
        const model = new Map<string, number>();
        operations.forEach((step, i) => {
          const name = Buffer.from(step.key).toString("latin1");
          if (i === Math.floor(operations.length / 2))
            expect([...map.range(raw(""), raw("\xff"))].length).toBeLessThanOrEqual(i);
          if (step.remove) map.delete(raw(name));
          else map.set(raw(name), i);
          if (step.remove) model.delete(name);
          else model.set(name, i);
        });
        const low = "A";
        const high = "z\xf0";
        const expected = [...model]
          .filter(([k]) => k >= low && k < high)
          .sort((a, b) => (a[0] < b[0] ? -1 : 1));
        if (reverse) expected.reverse();
        expect([...map.range(raw(low), raw(high), reverse)]).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });
});
