import { describe, expect, test } from "vitest";
import { bytesOfText } from "../../src/base/bytes.ts";
import { Databases } from "../../src/keyspace/databases.ts";
import { Store } from "../../src/keyspace/store.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import type { Write } from "../../src/storage/ordered-store.ts";
import { appendEntry } from "../../src/streams/append.ts";
import { CHUNK_BYTES_MAX, entriesOfChunk, type StreamEntry } from "../../src/streams/chunk.ts";
import { entryId } from "../../src/streams/entry-id.ts";
import { newHeader } from "../../src/streams/header.ts";
import { appendEntries } from "../../src/streams/tail.ts";

const NOW_MS = 1_700_000_000_000;

/** A store that keeps what each commit wrote. */
class WatchedStore extends MemoryStore {
  readonly commits: Array<readonly Write[]> = [];

  override commit(writes: readonly Write[]): void {
    this.commits.push(writes);
    super.commit(writes);
  }
}

function entries(count: number, bytes = 10, from = 1): StreamEntry[] {
  return Array.from({ length: count }, (_, i) => ({
    id: entryId(NOW_MS + from + i, 0),
    fields: [Buffer.from("field"), Buffer.alloc(bytes, 65)],
  }));
}

/** A tail over a map of what was written. */
function fresh(nodeEntriesMax = 100) {
  const header = newHeader();
  const stored = new Map<unknown, Buffer>();
  const partOf = (key: unknown) => String(key)[9];
  const slot = (number: number) => {
    for (const [key, value] of stored) {
      if (partOf(key) === "t" && String(key).charCodeAt(10) === number) return value;
    }
    throw new Error(`the slot ${number} was never written`);
  };
  const append = (added: readonly StreamEntry[]) => {
    const writes = appendEntries({ id: 1, header, slot, nodeEntriesMax }, added);
    for (const [key, value] of writes) if (value !== null) stored.set(key, value);
    return writes.map(([key]) => partOf(key));
  };
  const chunks = () => [...stored].filter(([key]) => partOf(key) === "e").map(([, value]) => value);
  return { header, append, chunks, stored };
}

describe("appendEntries()", () => {
  test("writes one slot for one entry, and a chunk for each node", () => {
    const { append, chunks, header } = fresh();
    const written = entries(301).map((entry) => append([entry]));
    expect(written.filter((parts) => parts.length === 1 && parts[0] === "t")).toHaveLength(298);
    expect(written.filter((parts) => parts.join("") === "et")).toHaveLength(3);
    expect(chunks().map((value) => entriesOfChunk(value).length)).toEqual([100, 100, 100]);
    expect(header).toMatchObject({ length: 301, entriesAdded: 301n, slotEntries: 1, slotCount: 1 });
  });

  test("makes chunks at once of many entries, and one slot of what is left over", () => {
    const { append, chunks, header, stored } = fresh();
    expect(append(entries(250))).toEqual(["e", "e", "t"]);
    expect(chunks().map((value) => entriesOfChunk(value).length)).toEqual([100, 100]);
    expect(header).toMatchObject({ length: 250, slotEntries: 50, slotCount: 1, tailAdded: 50 });
    expect(append(entries(60, 10, 1000))).toEqual(["e", "t"]);
    expect(chunks().map((value) => entriesOfChunk(value).length)).toEqual([100, 100, 100]);
    expect(stored.size).toBe(4);
  });

  test("ends a chunk before it is too long, and behind a large entry, which is written once", () => {
    const { append, chunks } = fresh(0);
    append(entries(200, 100));
    for (const chunk of chunks()) expect(chunk.length).toBeLessThanOrEqual(CHUNK_BYTES_MAX + 50);
    expect(append(entries(1, 100_000, 1000))).toEqual(["e", "e"]);
    expect(append(entries(1, 1_000_000, 2000))).toEqual(["e"]);
    expect(append(entries(1, 1, 3000))).toEqual(["t"]);
  });

  test("ends a chunk at 128 entries when a node has no end", () => {
    const { append, chunks } = fresh(0);
    for (const entry of entries(300, 1)) append([entry]);
    expect(chunks().map((value) => entriesOfChunk(value).length)).toEqual([128, 128]);
  });
});

/** What a write takes in a journal: a head of six bytes, key and value. */
function journalBytes([key, value]: Write): number {
  return 6 + String(key).length + (value?.length ?? 0);
}

test("an append takes two key writes, its own bytes twice, and a hundredth of a key that stays", () => {
  const ordered = new WatchedStore();
  const store = Store.over(ordered, OBJECT_TYPES);
  const key = bytesOfText("stream");
  const fields = [Buffer.from("field"), Buffer.alloc(20, 65)];
  const add = () => {
    const db = new Databases(store.begin(), 16, NOW_MS).at(0);
    appendEntry(db, key, fields);
    store.commit(db.transaction);
  };
  add();
  ordered.commits.length = 0;
  const count = 2000;
  for (let i = 0; i < count; i += 1) add();
  const writes = ordered.commits.reduce((sum, commit) => sum + commit.length, 0);
  const bytes = ordered.commits.flat().reduce((sum, write) => sum + journalBytes(write), 0);
  expect(writes / count).toBeLessThanOrEqual(2.01);
  expect(bytes / count).toBeLessThanOrEqual(220);
  const keys = new Set(ordered.commits.flat().map(([written]) => written));
  expect(keys.size).toBeLessThanOrEqual(1 + 100 + count / 100 + 1);
});
