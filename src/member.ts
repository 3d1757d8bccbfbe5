/**
 * A member of a cluster: one server for the life of the process, to which partitions are added when their leases are granted and
 * their stores are read, and from which they are taken when the leases end. A server that holds none stands by: it sends
 * clients to the owners. A partition that another member is to have is handed over when all of it is committed.
 */
import { roundsOfEventLoop } from "./base/event-loop.ts";
import type { LeaseDatabase, Sight } from "./cluster/database.ts";
import { Keeper } from "./cluster/keeper.ts";
import type { LeaseEnd } from "./cluster/lease.ts";
import { LeaseLog } from "./cluster/lease-log.ts";
import { SharePolicy } from "./cluster/shares.ts";
import { withOwner } from "./cluster/sight.ts";
import { Takeovers } from "./cluster/takeovers.ts";
import { leaseTimes, shareTimes } from "./cluster/times.ts";
import { type ClusterFacts, ClusterState } from "./cluster/view.ts";
import { Partition } from "./keyspace/partitions.ts";
import type { Place } from "./keyspace/place.ts";
import { Store } from "./keyspace/store.ts";
import type { MemberOptions } from "./member-options.ts";
import { OBJECT_TYPES } from "./object-types.ts";
import { endsWithin, type Grant, newGrant, redirected } from "./owned-store.ts";
import { placesOf } from "./places.ts";
import { type RunningServer, start } from "./start.ts";
import { MemoryStore } from "./storage/memory-store.ts";
import { PostHints } from "./storage/postgres/post.ts";
import { Turnstile } from "./turnstile.ts";

export interface RunningMember {
  readonly server: RunningServer;
  /** Whether it serves a partition. */
  readonly isOwner: boolean;
  /** Those that it serves. */
  readonly served: readonly number[];
  /** Hands over what it owns, and ends. */
  close(): Promise<void>;
}

/** How long a member that could not open a store leaves all to others: at first, and after it has failed again and again. */
const REST_MS = 2000;
const REST_MS_MAX = 300_000;
/** So many partitions are handed over at a time by a member that ends. */
const AT_A_TIME = 4;

/** @throws what `start` throws, and what the first look at the database does */
export async function startMember(options: MemberOptions): Promise<RunningMember> {
  const store = Store.over(new MemoryStore(), OBJECT_TYPES);
  const state = new ClusterState(options.id);
  const server = await start({ ...options, store, partitions: [], cluster: state });
  const member = new Member(options, server, state);
  await member.start();
  return member;
}

class Member implements RunningMember {
  readonly server: RunningServer;
  readonly #options: MemberOptions;
  readonly #state: ClusterState;
  readonly #keeper: Keeper;
  readonly #database: LeaseDatabase;
  readonly #log: LeaseLog;
  readonly #takeovers = new Takeovers();
  readonly #grants = new Map<number, Grant>();
  /** What was held and is being left; the partition may be this member's again before that has ended. */
  readonly #dropping = new Map<number, Promise<void>>();
  /** Until when each lease lets its owner serve. */
  readonly #untilMs = new Map<number, number>();
  /** Tells its partitions of letters from each other. */
  readonly #postHints: PostHints;
  #facts: ClusterFacts = { members: [], partitions: [] };
  #places: ReadonlyMap<number, Place> = new Map();
  #restMs = REST_MS;
  #isClosing = false;

