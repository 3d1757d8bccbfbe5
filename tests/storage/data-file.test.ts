/** The contract of a data file, for every implementation of it. */
import { describe, expect, onTestFinished, test } from "vitest";
import { bytesOfText, chars } from "../../src/base/bytes.ts";
import { carry } from "../../src/storage/checkpoint.ts";
import type { DataFile } from "../../src/storage/data-file.ts";
import { prepareDirectory } from "../../src/storage/directory.ts";
import { layeredReader } from "../../src/storage/layered-reader.ts";
import { LmdbData } from "../../src/storage/lmdb-data.ts";
import type { Write } from "../../src/storage/ordered-store.ts";
import { WriteTable } from "../../src/storage/write-table.ts";
import { MemoryData } from "../support/memory-data.ts";
import { temporaryDirectory } from "../support/stores.ts";

function lmdb(): DataFile {
  const directory = temporaryDirectory();
  prepareDirectory(directory);
  const data = LmdbData.open(directory, 0);
  onTestFinished(() => data.close());
  return data;
}

const key = bytesOfText;

function put(name: string, value: string): Write {
  return [key(name), Buffer.from(value)];
}

function shown(data: DataFile, from: string, to: string, reverse = false): string[] {
  data.renewReads();
  return [...data.range(key(from), key(to), reverse)].map(([at, value]) => `${chars(at)}=${value}`);
}

describe.each([
  ["in memory", () => new MemoryData()],
  ["of LMDB", lmdb],
] as const)("a data file %s", (_name, make) => {
  test("apply() has written all when it resolves, the later of two writes of a key", async () => {
    const data = make();
    await data.apply([put("ka", "1"), put("kb", ""), put("kc", "3")]);
    await data.apply([put("ka", "2"), put("ka", "3"), [key("kc"), null], [key("never"), null]]);
    expect(shown(data, "k", "l")).toEqual(["ka=3", "kb="]);
    expect([data.get(key("ka"))?.toString(), data.get(key("kb"))?.length]).toEqual(["3", 0]);
    expect([data.get(key("kc")), data.has(key("kb")), data.has(key("kc"))]).toEqual([undefined, true, false]);
  });

  test("apply() takes the writes before it returns", async () => {
    const data = make();
    const writes = [put("ka", "1")];
    const applied = data.apply(writes);
    writes.push(put("kb", "2"));
    await applied;
    expect(shown(data, "k", "l")).toEqual(["ka=1"]);
  });

  test("range() includes its lower bound and not its upper one, in both directions", async () => {
    const data = make();
    await data.apply(["ka", "kb", "kc", "kd"].map((name) => put(name, name)));
    expect(shown(data, "kb", "kd")).toEqual(["kb=kb", "kc=kc"]);
    expect(shown(data, "kb", "kd", true)).toEqual(["kc=kc", "kb=kb"]);
    expect(shown(data, "kaa", "kbb")).toEqual(["kb=kb"]);
    expect(shown(data, "kd", "kb")).toEqual([]);
  });

  test("setMark() writes the last writes with the mark", async () => {
    const data = make();
    expect(data.mark()).toBeUndefined();
    await data.setMark({ number: 3, sequence: 17 }, [put("ka", "1")]);
    expect([data.mark(), shown(data, "k", "l")]).toEqual([{ number: 3, sequence: 17 }, ["ka=1"]]);
    await data.setMark({ number: 4, sequence: 2 ** 40 });
    expect(data.mark()).toEqual({ number: 4, sequence: 2 ** 40 });
  });

  test("a checkpoint carries a table and what is folded over it, however many slices that takes", async () => {
    const data = make();
    await data.apply([put("k0", "old"), put("k1", "old")]);
    const table = new WriteTable();
    const names = Array.from({ length: 3000 }, (_, index) => `k${index}`);
    table.apply(names.map((name) => (name === "k1" ? [key(name), null] : put(name, "x".repeat(1000)))));
    const below = layeredReader([table], data);
    expect([below.get(key("k1")), below.get(key("k0"))?.length]).toEqual([undefined, 1000]);
    const folded: string[] = [];
    let steps = 0;
    await carry(data, {
      table,
      folded: () => [undefined, put("k2", "folded"), undefined, put("l", "folded")],
      onFolded: (writes) => folded.push(...writes.map(([at]) => chars(at))),
      onStep: async () => {
        steps += 1;
      },
    });
    // A slice takes a megabyte at most.
    expect(steps).toBeGreaterThan(3);
    expect(folded).toEqual(["k2", "l"]);
    expect(shown(data, "k", "m").length).toBe(3000);
    expect([data.get(key("k2"))?.toString(), data.has(key("k1"))]).toEqual(["folded", false]);
  });
});
