/** The store: opened on a directory, read and written through transactions, one at a time. */

import { DurableStore } from "../storage/durable-store.ts";
import {
  type FlushPolicy,
  OpenError,
  type OrderedReader,
  type OrderedStore,
  type StoreStatus,
} from "../storage/ordered-store.ts";
import { metaKey, TRANSIENT_SPACES } from "./layouts.ts";
import { decodeNumber, encodeNumber } from "./records.ts";
import { Transaction } from "./transaction.ts";

/** The format of keys and records. A change of either raises it and brings a step of server/migrations.ts. */
export const STORE_FORMAT = 2;

export class Store {
  readonly #ordered: OrderedStore;

  private constructor(ordered: OrderedStore) {
    this.#ordered = ordered;
  }

  /** Opens the store in a directory, made if missing. @throws OpenError with a message for the operator */
  static open(directory: string): Store {
    const options = { verify: assertFormat, transientSpaces: TRANSIENT_SPACES };
    return Store.over(DurableStore.open(directory, options));
  }

  /** A store over an ordered store that is open. @throws OpenError when its format is newer than ours */
  static over(ordered: OrderedStore): Store {
    assertFormat(ordered);
    if (ordered.get(metaKey("format")) === undefined) {
      ordered.commit([[metaKey("format"), encodeNumber(STORE_FORMAT)]]);
    }
    return new Store(ordered);
  }

  /** Why no commit is taken any more, if that is so. */
  get failure(): Error | undefined {
    return this.#ordered.failure;
  }

  /** The format of what the store holds; below STORE_FORMAT, it has to be carried over before it serves. */
  get format(): number {
    return formatOf(this.#ordered) ?? STORE_FORMAT;
  }

  /** True while whoever can wait with writes should, as the disk does not keep up. */
  get isCongested(): boolean {
    return this.#ordered.isCongested;
  }

  /** Calls the listener, the last one given, when the store is not congested any more, or has failed. */
  onRelieved(listener: () => void): void {
    this.#ordered.onRelieved(listener);
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

  /** Tries whether commits can be taken again, see OrderedStore. @throws CommitError when they cannot */
  reopen(): void {
    this.#ordered.reopen();
  }

  status(): StoreStatus {
    return this.#ordered.status();
  }

  /** @throws CommitError when something committed may not be on disk; all is closed nevertheless */
  async close(): Promise<void> {
    await this.#ordered.close();
  }
}

function formatOf(reader: OrderedReader): number | undefined {
  const format = reader.get(metaKey("format"));
  return format === undefined ? undefined : decodeNumber(format);
}

function assertFormat(reader: OrderedReader): void {
  const format = formatOf(reader);
  if (format === undefined || format <= STORE_FORMAT) return;
  throw new OpenError(
    `the store has format ${format}, this version reads up to ${STORE_FORMAT}: use a newer Detent`,
  );
}
