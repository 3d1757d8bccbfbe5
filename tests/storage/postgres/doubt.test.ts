/**
 * Commits whose outcome is unknown: the connection is cut at every message, before the insert has arrived and after it was
 * committed, answers are held up, and the partition goes to another owner meanwhile.
 */
import fc from "fast-check";
import type pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { bytesOfText, chars, raw } from "../../../src/base/bytes.ts";
import { decodeCommit } from "../../../src/storage/journal-record.ts";
import type { OrderedStore } from "../../../src/storage/ordered-store.ts";
import type { PostgresOptions } from "../../../src/storage/postgres/opening.ts";
import { PostgresStore } from "../../../src/storage/postgres/postgres-store.ts";
import { untilLoaded } from "../../../src/storage/until-loaded.ts";
import { connectedTo, takePartition, useClusterDatabase } from "../../support/cluster-database.ts";
import { noPostgres } from "../../support/postgres.ts";
import { type Passing, PostgresProxy } from "../../support/postgres-proxy.ts";

function put(store: OrderedStore, key: string, value: string): void {
  store.commit([[bytesOfText(key), Buffer.from(value)]]);
}

function shown(store: OrderedStore): Promise<string> {
  return untilLoaded(() =>
    [...store.range(raw("a"), raw("z"))].map(([key, value]) => `${chars(key)}=${value}`).join(" "),
  );
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

/** The keys that each row of the journal writes, by sequence. */
async function rowsOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ sequence: string; record: Buffer }>(
    "select sequence, record from detent_journal order by sequence",
  );
  return rows.map(({ sequence, record }) => {
    const { writes } = decodeCommit(record);
    return `${sequence}:${writes.map(([key]) => chars(key))}`;
  });
}

