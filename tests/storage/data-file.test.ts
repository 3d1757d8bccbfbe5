/** The contract of a data file, for every implementation of it. */
import { describe, expect, onTestFinished, test } from "vitest";
import { bytesOfText, chars } from "../../src/base/bytes.ts";
import { carry } from "../../src/storage/checkpoint.ts";
import type { DataFile } from "../../src/storage/data-file.ts";
import { prepareDirectory } from "../../src/storage/directory.ts";
import { layeredReader } from "../../src/storage/layered-reader.ts";
import { LmdbData } from "../../src/storage/lmdb-data.ts";
import type { Write } from "../../src/storage/ordered-store.ts";
import { Line } from "../../src/storage/postgres/connection.ts";
import { PostgresData } from "../../src/storage/postgres/data.ts";
import { DataReads } from "../../src/storage/postgres/data-reads.ts";
import { KnownKeys } from "../../src/storage/postgres/known-keys.ts";
import { Ownership } from "../../src/storage/postgres/ownership.ts";
import { untilLoaded } from "../../src/storage/until-loaded.ts";
import { WriteTable } from "../../src/storage/write-table.ts";
import { useClusterDatabase } from "../support/cluster-database.ts";
import { MemoryData } from "../support/memory-data.ts";
import { noPostgres } from "../support/postgres.ts";
import { temporaryDirectory } from "../support/stores.ts";

const database = noPostgres === undefined ? useClusterDatabase() : undefined;

async function postgres(cacheBytesMax: number): Promise<DataFile> {
  const line = new Line({ url: (await database?.cluster()) ?? "", name: "detent test" });
  onTestFinished(() => line.close());
  const ownership = new Ownership({ partition: 0, owner: "owner", epoch: 1 });
  const known = new KnownKeys(cacheBytesMax);
  const reads = new DataReads(line, ownership, known);
  return new PostgresData({ line, ownership, known, reads, mark: { number: 0, sequence: 0 } });
}

async function lmdb(): Promise<DataFile> {
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

function shown(data: DataFile, from: string, to: string, reverse = false): Promise<string[]> {
  data.renewReads();
  return untilLoaded(() =>
    [...data.range(key(from), key(to), reverse)].map(([at, value]) => `${chars(at)}=${value}`),
  );
}

const got = (data: DataFile, name: string) => untilLoaded(() => data.get(key(name)));

describe.each([
  ["in memory", async () => new MemoryData()],
  ["of LMDB", lmdb],
  ...(database === undefined
    ? []
    : [
        ["of PostgreSQL", () => postgres(100_000_000)] as const,
        ["of PostgreSQL with next to no memory", () => postgres(1000)] as const,
      ]),
] as const)("a data file %s", (_name, make) => {
  test("apply() has written all when it resolves, the later of two writes of a key", async () => {
    const data = await make();
    await data.apply([put("ka", "1"), put("kb", ""), put("kc", "3")]);
    await data.apply([put("ka", "2"), put("ka", "3"), [key("kc"), null], [key("never"), null]]);
    expect(await shown(data, "k", "l")).toEqual(["ka=3", "kb="]);
    expect([(await got(data, "ka"))?.toString(), (await got(data, "kb"))?.length]).toEqual(["3", 0]);
    expect([await got(data, "kc"), data.has(key("kb")), data.has(key("kc"))]).toEqual([
      undefined,
      true,
      false,
    ]);
  });

  test("apply() takes the writes before it returns", async () => {
    const data = await make();
    const writes = [put("ka", "1")];
    const applied = data.apply(writes);
    writes.push(put("kb", "2"));
    await applied;
    expect(await shown(data, "k", "l")).toEqual(["ka=1"]);
  });

  test("range() includes its lower bound and not its upper one, in both directions", async () => {
    const data = await make();
    await data.apply(["ka", "kb", "kc", "kd"].map((name) => put(name, name)));
    expect(await shown(data, "kb", "kd")).toEqual(["kb=kb", "kc=kc"]);
    expect(await shown(data, "kb", "kd", true)).toEqual(["kc=kc", "kb=kb"]);
    expect(await shown(data, "kaa", "kbb")).toEqual(["kb=kb"]);
    expect(await shown(data, "kd", "kb")).toEqual([]);
  });

  test("setMark() writes the last writes with the mark", async () => {
    const data = await make();
    expect(data.mark()).toBeUndefined();
    await data.setMark({ number: 3, sequence: 17 }, [put("ka", "1")]);
    expect([data.mark(), await shown(data, "k", "l")]).toEqual([{ number: 3, sequence: 17 }, ["ka=1"]]);
    await data.setMark({ number: 4, sequence: 2 ** 40 });
    expect(data.mark()).toEqual({ number: 4, sequence: 2 ** 40 });
  });

  test("a checkpoint carries a table and what is folded over it, however many slices that takes", async () => {
    const data = await make();
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
    expect((await shown(data, "k", "m")).length).toBe(3000);
    expect([(await got(data, "k2"))?.toString(), await got(data, "k1")]).toEqual(["folded", undefined]);
  });
});
