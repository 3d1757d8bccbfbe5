/**
 * Partitions that are stores in one process, with machines and the mail between them, in a time that the test turns step by
 * step: turns, commits that settle later, answers of the post that are late, lost or come after the partition has crashed.
 */
import { raw } from "../../src/base/bytes.ts";
import { Pace } from "../../src/base/pace.ts";
import { WatchList } from "../../src/clients/watch-list.ts";
import { SLOT_COUNT } from "../../src/cluster/view.ts";
import { configOf } from "../../src/config/load.ts";
import { Databases } from "../../src/keyspace/databases.ts";
import type { Place } from "../../src/keyspace/place.ts";
import { Store } from "../../src/keyspace/store.ts";
import { ChartCache } from "../../src/machines/chart-cache.ts";
import { definitionAt, putDefinition } from "../../src/machines/definitions.ts";
import type { Scope } from "../../src/machines/subject.ts";
import { newStatistics } from "../../src/metrics/statistics.ts";
import { OBJECT_TYPES } from "../../src/object-types.ts";
import { placesOf } from "../../src/places.ts";
import { MailTurns } from "../../src/server/mail-turns.ts";
import type { MemoryPosts } from "../../src/storage/memory-post.ts";
import { MemoryStore } from "../../src/storage/memory-store.ts";
import type { Entry } from "../../src/storage/ordered-store.ts";
import type { Post } from "../../src/storage/post.ts";
import { assertSound } from "./stores.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** What becomes of a request to the post: it is done, it is done and the answer is lost, or it never gets there. */
export type Fate = "done" | "unanswered" | "lost";

interface Waiting {
  readonly epoch: number;
  /** Whether a partition that has crashed meanwhile may still do it. */
  readonly needsEpoch: boolean;
  /** Returns what gives the answer. */
  readonly run: () => Promise<() => void>;
  readonly fail: () => void;
}

export function placesFor(count: number): readonly Place[] {
  const bound = (p: number) => Math.floor((p * SLOT_COUNT) / count);
  return placesOf(
    Array.from({ length: count }, (_, p) => ({ firstSlot: bound(p), lastSlot: bound(p + 1) - 1 })),
  );
}

/** Resolves when all that promises have set off is done. */
export async function quiet(): Promise<void> {
  for (let round = 0; round < 8; round += 1) await Promise.resolve();
}

export class MailPartition {
  readonly place: Place;
  readonly faults: unknown[] = [];
  readonly statistics = newStatistics(0);
  readonly #clock: VirtualClock;
  readonly #posts: MemoryPosts;
  readonly #charts = new ChartCache();
  readonly #config = configOf();
  #ordered = new MemoryStore();
  #store = Store.plainOver(this.#ordered, OBJECT_TYPES);
  #settled: readonly Entry[] = [];
  #epoch = 0;
  /** Those that wait until the commits so far are settled. */
  #drained: (() => void)[] = [];
  readonly #requests: Waiting[] = [];
  /** What clients have sent and have no answer to, as its commit is not settled. */
  #unanswered: ((scope: Scope) => void)[] = [];
  readonly #waitsForCommits: boolean;
  #mail: MailTurns;

  /** @param waitsForCommits letters are sent when their commit is settled: false for a test that this matters */
  constructor(place: Place, clock: VirtualClock, posts: MemoryPosts, waitsForCommits = true) {
    this.place = place;
    this.#waitsForCommits = waitsForCommits;
    this.#clock = clock;
    this.#posts = posts;
    this.#mail = this.#newMail();
    this.settle();
  }

  define(name: string, document: unknown): void {
    this.change(({ db }) => {
      const head = { name, version: "1", createdMs: 0, owner: "default", references: {} };
      putDefinition(db, { ...head, document: JSON.stringify(document) });
    });
  }

  definition(scope: Scope, name: string) {
    return definitionAt(scope.db, name);
  }

  /** A turn with a request. */
  change(work: (scope: Scope) => void): void {
    this.#turn(work);
  }

