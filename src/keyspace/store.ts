/** The store: opened on a directory, read and written through transactions, one at a time. */

import type { Bytes } from "../base/bytes.ts";
import { type DurableOptions, DurableStore } from "../storage/durable-store.ts";
import type { Hold } from "../storage/not-loaded.ts";
import type { CommitError, FlushPolicy, OrderedStore, StoreStatus, Write } from "../storage/ordered-store.ts";
import type { Post } from "../storage/post.ts";
import type { PostgresOptions } from "../storage/postgres/opening.ts";
import type { PostHints } from "../storage/postgres/post.ts";
import { PostgresStore } from "../storage/postgres/postgres-store.ts";
import { untilLoaded } from "../storage/until-loaded.ts";
import type { Change } from "./changes.ts";
import { DecodedRecords } from "./decoded-records.ts";
import { metaKey, TRANSIENT_SPACES, UNREPEATED_SPACES } from "./layouts.ts";
import { LiveObjects } from "./live-objects.ts";
import type { ObjectTypes } from "./objects.ts";
import { isPacked, PACKED_SPACES } from "./packed-spaces.ts";
import { encodeNumber } from "./records.ts";
import { assertFormat, formatOf, STORE_FORMAT } from "./store-format.ts";
import { Transaction } from "./transaction.ts";

/** How a store is opened. */
export type Opening = Pick<DurableOptions, "limits" | "archiveDirectory">;

/** How a partition is opened by its owner. */
export type PostgresOpening = Omit<PostgresOptions, "verify" | "derived" | "transientSpaces">;

/** What one store is and another is not. */
interface Nature {
  readonly foldsAtClose: boolean;
  readonly directory?: string;
  readonly abandon?: () => void;
  readonly post?: (hints: PostHints) => Post;
}

export class Store {
  readonly #ordered: OrderedStore;
  /** Undefined: every change is written in the ordinary way. */
  readonly #live: LiveObjects | undefined;
  readonly #objects: ObjectTypes;
  /** What was read of machines, decoded. */
  readonly decoded = new DecodedRecords();
  /** Where it is on disk; undefined for one in memory. */
  readonly directory: string | undefined;
  /** True for one in PostgreSQL, which is backed up and restored there. */
  readonly isInDatabase: boolean;
  /** True when the ordered store does not fold what is live by itself. */
  readonly #foldsAtClose: boolean;
  readonly #abandon: () => void;
  readonly #post: Nature["post"];

  private constructor(
    ordered: OrderedStore,
    objects: ObjectTypes,
    live: LiveObjects | undefined,
    { foldsAtClose, directory, abandon, post }: Nature,
  ) {
    this.#post = post;
    this.#abandon = abandon ?? (() => undefined);
    this.isInDatabase = abandon !== undefined;
    this.directory = directory;
    this.#ordered = ordered;
    this.#objects = objects;
    this.#live = live;
    this.#foldsAtClose = foldsAtClose;
    live?.attach(ordered);
    if (ordered.get(metaKey("format")) === undefined)
      ordered.commit([[metaKey("format"), encodeNumber(STORE_FORMAT)]]);
  }

  /** Opens the store in a directory, made if missing. @throws OpenError with a message for the operator */
  static open(directory: string, objects: ObjectTypes, opening: Opening = {}): Store {
    const live = new LiveObjects(objects.redo);
    const spaces = {
      transientSpaces: TRANSIENT_SPACES,
      unrepeatedSpaces: UNREPEATED_SPACES,
      packedSpaces: { spaces: PACKED_SPACES, packs: isPacked },
    };
    const options = { verify: assertFormat, ...spaces, derived: live, ...opening };
    return new Store(DurableStore.open(directory, options), objects, live, {
      foldsAtClose: false,
      directory,
    });
  }

  /**
   * Opens a partition in PostgreSQL, for the process that owns it; reads may throw NotLoaded.
   * @throws OpenError with a message for the operator
   */
  static async openPostgres(opening: PostgresOpening, objects: ObjectTypes): Promise<Store> {
    const live = new LiveObjects(objects.redo);
    const ordered = await PostgresStore.open({
      ...opening,
      verify: assertFormat,
      derived: live,
      transientSpaces: TRANSIENT_SPACES,
    });
    const abandon = () => ordered.abandon();
    const post = (hints: PostHints) => ordered.post(hints);
    return untilLoaded(() => new Store(ordered, objects, live, { foldsAtClose: false, abandon, post }));
  }

  /** A store over an ordered store that is open. @throws OpenError when its format is newer than ours */
  static over(ordered: OrderedStore, objects: ObjectTypes): Store {
    assertFormat(ordered);
    return new Store(ordered, objects, new LiveObjects(objects.redo), { foldsAtClose: true });
  }

  /** As `over`, without live objects: the slow twin that tests hold the others against. */
  static plainOver(ordered: OrderedStore, objects: ObjectTypes): Store {
    assertFormat(ordered);
    return new Store(ordered, objects, undefined, { foldsAtClose: false });
  }

  /** Why no commit is taken any more, if that is so. */
  get failure(): Error | undefined {
    return this.#ordered.failure;
  }

