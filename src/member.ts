/**
 * A member of a cluster: a loop of runs of the same server. It stands by over an empty store, whose dispatch sends clients to
 * the owner; when it is granted the partition, that run ends and another begins over the store in the database, on the same
 * port; when it loses the partition, that run ends without committing or answering anything, and it stands by again.
 */

import type { LeaseDatabase, Sight } from "./cluster/database.ts";
import { Keeper, type Timers } from "./cluster/keeper.ts";
import type { LeaseEnd } from "./cluster/lease.ts";
import { LeaseLog } from "./cluster/lease-log.ts";
import { SharePolicy } from "./cluster/shares.ts";
import { leaseTimes, shareTimes } from "./cluster/times.ts";
import { type ClusterFacts, ClusterState } from "./cluster/view.ts";
import { Store } from "./keyspace/store.ts";
import { OBJECT_TYPES } from "./object-types.ts";
import type { SharedStore } from "./shared-store.ts";
import { type RunningServer, type StartOptions, start } from "./start.ts";
import { MemoryStore } from "./storage/memory-store.ts";

/** The store of the partition, read by its owner. */
export interface OwnedStore extends SharedStore {
  readonly store: Store;
}

export interface MemberOptions extends Omit<StartOptions, "store" | "cluster" | "shared" | "users"> {
  /** 40 hexadecimal digits. */
  readonly id: string;
  readonly partition: number;
  readonly timers: Timers;
  /** @param server the run at the moment */
  readonly database: (server: () => RunningServer, onHint: () => void) => LeaseDatabase;
  /** Reads the partition. @param onLost called when the database has given it to another one */
  readonly openStore: (owner: string, epoch: number, onLost: (error: Error) => void) => Promise<OwnedStore>;
  /** The member cannot go on: it does not even stand by. */
  readonly onFatal: (error: Error) => void;
}

export interface RunningMember {
  /** The run at the moment. */
  readonly server: RunningServer;
  readonly isOwner: boolean;
  /** Hands over what it owns, and ends. */
  close(): Promise<void>;
}

/** How long a member that could not open the store leaves it to others. */
const REST_MS = 2000;

/** @throws what `start` throws, and what the first look at the database does */
export async function startMember(options: MemberOptions): Promise<RunningMember> {
  const member = new Member(options);
  await member.start();
  return member;
}

interface Grant {
  readonly owner: string;
  readonly epoch: number;
  readonly atMs: number;
}

interface Run {
  readonly server: RunningServer;
  /** Undefined: it stands by. */
  readonly grant: Grant | undefined;
}

class Member implements RunningMember {
  readonly #options: MemberOptions;
  readonly #keeper: Keeper;
  readonly #database: LeaseDatabase;
  readonly #log: LeaseLog;
  #facts: ClusterFacts = { members: [], partitions: [] };
  #state: ClusterState;
  /** Until when the lease lets an owner serve. */
  #untilMs = Number.NEGATIVE_INFINITY;
  #run: Run | undefined;
  #wanted: Grant | undefined;
  #switching: Promise<void> | undefined;
  #isClosing = false;
  #ports: Pick<RunningServer, "port" | "httpPort"> = { port: 0, httpPort: 0 };

