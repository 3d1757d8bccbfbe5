/** A cluster in the process of a test: partitions whose rows and data are in memory, shared by members that are started over them. */
import { systemClock } from "../../src/base/clock.ts";
import type { Announcement, Asked, LeaseDatabase, Sight } from "../../src/cluster/database.ts";
import type { LeaseAnswer, LeaseRequest } from "../../src/cluster/lease.ts";
import { SYSTEM_TIMERS } from "../../src/cluster/timers.ts";
import { SLOT_COUNT } from "../../src/cluster/view.ts";
import { configOf } from "../../src/config/load.ts";
import { Store } from "../../src/keyspace/store.ts";
import { type RunningMember, startMember } from "../../src/member.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import { TestClient } from "../support/client.ts";

/** Long enough for a process of tests that is busy with something else for a while. */
const LEASE_MS = 1500;

export interface StartedMember {
  readonly id: string;
  readonly member: RunningMember;
  readonly lines: string[];
  /** The database does not answer this member any more, or again. */
  isCut: boolean;
  client(): Promise<TestClient>;
}

/** What is known of one partition. */
class Row {
  readonly data = new MemoryStore();
  readonly firstSlot: number;
  readonly lastSlot: number;
  owner: string | undefined;
  epoch = 0;
  leaseUntilMs = 0;
  lost: (error: Error) => void = () => undefined;

  constructor(firstSlot: number, lastSlot: number) {
    this.firstSlot = firstSlot;
    this.lastSlot = lastSlot;
  }

  /** The id of the member whose lease runs. */
  get ownerId(): string | undefined {
    return performance.now() < this.leaseUntilMs ? this.owner?.split(":")[0] : undefined;
  }

  answer(id: string, { request, owner }: Asked): LeaseAnswer {
    const nowMs = performance.now();
    const isMine = this.owner === undefined || this.owner.startsWith(`${id}:`);
    if (request.kind === "take" && request.epoch === this.epoch && (isMine || this.leaseUntilMs < nowMs)) {
      this.owner = owner;
      this.epoch += 1;
    } else if (request.kind === "release") {
      if (isMine) this.owner = undefined;
      return { granted: false, epoch: this.epoch, freeInMs: 0 };
    } else if (request.kind !== "renew" || this.owner !== owner) {
      return {
        granted: false,
        epoch: this.epoch,
        freeInMs: isMine ? 0 : Math.max(0, this.leaseUntilMs - nowMs),
      };
    }
    this.leaseUntilMs = nowMs + LEASE_MS;
    return { granted: true, epoch: this.epoch };
  }
}

export class SharedMemory {
  readonly #rows: readonly Row[];
  /** Why stores cannot be opened, for tests of that. */
  openFault: string | undefined;
  readonly #announced = new Map<string, Announcement>();
  readonly #takes = new Map<string, boolean>();
  readonly #hints = new Set<() => void>();

  constructor(partitionCount = 1) {
    const bound = (partition: number) => Math.floor((partition * SLOT_COUNT) / partitionCount);
    this.#rows = Array.from(
      { length: partitionCount },
      (_, partition) => new Row(bound(partition), bound(partition + 1) - 1),
    );
  }

  /** The epoch of a partition. */
  epoch(partition = 0): number {
    return this.#row(partition).epoch;
  }

  /** The database gives a partition to somebody else. */
  giveAway(partition = 0): void {
    const row = this.#row(partition);
    row.owner = "other:1";
    row.epoch += 1;
    row.leaseUntilMs = performance.now() + LEASE_MS;
    row.lost(new Error("another one owns the partition"));
  }

  /** @param holdMs how long requests wait for slots that change hands */
  async start(name: string, holdMs = 0): Promise<StartedMember> {
    const id = name.repeat(40).slice(0, 40);
    const lines: string[] = [];
    const started = { id, lines, isCut: false };
    const member = await startMember({
      config: configOf({
        port: 0,
        bind: ["127.0.0.1"],
        "cluster-lease": LEASE_MS,
        "cluster-lease-margin": 100,
        "cluster-hold": holdMs,
      }),
      clock: systemClock(),
      log: (line) => lines.push(line),
      onShutdown: () => undefined,
      port: 0,
      httpPort: "none",
      id,
      timers: SYSTEM_TIMERS,
      database: (server, onHint) => this.#databaseOf(started, () => server().port, onHint),
      openStore: async ({ partition, onLost }) => {
        if (this.openFault !== undefined) throw new Error(this.openFault);
        const row = this.#row(partition);
        row.lost = onLost;
        return {
          store: Store.plainOver(row.data, OBJECT_TYPES),
          drained: async () => undefined,
          abandon: async () => undefined,
        };
      },
    });
    return Object.assign(started, { member, client: () => TestClient.connect(member.server.port) });
  }

  #row(partition: number): Row {
    const row = this.#rows[partition];
    if (row === undefined) throw new Error(`there is no partition ${partition}`);
    return row;
  }

  #databaseOf(
    who: { readonly id: string; isCut: boolean },
    port: () => number,
    onHint: () => void,
  ): LeaseDatabase {
    const { id } = who;
    this.#hints.add(onHint);
    return {
      ask: async (kind: LeaseRequest["kind"], asked: readonly Asked[]) => {
        await this.#reach(who);
        const answers = asked.map(
          (one) => [one.partition, this.#row(one.partition).answer(id, one)] as const,
        );
        if (kind !== "renew") for (const hint of this.#hints) hint();
        return new Map(answers);
      },
      look: async (takes: boolean): Promise<Sight> => {
        await this.#reach(who);
        this.#announced.set(id, { host: "127.0.0.1", port: port(), tlsPort: 0, info: {} });
        this.#takes.set(id, takes);
        return this.#sightOf(id);
      },
      leave: async () => {
        this.#announced.delete(id);
      },
      drop: () => undefined,
      close: async () => {
        this.#hints.delete(onHint);
      },
    };
  }

  #sightOf(id: string): Sight {
    const others = this.#rows.filter(({ ownerId }) => ownerId !== undefined && ownerId !== id);
    const nowMs = performance.now();
    return {
      partitions: this.#rows.map(({ owner, ownerId, firstSlot, lastSlot, epoch }, partition) => ({
        partition,
        firstSlot,
        lastSlot,
        epoch,
        ownerId,
        lastOwnerId: ownerId === undefined ? owner?.split(":")[0] : undefined,
      })),
      members: [...this.#announced].map(([other, at]) => ({ ...at, id: other, isAlive: true })),
      takers: [...this.#announced.keys()].filter((other) => this.#takes.get(other) === true),
      freeInMs: Math.min(...others.map(({ leaseUntilMs }) => leaseUntilMs - nowMs)),
    };
  }

  async #reach(who: { readonly isCut: boolean }): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (who.isCut) throw new Error("the database is far away");
  }
}
