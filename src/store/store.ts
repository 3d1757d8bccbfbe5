/** The store: opened on a directory, read and written through transactions, one at a time. */
import { metaKey } from "./layouts.ts";
import { LmdbStore } from "./lmdb-store.ts";
import { type FlushPolicy, OpenError, type OrderedStore } from "./ordered-store.ts";
import { decodeNumber, encodeNumber } from "./records.ts";
import { Transaction } from "./transaction.ts";

/** The format of keys and records. A change of either raises it and brings a migration. */
const STORE_FORMAT = 1;

export class Store {
  readonly #ordered: OrderedStore;

  private constructor(ordered: OrderedStore) {
    this.#ordered = ordered;
  }

  /** Opens the store in a directory, made if missing. @throws OpenError with a message for the operator */
  static open(directory: string): Store {
    const ordered = LmdbStore.open(directory);
    try {
      return Store.over(ordered);
    } catch (error) {
      void ordered.close();
      throw error;
    }
  }

  /** A store over an ordered store that is open. @throws OpenError when its format is newer than ours */
  static over(ordered: OrderedStore): Store {
    const format = ordered.get(metaKey("format"));
    if (format === undefined) ordered.commit([[metaKey("format"), encodeNumber(STORE_FORMAT)]]);
    else if (decodeNumber(format) > STORE_FORMAT) {
      const found = decodeNumber(format);
      throw new OpenError(
        `the store has format ${found}, this version reads up to ${STORE_FORMAT}: use a newer Detent`,
      );
    }
    return new Store(ordered);
  }

  /** Why no commit is taken any more, if that is so. */
  get failure(): Error | undefined {
    return this.#ordered.failure;
  }

  begin(): Transaction {
    return new Transaction(this.#ordered);
  }

  /** Returns when the writes are as safe as the flush policy says. @throws CommitError */
  commit(transaction: Transaction): void {
    if (!transaction.isEmpty) this.#ordered.commit(transaction.writes());
  }

  setFlushPolicy(policy: FlushPolicy): void {
    this.#ordered.setFlushPolicy(policy);
  }

  /** Brings everything committed to disk. @throws CommitError */
  flush(): void {
    this.#ordered.flush();
  }

  async close(): Promise<void> {
    await this.#ordered.close();
  }
}
