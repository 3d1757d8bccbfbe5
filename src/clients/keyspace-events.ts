/**
 * Keyspace notifications: each event of the change list whose class `notify-keyspace-events` names is published, as
 * `__keyspace@<db>__:<key>` with the event (K) and as `__keyevent@<db>__:<event>` with the key (E).
 *
 * A key that was looked for and is not there is no change, and so not in the change list: `note` has it, and it is
 * told between the changes before and behind it.
 */
import { type Bytes, bufferOf, bytesOfText, chars, raw } from "../base/bytes.ts";
import type { Config } from "../config/config.ts";
import { type Change, EVENT_CLASSES } from "../keyspace/changes.ts";
import type { Subscriptions } from "./subscriptions.ts";

export interface Miss {
  readonly database: number;
  readonly key: Bytes;
  /** Number of changes of the transaction before it. */
  readonly at: number;
}

export class KeyspaceEvents {
  readonly #config: Config;
  readonly #subscriptions: Subscriptions;
  #misses: Miss[] = [];

  constructor(config: Config, subscriptions: Subscriptions) {
    this.#config = config;
    this.#subscriptions = subscriptions;
  }

  /** Whether anybody hears of keys that were read and are not there. */
  get tellsMisses(): boolean {
    return this.#isHeard && this.#classes.has("m");
  }

  /** Whether some were noted and are to be sent. */
  get hasMisses(): boolean {
    return this.#misses.length > 0;
  }

  /** Notes keys that were read and are not there. */
  note(misses: readonly Miss[]): void {
    for (const miss of misses) this.#misses.push(miss);
  }

  /** Publishes the events of the changes from an index on, and what was missed since the last call, in order. */
  tell(changes: readonly Change[], from: number): void {
    if (this.#misses.length > 0 || (changes.length > from && this.#isHeard)) this.#tellAll(changes, from);
  }

  #tellAll(changes: readonly Change[], from: number): void {
    const misses = this.#misses;
    let missIndex = 0;
    const tellMisses = (at: number): void => {
      for (let miss = misses[missIndex]; miss !== undefined && miss.at <= at; miss = misses[missIndex]) {
        this.#publish(miss.database, miss.key, "keymiss");
        missIndex += 1;
      }
    };
    if (misses.length > 0) this.#misses = [];
    if (this.#isHeard) {
      for (let index = from; index < changes.length; index += 1) {
        tellMisses(index);
        this.#tellChange(changes[index]);
      }
    }
    tellMisses(Number.POSITIVE_INFINITY);
  }

  #tellChange(change: Change | undefined): void {
    if (change?.kind !== "key") return;
    const eventClass = EVENT_CLASSES[change.event];
    if (!this.#classes.has(eventClass)) return;
    // The module tells of nothing that is done to machines alone.
    if (eventClass === "d" && this.#config.values["sm-compat"] === "module") return;
    this.#publish(change.database, change.key, change.event);
  }

  get #classes(): ReadonlySet<string> {
    return this.#config.values["notify-keyspace-events"];
  }

  get #isHeard(): boolean {
    return this.#subscriptions.hasSubscribers && this.#classes.size > 0;
  }

  #publish(database: number, key: Bytes, event: string): void {
    if (this.#classes.has("K")) {
      this.#subscriptions.tell(raw(`__keyspace@${database}__:${chars(key)}`), event);
    }
    if (this.#classes.has("E")) {
      this.#subscriptions.tell(bytesOfText(`__keyevent@${database}__:${event}`), bufferOf(key));
    }
  }
}