  /** The format of what the store holds; below STORE_FORMAT, it has to be carried over before it serves. */
  get format(): number {
    return formatOf(this.#ordered) ?? STORE_FORMAT;
  }

  /** How long the last sync took, in milliseconds. */
  get lastSyncMs(): number {
    return this.#ordered.lastSyncMs;
  }

  /** True while whoever can wait with writes should, as the disk does not keep up. */
  get isCongested(): boolean {
    return this.#ordered.isCongested;
  }

  /** Calls the listener, the last one given, when the store is not congested any more, or has failed. */
  onRelieved(listener: () => void): void {
    this.#ordered.onRelieved(listener);
  }

  /** Calls the listener, the last one given, when the store can neither be written nor read any more. */
  onLost(listener: (error: Error) => void): void {
    this.#ordered.onLost(listener);
  }

  /** True when reads may throw `NotLoaded`. */
  get mayMiss(): boolean {
    return this.#ordered.mayMiss === true;
  }

  /** Whoever is about to read indexes often says so: the first of these reads does not wait then. */
  prepareIndexes(): Promise<void> {
    return this.#live?.prepareIndexes() ?? Promise.resolve();
  }

  /** @param changes the list of changes that the transaction adds to; of its own, when it is not given */
  begin(changes?: Change[]): Transaction {
    return new Transaction(this.#ordered, this.#objects, this.#live, this.decoded, changes);
  }

  /** Does work in a transaction of its own, which is taken back when the work throws. */
  attempt<T>(work: (transaction: Transaction) => T): T {
    const transaction = this.begin();
    try {
      return work(transaction);
    } catch (error) {
      transaction.abort();
      throw error;
    }
  }

  /**
   * Returns when the writes are as safe as the flush policy says, or, if `isEarly`, when they are visible: they must then
   * not be reported before `settledPosition` has come to them.
   * @param atMs when that is, ms since the epoch, for who goes back to a time later
   * @throws CommitError
   */
  commit(transaction: Transaction, atMs?: number, isEarly = false): void {
    if (transaction.isEmpty) return;
    const undo = isEarly ? () => transaction.abort() : undefined;
    try {
      this.#ordered.commit(transaction.writes(), transaction.redo(), atMs, undo);
    } catch (error) {
      transaction.abort();
      throw error;
    }
  }

  /** The position of the last commit, and of the last one that is as safe as the flush policy says. */
  get position(): number {
    return this.#ordered.position;
  }

  get settledPosition(): number {
    return this.#ordered.settledPosition;
  }

  /**
   * Calls the listener, the last one given, when `settledPosition` has risen, or with the reason when the commits behind
   * it have been taken back.
   */
  onSettled(listener: (failure: CommitError | undefined) => void): void {
    this.#ordered.onSettled(listener);
  }

  /** Waits until every commit is settled or taken back. Not while a transaction is open. */
  settle(): void {
    this.#ordered.settle();
  }

  /** Resolves when every commit so far is settled or taken back; rejects when that will not be. */
  async drained(): Promise<void> {
    await this.#ordered.drained();
  }

  /** Loads what reads of some keys would miss, all at once; undefined when they would miss nothing, or never do. */
  prefetch(keys: readonly Bytes[], hold: Hold): Promise<void> | undefined {
    return this.#ordered.prefetch?.(keys, hold);
  }

  /** What carries letters to other partitions and from them; undefined where there can be none. */
  post(hints: PostHints): Post | undefined {
    return this.#post?.(hints);
  }

  /** Gives up at once what others own by now: nothing is settled any more. A store that is nobody else's does nothing. */
  abandon(): void {
    this.#abandon();
  }

  setFlushPolicy(policy: FlushPolicy): void {
    this.#ordered.setFlushPolicy(policy);
  }

  /** Brings everything committed to disk. @throws CommitError */
  flush(): void {
    this.#ordered.flush();
  }

  /** Gets by with a share of the memory it may have otherwise, 1 being all of it. */
  limitMemory(share: number): void {
    this.#ordered.limitMemory(share);
    this.decoded.limit(undefined, share);
  }

  /** Begins to bring all of it to the data file. */
  checkpoint(): void {
    this.#ordered.checkpoint();
  }

  /** Bytes it holds in the data file, and those on the way there. */
  heldBytes(): number {
    const { usedBytes, pendingBytes } = this.#ordered.status();
    return usedBytes + pendingBytes;
  }

  /** Tries whether commits can be taken again, see OrderedStore. @throws CommitError when they cannot */
  reopen(): void {
    this.#ordered.reopen();
  }

  /** Reads all that has reached the disk and returns what is damaged, a sentence each. */
  verifyDisk(): string[] {
    return this.#ordered.verifyDisk();
  }

  status(): StoreStatus {
    return this.#ordered.status();
  }

  /** @throws CommitError when something committed may not be on disk; all is closed nevertheless */
  async close(): Promise<void> {
    if (this.#foldsAtClose && this.#live !== undefined) {
      this.#live.freeze();
      const writes: Write[] = [];
      for (const write of this.#live.fold()) {
        if (write instanceof Promise) await write;
        else if (write !== undefined) writes.push(write);
      }
      writes.push(...this.#live.lastWrites());
      if (writes.length > 0 && this.failure === undefined) this.#ordered.commit(writes);
      this.#live.thawed();
    }
    await this.#ordered.close();
  }
}
