/**
 * When keys were used last, and how often of late, for OBJECT IDLETIME and FREQ. A use changes nothing in the store, so
 * this is memory alone, and bounded: two generations of keys, of which the older one is dropped when the younger one is
 * full. Of a key that is in neither all that is known is that it was not used since the older one began.
 */
import type { Bytes } from "../base/bytes.ts";
import type { Config } from "../config/config.ts";

const GENERATION_KEYS_MAX = 50_000;
/** What Redis gives a new key, so that it is not the first to be evicted. */
const FREQUENCY_INITIAL = 5;
const FREQUENCY_MAX = 255;
const MINUTE_SECONDS = 60;

/** How a key was used. */
export interface KeyUse {
  atSeconds: number;
  /** On the logarithmic scale of Redis; as of `decayedAtSeconds`. */
  frequency: number;
  decayedAtSeconds: number;
}

/** What RESTORE says of the use of a key. */
export interface GivenUse {
  readonly idleSeconds?: number;
  readonly frequency?: number;
}

type Generation = Map<number, Map<Bytes, KeyUse>>;

export class KeyUses {
  readonly #config: Config;
  readonly #random: () => number;
  #young: Generation = new Map();
  #old: Generation = new Map();
  #youngSize = 0;
  #youngFromMs: number;
  #oldFromMs: number;

  constructor(config: Config, nowMs: number, random: () => number) {
    this.#config = config;
    this.#random = random;
    this.#youngFromMs = nowMs;
    this.#oldFromMs = nowMs;
  }

  /** A key was read or written. */
  note(database: number, key: Bytes, nowMs: number): void {
    const young = this.#young.get(database)?.get(key);
    const use = young ?? this.#old.get(database)?.get(key);
    const atSeconds = Math.floor(nowMs / 1000);
    if (use !== undefined) {
      use.atSeconds = atSeconds;
      if (this.#countsFrequency) this.#count(use, atSeconds);
    }
    // What is used while the older generation has it lives on in the younger one.
    if (young === undefined) this.#add(database, key, use ?? newUse(atSeconds), nowMs);
  }

  /** RESTORE has made a key, with a past of its own. */
  give(
    database: number,
    key: Bytes,
    { idleSeconds = 0, frequency = FREQUENCY_INITIAL }: GivenUse,
    nowMs: number,
  ): void {
    const use = newUse(Math.floor(nowMs / 1000));
    if (this.#countsFrequency) use.frequency = frequency;
    else use.atSeconds -= idleSeconds;
    this.#add(database, key, use, nowMs);
  }

  /** The key is no more, or is called otherwise. */
  forget(database: number, key: Bytes): void {
    if (this.#young.get(database)?.delete(key) === true) this.#youngSize -= 1;
    this.#old.get(database)?.delete(key);
  }

  /** A database is empty now. */
  forgetAll(database: number): void {
    this.#youngSize -= this.#young.get(database)?.size ?? 0;
    this.#young.delete(database);
    this.#old.delete(database);
  }

  /** Two databases have changed places. */
  swap([first, second]: readonly [number, number]): void {
    for (const generation of [this.#young, this.#old]) {
      const [ofFirst, ofSecond] = [generation.get(first), generation.get(second)];
      generation.set(first, ofSecond ?? new Map());
      generation.set(second, ofFirst ?? new Map());
    }
  }

  /** For how many seconds a key was not used; at least so long, where it is not known. */
  idleSeconds(database: number, key: Bytes, nowMs: number): number {
    const use = this.#find(database, key);
    const atSeconds = use?.atSeconds ?? Math.floor(this.#oldFromMs / 1000);
    return Math.max(0, Math.floor(nowMs / 1000) - atSeconds);
  }

  /** How often a key was used, on the logarithmic scale of Redis. */
  frequency(database: number, key: Bytes, nowMs: number): number {
    const use = this.#find(database, key);
    return use === undefined ? 0 : this.#decayed(use, Math.floor(nowMs / 1000));
  }

  get #countsFrequency(): boolean {
    return this.#config.values["maxmemory-policy"].endsWith("-lfu");
  }

  #find(database: number, key: Bytes): KeyUse | undefined {
    return this.#young.get(database)?.get(key) ?? this.#old.get(database)?.get(key);
  }

  #add(database: number, key: Bytes, use: KeyUse, nowMs: number): void {
    if (this.#youngSize >= GENERATION_KEYS_MAX) {
      this.#old = this.#young;
      this.#oldFromMs = this.#youngFromMs;
      this.#young = new Map();
      this.#youngSize = 0;
      this.#youngFromMs = nowMs;
    }
    let keys = this.#young.get(database);
    if (keys === undefined) {
      keys = new Map();
      this.#young.set(database, keys);
    }
    const sizeBefore = keys.size;
    keys.set(key, use);
    this.#youngSize += keys.size - sizeBefore;
  }

  /** The higher the count, the less likely one more use adds to it. */
  #count(use: KeyUse, nowSeconds: number): void {
    use.frequency = this.#decayed(use, nowSeconds);
    use.decayedAtSeconds = nowSeconds;
    if (use.frequency >= FREQUENCY_MAX) return;
    const above = Math.max(0, use.frequency - FREQUENCY_INITIAL);
    if (this.#random() < 1 / (above * this.#config.values["lfu-log-factor"] + 1)) use.frequency += 1;
  }

  #decayed({ frequency, decayedAtSeconds }: KeyUse, nowSeconds: number): number {
    const minutes = Math.floor((nowSeconds - decayedAtSeconds) / MINUTE_SECONDS);
    const decayMinutes = this.#config.values["lfu-decay-time"];
    return decayMinutes === 0 ? frequency : Math.max(0, frequency - Math.floor(minutes / decayMinutes));
  }
}

function newUse(atSeconds: number): KeyUse {
  return { atSeconds, frequency: FREQUENCY_INITIAL, decayedAtSeconds: atSeconds };
}