  /** A request of a client, which sends it again when the partition has crashed before it was answered. */
  insist(work: (scope: Scope) => void): void {
    this.#unanswered.push(work);
    this.#turn(work);
  }

  /** A turn in which mail is sent and taken; one that is not committed leaves no trace. */
  turn(countMax = 100): void {
    if (this.#mail.hasWork)
      this.#turn((scope) => this.#mail.run(scope.databases, { countMax, isSpent: () => false }));
  }

  /** A turn whose commit settles at once. */
  async pass(): Promise<void> {
    this.turn();
    this.settle();
    await quiet();
  }

  /** Nothing is under way. */
  get isIdle(): boolean {
    return !this.#mail.hasWork && this.#requests.length === 0 && this.#drained.length === 0;
  }

  read<T>(work: (scope: Scope) => T): T {
    return work(this.#scope());
  }

  /** All commits so far are as safe as they will be. */
  settle(): void {
    this.#settled = [...this.#ordered.range(raw(""), raw("\xff\xff"))];
    this.#unanswered = [];
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  /** One of the requests that the post has not got yet gets there. */
  async deliver(which: number, fate: Fate): Promise<void> {
    const [request] = this.#requests.splice(which % Math.max(1, this.#requests.length), 1);
    if (request === undefined) return;
    const isFenced = request.needsEpoch && request.epoch !== this.#epoch;
    const answer = fate === "lost" || isFenced ? undefined : await request.run();
    if (answer === undefined || fate === "unanswered") request.fail();
    else answer();
    await quiet();
  }

  /** Another server takes the partition over: what was not settled is gone, and so is all that was known. */
  crash(): void {
    this.#mail.end();
    this.#epoch += 1;
    this.#drained = [];
    this.#ordered = new MemoryStore();
    this.#ordered.commit(this.#settled);
    this.#store = Store.plainOver(this.#ordered, OBJECT_TYPES);
    this.#charts.clear();
    this.#mail = this.#newMail();
    // Clients come back in any order.
    for (const work of this.#unanswered.splice(0).reverse()) this.insist(work);
  }

  end(): void {
    this.#mail.end();
    assertSound(this.#store.begin());
  }

  #turn(work: (scope: Scope) => void): void {
    const scope = this.#scope();
    const { transaction } = scope.databases;
    work(scope);
    const { hasPosted } = transaction;
    this.#store.commit(transaction);
    if (hasPosted) this.#mail.posted();
  }

  #scope(): Scope {
    const nowMs = this.#clock.now();
    const databases = new Databases(this.#store.begin(), 1, nowMs, this.place);
    return { databases, db: databases.at(0), server: this.#server(), nowMs };
  }

  #server() {
    return {
      config: this.#config,
      charts: this.#charts,
      owners: { refusal: () => undefined },
      pace: new Pace(() => 0),
      statistics: this.statistics,
      watches: new WatchList(),
    };
  }

  #newMail(): MailTurns {
    const post = this.#posts.of(this.place.number);
    const epoch = this.#epoch;
    const asked = <T>(needsEpoch: boolean, run: () => Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        this.#requests.push({
          ...{ epoch, needsEpoch },
          run: async () => {
            const answer = await run();
            return () => resolve(answer);
          },
          fail: () => reject(new Error("no answer")),
        });
      });
    const late: Post = {
      put: (letters) => asked(true, () => post.put(letters)),
      take: (positions, limits) => asked(false, () => post.take(positions, limits)),
      remove: (positions) => asked(false, () => post.remove(positions)),
      onHint: (listener) => post.onHint(listener),
    };
    return new MailTurns({
      server: this.#server(),
      place: this.place,
      store: {
        drained: () =>
          this.#waitsForCommits ? new Promise((resolve) => this.#drained.push(resolve)) : Promise.resolve(),
      },
      post: late,
      clock: this.#clock,
      limits: { bytesMax: 1, runsMax: 1 },
      onFault: (error) => {
        this.faults.push(error);
        throw error;
      },
      schedule: () => undefined,
    });
  }
}
