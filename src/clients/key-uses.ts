/**
 * When keys were used last, and how often recently, for OBJECT IDLETIME and FREQ. A use changes nothing in the store, so
 * this is memory alone, and bounded: a table of places, in which a key is known by a hash of its name, and takes the
 * place of the one that was used longest ago among four. Of a key that has no place all that is known is that it was
 * not used since the last one went that had to make room.
 *
 * Every request passes here, so that a use costs a hash of the name and one line of the processor's cache; a map by
 * name costs ten times as much where keys are many. Two keys with the same 46 bits of hash are one to it.
 */
import { type Bytes, chars } from "../base/bytes.ts";
import type { Config } from "../config/config.ts";

/** Each set of places is one line of a cache: four places of four numbers. */
const SETS = 1 << 15;
const PLACES = 4;
const PLACE_NUMBERS = 4;
const SET_NUMBERS = PLACES * PLACE_NUMBERS;
/** What is in a place: a part of the hash, 0 when it is free; seconds since the start; frequency; when it decayed. */
const TAG = 0;
const AT = 1;
const FREQUENCY = 2;
const DECAYED_AT = 3;

/** What Redis gives a new key, so that it is not the first to be evicted. */
const FREQUENCY_INITIAL = 5;
const FREQUENCY_MAX = 255;
const MINUTE_SECONDS = 60;
const SECONDS_MIN = -(2 ** 31);

/** What RESTORE says of the use of a key. */
export interface GivenUse {
  readonly idleSeconds?: number;
  readonly frequency?: number;
}

export class KeyUses {
  readonly #config: Config;
  readonly #random: () => number;
  readonly #startSeconds: number;
  readonly #places = new Int32Array(SETS * SET_NUMBERS);
  /** What the keys of each database are hashed with; another number makes all of them unknown. */
  readonly #seeds: number[] = [];
  #latestSeed = 0;
  /** The tag of the key that was looked for last and has no place. */
  #latestTag = 0;
  /** The latest use of a key that has lost its place; seconds since the start. */
  #forgottenAt = 0;

  constructor(config: Config, nowMs: number, random: () => number) {
    this.#config = config;
    this.#random = random;
    this.#startSeconds = Math.floor(nowMs / 1000);
  }

  /** A key was read or written. */
  note(database: number, key: Bytes, nowMs: number): void {
    const places = this.#places;
    const now = this.#secondsAt(nowMs);
    let place = this.#find(database, key);
    if (place < 0) place = this.#make(~place, now);
    else if (this.#countsFrequency) this.#count(place, now);
    places[place + AT] = now;
  }

  /** RESTORE has made a key, with a past of its own. */
  give(
    database: number,
    key: Bytes,
    { idleSeconds = 0, frequency = FREQUENCY_INITIAL }: GivenUse,
    nowMs: number,
  ): void {
    const now = this.#secondsAt(nowMs);
    let place = this.#find(database, key);
    if (place < 0) place = this.#make(~place, now);
    const isCounted = this.#countsFrequency;
    this.#places[place + AT] = isCounted ? now : Math.max(SECONDS_MIN, now - idleSeconds);
    this.#places[place + FREQUENCY] = isCounted ? frequency : FREQUENCY_INITIAL;
    this.#places[place + DECAYED_AT] = now;
  }

  /** The key is gone, or is called otherwise. */
  forget(database: number, key: Bytes): void {
    const place = this.#find(database, key);
    if (place >= 0) this.#places[place + TAG] = 0;
  }

  /** A database is empty now. */
  forgetAll(database: number): void {
    this.#seeds[database] = this.#newSeed();
  }

  /** Two databases have changed places. */
  swap([first, second]: readonly [number, number]): void {
    const [ofFirst, ofSecond] = [this.#seedOf(first), this.#seedOf(second)];
    this.#seeds[first] = ofSecond;
    this.#seeds[second] = ofFirst;
  }

  /** For how many seconds a key was not used; at least so long, where it is not known. */
  idleSeconds(database: number, key: Bytes, nowMs: number): number {
    const place = this.#find(database, key);
    const at = place < 0 ? this.#forgottenAt : (this.#places[place + AT] ?? 0);
    return Math.max(0, this.#secondsAt(nowMs) - at);
  }

  /** How often a key was used, on the logarithmic scale of Redis. */
  frequency(database: number, key: Bytes, nowMs: number): number {
    const place = this.#find(database, key);
    return place < 0 ? 0 : this.#decayed(place, this.#secondsAt(nowMs));
  }

  get #countsFrequency(): boolean {
    return this.#config.values["maxmemory-policy"].endsWith("-lfu");
  }

  #secondsAt(nowMs: number): number {
    return Math.floor(nowMs / 1000) - this.#startSeconds;
  }

  #seedOf(database: number): number {
    let seed = this.#seeds[database];
    if (seed === undefined) {
      seed = this.#newSeed();
      this.#seeds[database] = seed;
    }
    return seed;
  }

