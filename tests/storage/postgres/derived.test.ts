/** What is derived beside a partition in PostgreSQL is whole after its owner ends, at every point of a checkpoint. */
import fc from "fast-check";
import type pg from "pg";
import { describe, expect, test } from "vitest";
import type { OrderedReader, OrderedStore, Write } from "../../../src/storage/ordered-store.ts";
import { PostgresStore } from "../../../src/storage/postgres/postgres-store.ts";
import { untilLoaded } from "../../../src/storage/until-loaded.ts";
import { connectedTo, takePartition, useClusterDatabase } from "../../support/cluster-database.ts";
import { noPostgres } from "../../support/postgres.ts";
import { encodeText, Ledger, textKey } from "../ledger.ts";

const NAMES = ["a", "b", "c", "d", "e"];
const LIMITS = { journalBytesMax: 1600, tableBytesMax: 1400 };

const name = fc.constantFrom(...NAMES);
const step = fc.record({
  appends: fc.array(fc.tuple(name, fc.constantFrom("x", "y", "z")), { maxLength: 3 }),
  put: fc.option(fc.tuple(name, fc.option(fc.constantFrom("new", ""))), { freq: 2 }),
  turns: fc.nat(25),
  end: fc.constantFrom("none", "none", "abandon", "close", "carry"),
});

const ENDS_MAX = 100;

/** What a store and its ledger should hold. */
class Model {
  readonly texts = new Map<string, string>();
  total = 0;

  async append(at: string, letter: string, store: OrderedStore, ledger: Ledger): Promise<Buffer> {
    this.texts.set(at, (this.texts.get(at) ?? "") + letter);
    this.total += 1;
    return untilLoaded(() => ledger.append(at, letter, store));
  }

  async expectIn(store: OrderedReader, ledger: Ledger): Promise<void> {
    const found = await untilLoaded(() => [NAMES.map((at) => ledger.text(at, store)), ledger.total(store)]);
    expect(found).toEqual([NAMES.map((at) => this.texts.get(at) ?? ""), this.total]);
  }
}

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** One owner after the other, each with what the one before has left. */
class Owners {
  readonly met = { redone: 0, ahead: 0, carried: 0, nothingLeft: 0 };
  readonly #url: string;
  readonly #client: pg.Client;
  #model = new Model();
  #ledger = new Ledger();
  #store: PostgresStore | undefined;

  constructor(url: string, client: pg.Client) {
    this.#url = url;
    this.#client = client;
  }

  async begin(): Promise<void> {
    for (const statement of [
      "delete from detent_journal",
      "delete from detent_data",
      "update detent_partition set mark = 0, generation = 0",
    ])
      await this.#client.query(statement);
    this.#model = new Model();
    await this.#open();
  }

  async run({ appends, put, turns: count, end }: Step): Promise<void> {
    const store = this.#opened;
    const redo: Buffer[] = [];
    for (const [at, letter] of appends) redo.push(await this.#model.append(at, letter, store, this.#ledger));
    const writes: Write[] = [];
    if (put !== null) {
      const [at, text] = put;
      writes.push([textKey(at), text === null ? null : encodeText({ count: 0, text })]);
      this.#model.texts.set(at, text ?? "");
    }
    store.commit(writes, redo);
    for (const [key] of writes) this.#ledger.overwritten(key);
    await this.#model.expectIn(store, this.#ledger);
    await turns(count);
    await this.#model.expectIn(store, this.#ledger);
    if (end === "none") return;
    await this.end(end === "abandon" ? count : undefined);
    this.met.redone += 1;
    await this.#open(end === "carry");
    if (this.#ledger.seen.recordsAhead > 0) this.met.ahead += 1;
    if (this.#ledger.size === 0) this.met.nothingLeft += 1;
    await this.#model.expectIn(this.#opened, this.#ledger);
  }

  /** @param count turns of a checkpoint after which the owner is gone; undefined: it closes */
  async end(count?: number): Promise<void> {
    const store = this.#opened;
    await store.drained();
    if (count !== undefined) {
      store.checkpoint();
      await turns(count);
      store.abandon();
    } else await store.close();
    this.met.carried += store.status().checkpointCount;
  }

  get #opened(): PostgresStore {
    if (this.#store === undefined) throw new Error("no store is open");
    return this.#store;
  }

  async #open(carriesAtEnd = false): Promise<void> {
    // Every text is a slice of its own.
    this.#ledger = new Ledger(2.5);
    const owner = `owner${this.met.redone}`;
    const epoch = await takePartition(this.#client, owner);
    const where = { url: this.#url, partition: 0, owner, epoch };
    this.#store = await PostgresStore.open({ ...where, derived: this.#ledger, limits: LIMITS, carriesAtEnd });
    await this.#model.expectIn(this.#store, this.#ledger);
  }
}

describe.skipIf(noPostgres !== undefined)("a partition in PostgreSQL", () => {
  const database = useClusterDatabase();

  test("has what was derived beside it, wherever its owner ended", async () => {
    const url = await database.cluster();
    const owners = new Owners(url, await connectedTo(url));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 25 }), async (steps) => {
        await owners.begin();
        for (const one of steps) await owners.run(one);
        await owners.end();
      }),
      { numRuns: Number(process.env["DERIVED_RUNS"] ?? 8) },
    );
    // Whether an owner has ended in the middle of a checkpoint is up to the database: it is tried until one has.
    await owners.begin();
    for (let count = 0; owners.met.ahead === 0 && count < ENDS_MAX; count += 1) {
      const appends = NAMES.map((at): [string, "x"] => [at, "x"]);
      await owners.run({ appends, put: null, turns: count, end: "abandon" });
    }
    await owners.end();
    for (const [what, count] of Object.entries(owners.met)) expect([what, count]).not.toEqual([what, 0]);
  }, 240_000);
});
