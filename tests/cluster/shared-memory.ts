/** A cluster in the process of a test: one partition whose row and data are in memory, shared by members that are started over it. */
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

export class SharedMemory {
  readonly #data = new MemoryStore();
  owner: string | undefined;
  epoch = 0;
  leaseUntilMs = 0;
  /** Why the store cannot be opened, for tests of that. */
  openFault: string | undefined;
  readonly #announced = new Map<string, Announcement>();
  readonly #takes = new Map<string, boolean>();
  readonly #hints = new Set<() => void>();
  #lost: (error: Error) => void = () => undefined;

  /** The database gives the partition to somebody else. */
  giveAway(): void {
    this.owner = "other:1";
    this.epoch += 1;
    this.leaseUntilMs = performance.now() + LEASE_MS;
    this.#lost(new Error("another one owns the partition"));
  }

  async start(name: string): Promise<StartedMember> {
    const id = name.repeat(40).slice(0, 40);
    const lines: string[] = [];
    const started = { id, lines, isCut: false };
    const member = await startMember({
      config: configOf({
        port: 0,
        bind: ["127.0.0.1"],
        "cluster-lease": LEASE_MS,
        "cluster-lease-margin": 100,
      }),
      clock: systemClock(),
      log: (line) => lines.push(line),
      onShutdown: () => undefined,
      port: 0,
      httpPort: "none",
      id,
      partition: 0,
      timers: SYSTEM_TIMERS,
      database: (server, onHint) => this.#databaseOf(started, () => server().port, onHint),
      openStore: async (_owner, _epoch, onLost) => {
        if (this.openFault !== undefined) throw new Error(this.openFault);
        this.#lost = onLost;
        return {
          store: Store.plainOver(this.#data, OBJECT_TYPES),
          drained: async () => undefined,
          abandon: async () => undefined,
        };
      },
      onFatal: (error) => lines.push(`fatal: ${error.stack}`),
    });
    return Object.assign(started, { member, client: () => TestClient.connect(member.server.port) });
  }

  #databaseOf(
    who: { readonly id: string; isCut: boolean },
    port: () => number,
    onHint: () => void,
  ): LeaseDatabase {
    const { id } = who;
    this.#hints.add(onHint);
    const database = {
      ask: async (_kind: LeaseRequest["kind"], asked: readonly Asked[]) => {
        await this.#reach(who);
        return new Map(
          asked.map(({ partition, request, owner }) => [partition, this.#answer(id, request, owner)]),
        );
      },
      look: async (takes: boolean): Promise<Sight> => {
        await this.#reach(who);
        this.#announced.set(id, { host: "127.0.0.1", port: port(), tlsPort: 0, info: {} });
        this.#takes.set(id, takes);
        const leftMs = Math.max(0, this.leaseUntilMs - performance.now());
        const ownerId = this.owner?.split(":")[0];
        return {
          partitions: [
            {
              partition: 0,
              firstSlot: 0,
              lastSlot: SLOT_COUNT - 1,
              epoch: this.epoch,
              ownerId: leftMs > 0 ? ownerId : undefined,
              lastOwnerId: leftMs > 0 ? undefined : ownerId,
            },
          ],
          members: [...this.#announced].map(([other, at]) => ({ ...at, id: other, isAlive: true })),
          takers: [...this.#announced.keys()].filter((other) => this.#takes.get(other) === true),
          freeInMs: ownerId !== undefined && leftMs > 0 && ownerId !== id ? leftMs : Number.POSITIVE_INFINITY,
        };
      },
      leave: async () => {
        this.#announced.delete(id);
      },
      drop: () => undefined,
      close: async () => {
        this.#hints.delete(onHint);
      },
    };
    return database;
  }

  async #reach(who: { readonly isCut: boolean }): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (who.isCut) throw new Error("the database is far away");
  }

  #answer(id: string, request: LeaseRequest, owner: string): LeaseAnswer {
    const nowMs = performance.now();
    const isMine = this.owner === undefined || this.owner.startsWith(`${id}:`);
    if (request.kind === "take" && request.epoch === this.epoch && (isMine || this.leaseUntilMs < nowMs)) {
      this.owner = owner;
      this.epoch += 1;
    } else if (request.kind === "release") {
      if (isMine) this.owner = undefined;
      for (const hint of this.#hints) hint();
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
