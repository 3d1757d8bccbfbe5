/** Servers that follow the log of a cluster in virtual time; each partition has a real copy in a store in memory. */
import { expect } from "vitest";
import type { CopyState, LogEntry, LogRecord } from "../../src/cluster/cluster-log.ts";
import { type LogCopy, LogFollower } from "../../src/cluster/log-follower.ts";
import type { Database } from "../../src/keyspace/database.ts";
import { Databases } from "../../src/keyspace/databases.ts";
import { machineCounterKey } from "../../src/keyspace/layouts.ts";
import { encodeNumber } from "../../src/keyspace/records.ts";
import { Store } from "../../src/keyspace/store.ts";
import {
  findDefinition,
  listDefinitions,
  machineCountOf,
  putDefinition,
  removeDefinition,
} from "../../src/machines/definitions.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { applyToCopy, copyStateOf, sharedWrites } from "../../src/server/shared-copy.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import { seeded } from "../support/seeded.ts";
import { MemoryLog } from "./memory-log.ts";

export const PARTITIONS = 5;
export const SERVERS = 3;

/** Time that passes when nothing else can happen. */
class Time {
  nowMs = 0;
  #calls: { readonly atMs: number; readonly callBack: () => void }[] = [];

  readonly timers = {
    monotonicMs: () => this.nowMs,
    after: (delayMs: number, callBack: () => void) => {
      const call = { atMs: this.nowMs + delayMs, callBack };
      this.#calls.push(call);
      return () => {
        this.#calls = this.#calls.filter((one) => one !== call);
      };
    },
  };

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.timers.after(delayMs, resolve));
  }

  /** Lets time pass until the work has ended. */
  async during<T>(work: Promise<T>): Promise<T> {
    let hasEnded = false;
    const ended = () => {
      hasEnded = true;
    };
    work.then(ended, ended);
    for (let round = 0; !hasEnded; round += 1) {
      expect(round, "rounds of virtual time").toBeLessThan(200_000);
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.#calls.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (hasEnded || next === undefined) continue;
      this.#calls = this.#calls.filter((one) => one !== next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.callBack();
    }
    return work;
  }
}

export class World {
  readonly time = new Time();
  readonly random: () => number;
  readonly log = new MemoryLog(PARTITIONS);
  readonly stores = Array.from({ length: PARTITIONS }, () => Store.over(new MemoryStore(), OBJECT_TYPES));
  readonly servers: Server[];
  isLossy = true;

  constructor(seed: number) {
    this.random = seeded(seed);
    this.servers = Array.from({ length: SERVERS }, (_, index) => new Server(this, index));
    this.log.onChange = () => {
      for (const server of this.servers) if (this.random() < 0.5) server.follower.hint();
    };
  }

  /** What a statement goes through, there and back. */
  readonly passage = async (): Promise<void> => {
    await this.time.sleep(Math.floor(this.random() * 10));
    if (this.isLossy && this.random() < 0.05) throw new Error("the connection is lost");
  };

  index(count: number): number {
    return Math.floor(this.random() * count);
  }

  /** What a partition has, read past all servers. */
  db(partition: number): Database {
    const store = this.stores[partition];
    if (store === undefined) throw new Error("no such partition");
    return new Databases(store.begin(), 1, this.time.nowMs).at(0);
  }

  change(partition: number, work: (db: Database) => void): void {
    const db = this.db(partition);
    work(db);
    this.stores[partition]?.commit(db.transaction);
  }
}

export type Reply = "done" | "refused" | "unknown";

export class Server {
  readonly held = new Set<number>();
  readonly follower: LogFollower;
  readonly #world: World;
  readonly #name: string;

  constructor(world: World, index: number) {
    this.#world = world;
    this.#name = `server ${index}`;
    this.follower = new LogFollower({
      log: world.log.behind(world.passage),
      timers: world.time.timers,
      pollMs: 50,
      waitMs: 5000,
      onTrouble: () => undefined,
    });
  }