  constructor(options: MemberOptions) {
    this.#options = options;
    const { config, timers, log, id } = options;
    this.#state = new ClusterState(id);
    this.#log = new LeaseLog(log, id);
    this.#database = options.database(
      () => this.server,
      () => this.#keeper.hint(),
    );
    const times = leaseTimes(config.get("cluster-lease"), config.get("cluster-lease-margin"));
    const policy = new SharePolicy(id, shareTimes(times));
    this.#keeper = new Keeper({
      id,
      times,
      timers,
      database: this.#database,
      share: (sight, nowMs) => policy.decide(sight, nowMs),
      onBegin: (_partition, owner, epoch) => this.#begin({ owner, epoch, atMs: timers.monotonicMs() }),
      onEnd: (_partition, why) => this.#end(why),
      // There is one, which nobody has too many of.
      onGive: () => undefined,
      onServeUntil: (_partition, monotonicMs) => this.#serveUntil(monotonicMs),
      onFacts: (facts) => this.#learn(facts),
      onTrouble: (error) => this.#log.trouble(error, this.isOwner),
      onRecovered: () => this.#log.recovered(),
    });
  }

  get server(): RunningServer {
    if (this.#run === undefined) throw new Error("the member has not been started");
    return this.#run.server;
  }

  get isOwner(): boolean {
    return this.#run?.grant !== undefined;
  }

  async start(): Promise<void> {
    this.#run = await this.#standBy();
    const { port, httpPort } = this.#run.server;
    this.#ports = { port, httpPort };
    let sight: Sight;
    try {
      sight = await this.#database.look(true);
    } catch (error) {
      await this.#run.server.close();
      await this.#database.close();
      throw error;
    }
    this.#keeper.start(sight);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#keeper.setTaking(false);
    await this.#switching;
    let released: Promise<void> | undefined;
    const letGo = () => {
      if (this.isOwner && this.#keeper.isHolding(this.#options.partition)) this.#log.handsOver();
      released = this.#keeper.release(this.#options.partition);
    };
    // If the lease runs out meanwhile, `#end` abandons the run.
    await this.#run?.server.close(letGo);
    if (released === undefined) letGo();
    await released;
    this.#keeper.stop();
    await this.#database.leave().catch(() => undefined);
    await this.#database.close();
  }

  #begin(grant: Grant): void {
    this.#log.granted(grant.epoch, this.#facts);
    this.#wanted = grant;
    this.#own(grant.epoch);
    this.#go();
  }

  /** Nothing is answered from here on; the rest of the end follows. */
  #end(why: LeaseEnd): void {
    const wasServing = this.#run?.grant !== undefined;
    this.#wanted = undefined;
    if (wasServing) this.#state.end(this.#options.partition);
    if (why === "released") return;
    this.#log.ended(why, wasServing);
    if (wasServing && this.#isClosing) void this.#run?.server.abandon();
    this.#go();
  }

  #serveUntil(monotonicMs: number): void {
    this.#untilMs = monotonicMs;
    if (this.isOwner) this.#state.serveUntil(this.#options.partition, monotonicMs);
  }

  #learn(facts: ClusterFacts): void {
    this.#facts = facts;
    this.#state.update(facts);
    if (!this.isOwner) this.#log.standsBy(facts, this.#options.partition);
  }

  /** What the next look would say. */
  #own(epoch: number): void {
    const { id, partition } = this.#options;
    const partitions = this.#facts.partitions.map((known) =>
      known.partition === partition ? { ...known, epoch, ownerId: id } : known,
    );
    this.#facts = { ...this.#facts, partitions };
    this.#state.update(this.#facts);
  }

  /** Brings the run in line with what is wanted; one such work at a time, which sees what is wanted later. */
  #go(): void {
    if (this.#isClosing) return;
    this.#switching ??= this.#switchRuns()
      .catch((error) => this.#options.onFatal(error instanceof Error ? error : new Error(String(error))))
      .finally(() => {
        this.#switching = undefined;
        if (this.#run?.grant !== this.#wanted) this.#go();
      });
  }

  async #switchRuns(): Promise<void> {
    while (!this.#isClosing && this.#run?.grant !== this.#wanted) {
      const grant = this.#wanted;
      if (grant === undefined) {
        await this.#endRun();
        this.#run = await this.#standBy();
      } else await this.#serve(grant);
    }
  }

  async #serve(grant: Grant): Promise<void> {
    let owned: OwnedStore;
    try {
      owned = await this.#options.openStore(grant.owner, grant.epoch, (error) => {
        // A store that is given up says so too.
        if (this.#wanted !== grant) return;
        this.#log.lost(error);
        this.#keeper.lost(this.#options.partition);
      });
    } catch (error) {
      this.#giveUp(grant, error);
      return;
    }
    if (this.#wanted !== grant || this.#isClosing) {
      await owned.abandon();
      return;
    }
    await this.#endRun();
    const state = new ClusterState(this.#options.id, this.#facts);
    state.serveUntil(this.#options.partition, this.#untilMs);
    try {
      const server = await this.#start(owned.store, state, owned);
      this.#state = state;
      this.#run = { server, grant };
      if (this.#wanted !== grant) state.end(this.#options.partition);
      else {
        state.serveUntil(this.#options.partition, this.#untilMs);
        state.update(this.#facts);
        this.#log.serves(grant.epoch, this.#options.timers.monotonicMs() - grant.atMs, owned.store.position);
      }
    } catch (error) {
      this.#giveUp(grant, error);
      await owned.abandon();
      this.#run = await this.#standBy();
    }
  }

  /** It leaves the partition to others, and tries again later. */
  #giveUp(grant: Grant, error: unknown): void {
    this.#log.failed(error);
    if (this.#wanted !== grant) return;
    this.#wanted = undefined;
    this.#keeper.setTaking(false);
    void this.#keeper.release(this.#options.partition);
    this.#options.timers.after(REST_MS, () => {
      if (!this.#isClosing) this.#keeper.setTaking(true);
    });
  }

  /** Clients connect again: to where the slots are, or to this server in its next run. */
  async #endRun(): Promise<void> {
    await this.#run?.server.abandon();
  }

  async #standBy(): Promise<Run> {
    const state = new ClusterState(this.#options.id, this.#facts);
    const store = Store.over(new MemoryStore(), OBJECT_TYPES);
    const server = await this.#start(store, state, {
      drained: async () => undefined,
      abandon: () => store.close(),
    });
    this.#state = state;
    state.update(this.#facts);
    return { server, grant: undefined };
  }

  async #start(store: Store, cluster: ClusterState, shared: SharedStore): Promise<RunningServer> {
    const { port, httpPort } = this.#ports;
    return await start({
      ...this.#options,
      // What the system has chosen stays.
      ...(port === 0 ? {} : { port }),
      ...(httpPort === 0 ? {} : { httpPort }),
      store,
      cluster,
      shared,
      users: this.#run?.server.context.users,
    });
  }
}