  #newSeed(): number {
    this.#latestSeed += 1;
    return this.#latestSeed;
  }

  /** The place of a key; of one that has none, the complement of the place it may take, with its tag there. */
  #find(database: number, key: Bytes): number {
    const places = this.#places;
    const text = chars(key);
    let set = this.#seedOf(database);
    let tag = text.length;
    for (let index = 0; index < text.length; index += 1) {
      const byte = text.charCodeAt(index);
      set = Math.imul(set ^ byte, 0x0100_0193);
      tag = Math.imul(tag + byte, 0x9e37_79b1) ^ (set >>> 15);
    }
    tag |= 1;
    const first = ((set ^ (set >>> 16)) & (SETS - 1)) * SET_NUMBERS;
    for (let place = first; place < first + SET_NUMBERS; place += PLACE_NUMBERS)
      if (places[place] === tag) return place;
    this.#latestTag = tag;
    return ~this.#oldest(first);
  }

  /** The place in a set that is given up first: a free one, or the one that was used longest ago. */
  #oldest(first: number): number {
    const places = this.#places;
    let oldest = first;
    for (let place = first; place < first + SET_NUMBERS; place += PLACE_NUMBERS) {
      if (places[place + TAG] === 0) return place;
      if ((places[place + AT] ?? 0) < (places[oldest + AT] ?? 0)) oldest = place;
    }
    return oldest;
  }

  /** Gives the key that was looked for last a place. */
  #make(place: number, now: number): number {
    const places = this.#places;
    if (places[place + TAG] !== 0) this.#forgottenAt = Math.max(this.#forgottenAt, places[place + AT] ?? 0);
    places[place + TAG] = this.#latestTag;
    places[place + AT] = now;
    places[place + FREQUENCY] = FREQUENCY_INITIAL;
    places[place + DECAYED_AT] = now;
    return place;
  }

  /** The higher the count, the less likely one more use adds to it. */
  #count(place: number, now: number): void {
    const frequency = this.#decayed(place, now);
    this.#places[place + FREQUENCY] = frequency;
    this.#places[place + DECAYED_AT] = now;
    if (frequency >= FREQUENCY_MAX) return;
    const above = Math.max(0, frequency - FREQUENCY_INITIAL);
    if (this.#random() < 1 / (above * this.#config.values["lfu-log-factor"] + 1))
      this.#places[place + FREQUENCY] = frequency + 1;
  }

  #decayed(place: number, now: number): number {
    const frequency = this.#places[place + FREQUENCY] ?? 0;
    const minutes = Math.floor((now - (this.#places[place + DECAYED_AT] ?? 0)) / MINUTE_SECONDS);
    const decayMinutes = this.#config.values["lfu-decay-time"];
    return decayMinutes === 0 ? frequency : Math.max(0, frequency - Math.floor(minutes / decayMinutes));
  }
}