  /** Takes a partition that nobody owns, and serves it once its copy is up to date. */
  async take(partition: number): Promise<void> {
    const row = this.#world.log.rows.get(partition);
    if (row === undefined || row.owner !== undefined) return;
    const owner = `${this.#name}:${this.#world.random()}`;
    row.owner = owner;
    for (;;) {
      try {
        await this.follower.add(this.#copy(partition, owner));
        this.held.add(partition);
        return;
      } catch {
        await this.#world.time.sleep(10);
      }
    }
  }

  /** The server loses it, whatever it is doing. */
  lose(partition: number): void {
    if (!this.held.delete(partition)) return;
    this.follower.remove(partition);
    const row = this.#world.log.rows.get(partition);
    if (row !== undefined) row.owner = undefined;
  }

  async create(name: string, document: string): Promise<Reply> {
    return await this.#change(
      (db) => {
        const known = findDefinition(db, name, "v1");
        if (known !== undefined) return known.document === document ? "done" : "refused";
        putDefinition(db, { name, version: "v1", document, references: {}, owner: "default", createdMs: 1 });
        return undefined;
      },
      (writes) => [{ kind: "change", writes }],
    );
  }

  async remove(name: string): Promise<Reply> {
    const definition = { name, version: "v1" };
    return await this.#change(
      (db) => {
        if (findDefinition(db, name, "v1") === undefined) return "done";
        if (machineCountOf(db, definition) > 0) return "refused";
        removeDefinition(db, definition);
        return undefined;
      },
      (writes) => [
        { kind: "ask", definition },
        { kind: "remove", definition, writes },
      ],
    );
  }

  /** True when there was such a definition. */
  machine(name: string): boolean {
    const partition = [...this.held][this.#world.index(this.held.size)];
    if (partition === undefined) return false;
    let isMade = false;
    this.#world.change(partition, (db) => {
      if (findDefinition(db, name, "v1") === undefined) return;
      isMade = true;
      count(db, name, machineCountOf(db, { name, version: "v1" }) + 1);
    });
    return isMade;
  }

  async #change(
    work: (db: Database) => Reply | undefined,
    records: (writes: ReturnType<typeof sharedWrites>) => readonly LogRecord[],
  ): Promise<Reply> {
    for (let step = 0; ; ) {
      const home = Math.min(...this.held);
      if (home === Number.POSITIVE_INFINITY) return "refused";
      const db = this.#world.db(home);
      const at = copyStateOf(db);
      if (at.isOpen) {
        await this.follower.pass();
        continue;
      }
      const reply = work(db);
      if (reply === "done") return (await this.follower.reached(at.sequence)) ? "done" : "unknown";
      if (reply !== undefined) return reply;
      const record = records(sharedWrites(db, db.transaction.writes()))[step];
      if (record === undefined) return "done";
      const result = await this.follower.submit(record, at);
      if (result.kind === "late") return "unknown";
      if (result.kind === "grown") {
        step = 0;
        continue;
      }
      if (result.users > 0) return "refused";
      if (record.kind !== "ask") return "done";
      step += 1;
    }
  }

  #copy(partition: number, owner: string): LogCopy {
    const world = this.#world;
    const isHeld = () => world.log.rows.get(partition)?.owner === owner;
    return {
      partition,
      owner,
      apply: async (entries: readonly LogEntry[]): Promise<CopyState> => {
        for (const entry of entries) {
          await world.time.sleep(world.index(5));
          if (!isHeld()) throw new Error("the partition is another server's");
          world.change(partition, (db) => {
            if (copyStateOf(db).sequence < entry.sequence) applyToCopy(db, entry);
          });
        }
        if (!isHeld()) throw new Error("the partition is another server's");
        return copyStateOf(world.db(partition));
      },
    };
  }
}

export function count(db: Database, name: string, machines: number): void {
  const key = machineCounterKey(db.phys, { name, version: "v1" }, undefined, "active");
  db.transaction.put(key, encodeNumber(machines));
}

export function shown(world: World, partition: number): unknown {
  const db = world.db(partition);
  return [copyStateOf(db).sequence, listDefinitions(db).map((one) => [one.name, one.document, one.sequence])];
}

export async function settled(world: World): Promise<void> {
  world.isLossy = false;
  const [first] = world.servers;
  for (let partition = 0; partition < PARTITIONS; partition += 1) await first?.take(partition);
  const isOver = () => {
    const states = world.stores.map((_, partition) => copyStateOf(world.db(partition)));
    return states.every((state) => !state.isOpen && state.sequence === world.log.last);
  };
  while (!isOver()) await world.time.sleep(20);
}