describe.skipIf(noPostgres !== undefined)("a commit whose outcome is unknown", () => {
  const database = useClusterDatabase();

  async function subject(options: Partial<PostgresOptions> = {}) {
    const direct = await database.cluster();
    const proxy = await PostgresProxy.start(direct);
    const client = await connectedTo(direct);
    const opening = { url: proxy.url, partition: 0, owner: "owner", epoch: 1, ...options };
    const open = async () => {
      const store = await PostgresStore.open(opening);
      onTestFinished(() => store.abandon());
      return store;
    };
    return { direct, proxy, client, open, opening };
  }

  const ofJournal = (message: Passing) => message.name.endsWith("journal");

  test("a commit is settled once wherever its connection is cut", async () => {
    const { proxy, client } = await subject();
    const expected: string[] = [];
    const met = { cuts: 0, kept: 0 };
    let epoch = 1;
    for (let at = 0, isCut = true, wasCut = true; isCut || wasCut; at += 1) {
      wasCut = isCut;
      isCut = false;
      epoch = await takePartition(client, "owner");
      const store = await PostgresStore.open({ url: proxy.url, partition: 0, owner: "owner", epoch });
      const before = expected.length;
      // Every second one begins with a connection that is made anew.
      if (at % 2 === 0) proxy.cutAll();
      let left = at >> 1;
      proxy.fate = (message) => {
        if (!ofJournal(message)) return "pass";
        left -= 1;
        if (left !== -1) return "pass";
        isCut = true;
        return "cut";
      };
      for (const name of ["a", "b", "c"]) {
        put(store, `${name}${at}`, "x");
        expected.push(`${expected.length + 1}:${name}${at}`);
      }
      await store.drained();
      expect([at, store.settledPosition]).toEqual([at, store.position]);
      expect(await rowsOf(client)).toEqual(expected);
      if (isCut) met.cuts += 1;
      const { rows } = await client.query("select count(*) from detent_journal where epoch = $1", [epoch]);
      if (isCut && Number(rows[0]?.count) === 1) met.kept += 1;
      expect(expected.length).toBe(before + 3);
      await store.close();
    }
    expect(met.cuts).toBeGreaterThan(20);
    // The first commit was there though its answer was lost.
    expect(met.kept).toBeGreaterThan(0);
    expect(epoch).toBeGreaterThan(2);
  }, 300_000);

  test("nothing is settled while it is unknown, and what was made is found", async () => {
    const { proxy, client, open } = await subject();
    const store = await open();
    put(store, "a", "1");
    await store.drained();
    let isCut = false;
    proxy.fate = (message) => {
      if (!ofJournal(message)) return "pass";
      // The answer that it is committed; and then no connection for a while.
      if (message.from === "server" && message.type === "Z" && !isCut) isCut = true;
      return isCut ? "cut" : "pass";
    };
    put(store, "b", "2");
    put(store, "c", "3");
    await until(() => isCut);
    let settled = 0;
    store.onSettled(() => {
      settled += 1;
    });
    await shown(store);
    expect([store.position, store.settledPosition, settled]).toEqual([3, 1, 0]);
    expect(await rowsOf(client)).toEqual(["1:a", "2:b"]);
    proxy.fate = () => "pass";
    await store.drained();
    expect(await rowsOf(client)).toEqual(["1:a", "2:b", "3:c"]);
    expect([store.settledPosition, store.epoch]).toEqual([3, 2]);
  });

  test("a store with much on its way is congested, until the database has taken it", async () => {
    const { proxy, open } = await subject();
    const store = await open();
    let relieved = 0;
    store.onRelieved(() => {
      relieved += 1;
    });
    proxy.fate = (message) => (ofJournal(message) ? "hold" : "pass");
    for (let index = 0; index < 5; index += 1) put(store, `a${index}`, "x".repeat(8_000_000));
    expect([store.isCongested, relieved]).toEqual([true, 0]);
    proxy.fate = () => "pass";
    proxy.release();
    await store.drained();
    expect([store.isCongested, relieved]).toEqual([false, 1]);
  });

  test("an answer that does not come in time is looked into", async () => {
    const { proxy, client, open } = await subject({ statementMs: 200 });
    const store = await open();
    let held = 0;
    proxy.fate = (message) => {
      if (!ofJournal(message) || message.from === "client" || held > 0) return "pass";
      held += 1;
      return "hold";
    };
    put(store, "a", "1");
    await store.drained();
    expect([await rowsOf(client), store.epoch > 1, held]).toEqual([["1:a"], true, 1]);
  });

  test("a commit that the database warns of is looked up, and settled once", async () => {
    const { client, open } = await subject();
    const store = await open();
    // As the database does when it does not wait for a standby any longer.
    await client.query(
      "create function warn() returns trigger language plpgsql as $$ begin raise warning 'not waited'; return new; end $$",
    );
    await client.query(
      "create trigger warn before insert on detent_journal for each row execute function warn()",
    );
    put(store, "a", "1");
    put(store, "b", "1");
    await store.drained();
    expect([await rowsOf(client), store.settledPosition]).toEqual([["1:a", "2:b"], 2]);
    expect(store.epoch).toBeGreaterThan(1);
  });

  test("a database that refuses every write for a while is a failure, and commits are settled when it takes them", async () => {
    const { client, open } = await subject();
    const store = await open();
    await client.query(
      "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no room here'; end $$",
    );
    await client.query(
      "create trigger refuse before insert on detent_journal for each row execute function refuse()",
    );
    put(store, "a", "1");
    await until(() => store.failure !== undefined);
    expect(() => put(store, "b", "1")).toThrow("the database does not take what is written: no room here");
    expect(store.settledPosition).toBe(0);
    await client.query("drop trigger refuse on detent_journal");
    await store.drained();
    expect([await rowsOf(client), store.failure]).toEqual([["1:a"], undefined]);
  });

  test("an insert that arrives after another owner has come does nothing, and the store is lost", async () => {
    const { proxy, client, open } = await subject();
    const store = await open();
    put(store, "a", "1");
    await store.drained();
    const lost: string[] = [];
    store.onLost((error) => lost.push(error.message));
    proxy.fate = (message) => (ofJournal(message) && message.from === "client" ? "hold" : "pass");
    put(store, "b", "2");
    await until(() => proxy.heldCount > 0);
    await takePartition(client, "another");
    proxy.fate = () => "pass";
    proxy.release();
    await expect(store.drained()).rejects.toThrow("has another owner");
    expect([store.settledPosition, await rowsOf(client), lost.length]).toEqual([1, ["1:a"], 1]);
    expect(() => put(store, "c", "3")).toThrow("has another owner");
    await expect(store.close()).rejects.toThrow("has another owner");
  });

  test("an insert that was made before another owner came is settled, and the next one is not", async () => {
    const { proxy, client, open } = await subject();
    const store = await open();
    await store.drained();
    proxy.fate = (message) =>
      ofJournal(message) && message.from === "server" && message.type === "C" ? "hold" : "pass";
    put(store, "a", "1");
    await until(() => proxy.heldCount > 0);
    await takePartition(client, "another");
    put(store, "b", "2");
    proxy.fate = () => "pass";
    proxy.release();
    await expect(store.drained()).rejects.toThrow("has another owner");
    expect([store.settledPosition, await rowsOf(client)]).toEqual([1, ["1:a"]]);
  });

  test("an outcome that is unknown when another owner comes stays unknown", async () => {
    const { proxy, client, open } = await subject();
    const store = await open();
    proxy.fate = (message) =>
      ofJournal(message) && message.from === "server" && message.type === "C" ? "cut" : "pass";
    put(store, "a", "1");
    await until(() => store.position === 1);
    while ((await rowsOf(client)).length === 0) await null;
    await takePartition(client, "another");
    proxy.fate = () => "pass";
    await expect(store.drained()).rejects.toThrow("has another owner");
    expect([store.settledPosition, await rowsOf(client)]).toEqual([0, ["1:a"]]);
  });

  test("an owner that another one has overtaken continues no commit", async () => {
    const { proxy, client, open } = await subject();
    const store = await open();
    put(store, "a", "1");
    await store.drained();
    proxy.fate = (message) => (message.name.endsWith("carry") && message.from === "client" ? "hold" : "pass");
    store.checkpoint();
    await until(() => proxy.heldCount > 0);
    await takePartition(client, "another");
    proxy.fate = () => "pass";
    proxy.release();
    await until(() => !store.status().isCheckpointing);
    const { rows } = await client.query(
      "select (select count(*) from detent_data) as data, mark from detent_partition",
    );
    expect(rows).toEqual([{ data: "0", mark: "0" }]);
  });

  test("an owner writes nothing for another one of the same epoch, as there may be after a failover", async () => {
    const { client, open } = await subject();
    const store = await open();
    put(store, "a", "1");
    await store.drained();
    await client.query("update detent_partition set owner = 'another'");
    store.checkpoint();
    put(store, "b", "2");
    await expect(store.drained()).rejects.toThrow("has another owner");
    await until(() => !store.status().isCheckpointing);
    const { rows } = await client.query(
      "select (select count(*) from detent_data) as data, mark, epoch from detent_partition",
    );
    expect([rows, await rowsOf(client)]).toEqual([[{ data: "0", mark: "0", epoch: "1" }], ["1:a"]]);
    await expect(open()).rejects.toThrow("is not that of 'owner' in epoch 1");
  });

  test("rows that another owner may need are not removed", async () => {
    const { proxy, client, open } = await subject();
    const store = await open();
    put(store, "a", "1");
    await store.drained();
    let writes = 0;
    // The batch and the mark are carried; the rows are removed behind them.
    proxy.fate = ({ name, from, type }) => {
      if (name.endsWith("carry") && from === "client" && type === "E") writes += 1;
      return writes > 2 ? "hold" : "pass";
    };
    store.checkpoint();
    await until(() => proxy.heldCount > 0);
    await client.query("update detent_partition set owner = 'another', mark = 0");
    proxy.fate = () => "pass";
    proxy.release();
    await store.close();
    expect(await rowsOf(client)).toEqual(["1:a"]);
  });

  test("a store that is given up settles nothing more, and reads fail", async () => {
    const { proxy, open } = await subject();
    const store = await open();
    proxy.fate = () => "hold";
    put(store, "a", "1");
    const drained = store.drained();
    const read = untilLoaded(() => store.get(bytesOfText("b")));
    store.abandon();
    await expect(drained).rejects.toThrow("given up");
    await expect(read).rejects.toThrow("given up");
    expect(store.settledPosition).toBe(0);
  });

  test("whatever is cut, all that was committed is there once and in order", async () => {
    const { direct, proxy, client } = await subject();
    const limits = { tableBytesMax: 2500, cacheBytesMax: 4000 };
    const met = { cuts: 0, carried: 0 };
    const step = fc.record({
      key: fc.constantFrom("a", "b", "c", "d", "e", "f"),
      value: fc.option(fc.constantFrom("1", "x".repeat(300), "y".repeat(900)), { freq: 5 }),
      cutsIn: fc.option(fc.nat(60), { freq: 4 }),
      waits: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        proxy.fate = () => "pass";
        const model = new Map(Object.entries({}) as [string, string][]);
        await client.query("delete from detent_journal");
        await client.query("delete from detent_data");
        await client.query("update detent_partition set mark = 0, generation = 0");
        const epoch = await takePartition(client, "owner");
        const store = await PostgresStore.open({
          url: proxy.url,
          partition: 0,
          owner: "owner",
          epoch,
          limits,
        });
        const wanted = () =>
          [...model]
            .sort()
            .map(([key, value]) => `${key}=${value}`)
            .join(" ");
        for (const { key, value, cutsIn, waits } of steps) {
          if (cutsIn !== null) {
            let left = cutsIn;
            proxy.fate = () => {
              left -= 1;
              if (left !== 0) return "pass";
              met.cuts += 1;
              return "cut";
            };
          }
          store.commit([[bytesOfText(key), value === null ? null : Buffer.from(value)]]);
          if (value === null) model.delete(key);
          else model.set(key, value);
          if (waits) {
            await store.drained();
            expect(await shown(store)).toBe(wanted());
          }
        }
        await store.drained();
        expect(await shown(store)).toBe(wanted());
        met.carried += store.status().checkpointCount;
        store.abandon();
        const again = await PostgresStore.open({
          url: direct,
          partition: 0,
          owner: "other",
          epoch: await takePartition(client, "other"),
        });
        expect(await shown(again)).toBe(wanted());
        expect(again.position).toBe(steps.length);
        await again.close();
      }),
      { numRuns: Number(process.env["DOUBT_RUNS"] ?? 25) },
    );
    for (const [what, count] of Object.entries(met)) expect([what, count]).not.toEqual([what, 0]);
  }, 300_000);
});