  constructor(options: MemberOptions, server: RunningServer, state: ClusterState) {
    this.#options = options;
    this.server = server;
    this.#state = state;
    const { config, timers, log, id, postHints = new PostHints() } = options;
    this.#postHints = postHints;
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
      share: (sight, nowMs) => this.#takeovers.limited(policy.decide(sight, nowMs)),
      onBegin: (partition, owner, epoch) => this.#begin(partition, owner, epoch),
      onEnd: (partition, why) => this.#end(partition, why),
      onGive: (partition) => void this.#handOver(partition),
      onServeUntil: (partition, monotonicMs) => this.#serveUntil(partition, monotonicMs),
      onFacts: (facts) => this.#learn(facts),
      onTrouble: (error) => this.#log.trouble(error, this.isOwner),
      onRecovered: () => this.#log.recovered(),
    });
  }

  get served(): readonly number[] {
    return [...this.#grants.values()]
      .filter(({ held }) => held !== undefined)
      .map(({ partition }) => partition)
      .toSorted((a, b) => a - b);
  }

  get isOwner(): boolean {
    return this.served.length > 0;
  }

  async start(): Promise<void> {
    let sight: Sight;
    try {
      sight = await this.#database.look(true);
    } catch (error) {
      await this.server.close();
      await this.#database.close();
      throw error;
    }
    const ranges = sight.partitions.toSorted((a, b) => a.firstSlot - b.firstSlot);
    const places = placesOf(ranges);
    this.#places = new Map(places.map((place, at) => [ranges[at]?.partition ?? 0, place]));
    this.#keeper.start(sight);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#keeper.setTaking(false);
    const leaving = new Turnstile(AT_A_TIME);
    const given = [...this.#grants.keys()];
    await Promise.all(given.map((partition) => leaving.pass(() => this.#handOver(partition))));
    await redirected(this.server, this.#options.timers);
    await this.server.close();
    await Promise.all(this.#dropping.values());
    this.#keeper.stop();
    await this.#database.leave().catch(() => undefined);
    await this.#database.close();
  }

  #begin(partition: number, owner: string, epoch: number): void {
    const grant = newGrant(partition, owner, epoch, this.#options.timers.monotonicMs());
    this.#grants.set(partition, grant);
    this.#log.granted(partition, epoch);
    this.#own(partition, epoch);
    if (this.#isClosing) void this.#handOver(partition);
    else void this.#takeOver(grant);
  }

  /** Nothing of it is answered from here on. */
  #end(partition: number, why: LeaseEnd): void {
    const grant = this.#grants.get(partition);
    if (grant === undefined) return;
    this.#grants.delete(partition);
    this.#state.end(partition);
    grant.isLate = grant.held === undefined && (why === "expired" || why === "taken");
    if (why !== "released") this.#log.ended(partition, why, grant.held !== undefined);
    this.#drop(grant);
  }

  #isCurrent(grant: Grant): boolean {
    return this.#grants.get(grant.partition) === grant && !grant.isLeaving;
  }

  async #takeOver(grant: Grant): Promise<void> {
    await this.#takeovers.pass(async () => {
      await this.#open(grant);
      return !grant.isLate;
    });
    // There may be others to be taken.
    this.#keeper.hint();
  }

  async #open(grant: Grant): Promise<void> {
    const { partition, owner, epoch } = grant;
    await this.#dropping.get(partition);
    if (!this.#isCurrent(grant)) return;
    try {
      grant.owned = await this.#options.openStore({
        partition,
        owner,
        epoch,
        onLost: (error) => this.#lost(grant, error),
        rest: () => this.#rest(grant),
      });
      if (this.#isCurrent(grant)) await this.#hold(grant, grant.owned.store);
      else this.#drop(grant);
    } catch (error) {
      if (this.#isCurrent(grant)) this.#giveUp(grant, error);
      else this.#drop(grant);
    }
  }

  /** @throws Error when the partition is not to be read any further */
  async #rest(grant: Grant): Promise<void> {
    await this.#keeper.quiet();
    if (!this.#isCurrent(grant)) throw new Error("the lease has ended, or is left to another server");
  }

  async #hold(grant: Grant, store: Store): Promise<void> {
    const { partition, owner, epoch, atMs } = grant;
    const range = this.#facts.partitions.find((known) => known.partition === partition);
    const place = this.#places.get(partition);
    if (range === undefined || place === undefined) throw new Error(`partition ${partition} is known`);
    const post = place.count === 1 ? undefined : store.post(this.#postHints);
    const held = new Partition({ store, place, post, firstSlot: range.firstSlot, lastSlot: range.lastSlot });
    await this.server.addPartition(held, owner);
    grant.held = held;
    if (!this.#isCurrent(grant)) {
      this.#drop(grant);
      return;
    }
    this.#restMs = REST_MS;
    this.#state.serveUntil(partition, this.#untilMs.get(partition) ?? Number.NEGATIVE_INFINITY);
    this.#log.serves(partition, epoch, this.#options.timers.monotonicMs() - atMs, store.position);
  }

  #lost(grant: Grant, error: Error): void {
    // A store that is given up says so too.
    if (!this.#isCurrent(grant)) return;
    this.#log.lost(grant.partition, error);
    this.#keeper.lost(grant.partition);
  }

  /** Takes no further requests of the partition, and releases it when all is committed and answered. */
  async #handOver(partition: number): Promise<void> {
    const grant = this.#grants.get(partition);
    if (grant === undefined || grant.isLeaving) return;
    grant.isLeaving = true;
    this.#state.leave(partition);
    const waitMs = this.#options.config.get("shutdown-timeout") * 1000;
    const isDrained = await endsWithin(this.#options.timers, waitMs, grant.owned?.drained());
    if (this.#grants.get(partition) !== grant) return;
    if (isDrained && grant.held !== undefined) this.#log.handsOver(partition);
    // What has settled is answered in a turn of the event loop of its own.
    await roundsOfEventLoop(2);
    if (this.#grants.get(partition) !== grant) return;
    await this.#keeper.release(partition);
  }

  /** It leaves all to others for a while, and tries again later. */
  #giveUp(grant: Grant, error: unknown): void {
    this.#log.failed(grant.partition, error);
    this.#drop(grant);
    // Nothing of it is left, so it is not taken for one that is served.
    this.#grants.delete(grant.partition);
    this.#keeper.setTaking(false);
    void this.#keeper.release(grant.partition);
    this.#options.timers.after(this.#restMs, () => {
      if (!this.#isClosing) this.#keeper.setTaking(true);
    });
    this.#restMs = Math.min(this.#restMs * 2, REST_MS_MAX);
  }

  /** Takes from the server what it holds, and leaves the store. */
  #drop(grant: Grant): void {
    const { held, owned, partition } = grant;
    grant.held = undefined;
    grant.owned = undefined;
    const before = this.#dropping.get(partition);
    const drop = async (): Promise<void> => {
      await before;
      if (held !== undefined) await this.server.removePartition(held);
      await owned?.abandon();
    };
    const dropping = drop().then(() => {
      if (this.#dropping.get(partition) !== dropping) return;
      this.#dropping.delete(partition);
      // It is as if it had never been served: requests are sent to where it is.
      if (this.#grants.get(partition)?.held === undefined) this.#state.forget(partition);
    });
    this.#dropping.set(partition, dropping);
  }

  #serveUntil(partition: number, monotonicMs: number): void {
    this.#untilMs.set(partition, monotonicMs);
    if (this.#grants.get(partition)?.held !== undefined) this.#state.serveUntil(partition, monotonicMs);
  }

  #learn(facts: ClusterFacts): void {
    this.#facts = facts;
    this.#state.update(facts);
    this.#log.learns(facts, this.#grants.size > 0);
  }

  /** What the next look would say. */
  #own(partition: number, epoch: number): void {
    this.#facts = withOwner(this.#facts, partition, this.#options.id, epoch);
    this.#state.update(this.#facts);
  }
}
