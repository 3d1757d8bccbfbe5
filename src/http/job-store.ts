/**
 * Bulk jobs in the store: what each is to do, the keys of its machines, and what became of each machine. The last of these is written
 * in the commit of the machine's own change, so that a job that a restart goes on with acts on every machine once.
 *
 * In a cluster, whose machines are in several stores, jobs stay in the memory of the server that was asked.
 */
import type { Bytes } from "../base/bytes.ts";
import { roundsOfEventLoop } from "../base/event-loop.ts";
import { isJsonObject } from "../base/json.ts";
import type { Recorder } from "../clients/session.ts";
import { User } from "../clients/users/user.ts";
import type { ServerContext } from "../commands/server-context.ts";
import type { Database } from "../keyspace/database.ts";
import { readAt } from "../keyspace/held.ts";
import { type BulkKind, bulkIndex, bulkKey, bulkPrefix, prefixRange } from "../keyspace/layouts.ts";
import type { Transaction } from "../keyspace/transaction.ts";
import { InnerSession, type Requests } from "../server/inner-session.ts";
import { type Item, type JobStatus, newItem, type Result, type Task } from "./bulk-task.ts";

/** What is stored of a job beside its machines. */
export interface JobHead {
  readonly id: string;
  readonly task: Task;
  readonly user: string;
  /** Of the client that made it. */
  readonly address: string;
  readonly status: JobStatus;
  readonly fault: string | undefined;
  readonly createdMs: number;
  readonly endedMs: number | undefined;
  /** How many, once they have been counted. */
  readonly machines: number;
  /** It is being removed. */
  readonly isGone?: boolean;
}

/** A job as a restart finds it. */
export interface FoundJob {
  readonly database: number;
  readonly head: JobHead;
}

type Entry = readonly [key: Bytes, value: Buffer];

/** Keys of machines in one entry, and entries that are read or removed at a time. */
const KEYS_PER_ENTRY = 500;
const ENTRIES_AT_ONCE = 500;

export class JobStore {
  readonly #server: ServerContext;
  readonly #requests: Requests;

  constructor(server: ServerContext, requests: Requests) {
    this.#server = server;
    this.#requests = requests;
  }

  /** Whether jobs are stored. */
  get isLasting(): boolean {
    return this.#server.cluster === undefined;
  }

  async putHead(database: number, head: JobHead): Promise<void> {
    const value = bytesOf(head);
    await this.#write(database, (transaction, phys) =>
      transaction.put(bulkKey(phys, "h", Number(head.id)), value),
    );
  }

  /** Stores which machines a job is for, and with the last of them its head. */
  async putItems(database: number, head: JobHead, items: readonly Item[]): Promise<void> {
    const number = Number(head.id);
    for (let first = 0; first < items.length; first += KEYS_PER_ENTRY) {
      const part = items.slice(first, first + KEYS_PER_ENTRY);
      const value = bytesOf(part.map(({ key, ifRev }) => (ifRev === undefined ? [key] : [key, ifRev])));
      await this.#write(database, (transaction, phys) =>
        transaction.put(bulkKey(phys, "c", number, first), value),
      );
    }
    await this.putHead(database, head);
  }

  /** Writes what has become of a machine, in the commit of the request that acts on it. */
  recorder(id: string, index: number, resultOf: (reply: Parameters<Recorder>[2]) => Result): Recorder {
    return (transaction, phys, reply) =>
      transaction.put(bulkKey(phys, "r", Number(id), index), bytesOf(resultOf(reply)));
  }

  /** The jobs that are stored, without their machines. */
  heads(): readonly FoundJob[] {
    const found: FoundJob[] = [];
    for (let database = 0; database < this.#server.config.get("databases"); database += 1)
      for (const [, value] of this.#entries(database, (phys) => bulkPrefix(phys, "h")))
        found.push({ database, head: decoded(value) as JobHead });
    return found;
  }

  /** The machines of a job, with what has become of them; a part at a time, so that nobody waits for all. */
  async items(database: number, id: string): Promise<Item[]> {
    const items: Item[] = [];
    for await (const [, value] of this.#all(database, "c", Number(id)))
      for (const [key, ifRev] of decoded(value) as Array<[string, number?]>)
        items.push({ ...newItem(key), ...(ifRev === undefined ? {} : { ifRev }) });
    for await (const [at, value] of this.#all(database, "r", Number(id))) {
      const item = items[bulkIndex(at)];
      if (item !== undefined) Object.assign(item, decoded(value));
    }
    return items;
  }

  /** Removes a job, its head last: what a restart finds half removed, it removes. */
  async remove(database: number, head: JobHead): Promise<void> {
    const number = Number(head.id);
    await this.putHead(database, { ...head, isGone: true });
    for (const kind of ["c", "r", "h"] as const) {
      for (;;) {
        const entries = this.#entries(database, (phys) => bulkPrefix(phys, kind, number));
        if (entries.length === 0) break;
        await this.#write(database, (transaction) => {
          for (const [key] of entries) transaction.remove(key);
        });
      }
    }
  }

  async *#all(database: number, kind: BulkKind, number: number): AsyncGenerator<Entry> {
    let after = 0;
    for (;;) {
      const entries = this.#entries(
        database,
        (phys) => bulkPrefix(phys, kind, number),
        (phys) => bulkKey(phys, kind, number, after),
      );
      yield* entries;
      const last = entries.at(-1);
      if (last === undefined || entries.length < ENTRIES_AT_ONCE) return;
      after = bulkIndex(last[0]) + 1;
      await roundsOfEventLoop(1);
    }
  }

  /** The first entries below a prefix, or from a key on. */
  #entries(
    database: number,
    prefixOf: (phys: number) => string,
    fromOf?: (phys: number) => Entry[0],
  ): readonly Entry[] {
    const db = this.#read(database);
    const { from, to } = prefixRange(prefixOf(db.phys));
    const entries: Entry[] = [];
    for (const entry of db.transaction.range(fromOf?.(db.phys) ?? from, to)) {
      entries.push(entry);
      if (entries.length === ENTRIES_AT_ONCE) break;
    }
    return entries;
  }

  #read(database: number): Database {
    const { partitions, config, clock } = this.#server;
    const options = { count: config.get("databases"), nowMs: clock.now() };
    return readAt(partitions, undefined, options).at(database);
  }

  /** Writes in a turn of the executor, by a request that reads. @throws Error when that is refused */
  async #write(database: number, write: (transaction: Transaction, phys: number) => void): Promise<void> {
    const { users } = this.#server;
    const rules = users.changed(NAME, ["on", "nopass", "~*", "&*", "+@all"]);
    if (typeof rules === "string") throw new Error(rules);
    const inner = new InnerSession({
      ...{ server: this.#server, requests: this.#requests, name: NAME, database },
      user: new User(NAME, rules),
    });
    inner.session.recorder = write;
    try {
      const [reply] = await inner.runAll([["DBSIZE"]]);
      if (typeof reply !== "number") throw new Error("the store takes no writes");
    } finally {
      inner.close();
    }
  }
}

const NAME = "bulk-jobs";

function bytesOf(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value), "utf8");
}

/** @throws Error when the bytes are none: data is never guessed at */
function decoded(value: Buffer): unknown {
  const stored: unknown = JSON.parse(value.toString("utf8"));
  if (Array.isArray(stored) || isJsonObject(stored as never)) return stored;
  throw new Error("an entry of a bulk job cannot be read");
}
