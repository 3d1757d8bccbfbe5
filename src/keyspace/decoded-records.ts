/**
 * Records of machines as they were decoded, by the bytes they were decoded from: the store hands out the same buffer while
 * it has it at hand. To decode one takes 5 us, to find it here a hash; in memory it is several times its bytes, so
 * there is a bound. Two generations, as in `storage/read-cache.ts`: what is asked for again before both have filled stays.
 */
import { decodeRecord, isDearToDecode, type KeyRecord } from "./records.ts";

/** What a decoded machine takes beside what its payload says: some twenty objects. */
const RECORD_BYTES = 1000;
/** Strings and objects of JSON take so many times the bytes of its text. */
const PAYLOAD_FACTOR = 4;

const DECODED_BYTES_MAX = 64 * 2 ** 20;

export class DecodedRecords {
  #bytesMax: number;
  #share = 1;
  #young = new Map<Buffer, KeyRecord>();
  #old = new Map<Buffer, KeyRecord>();
  #youngBytes = 0;
  #oldBytes = 0;
  #hits = 0;
  #misses = 0;

  constructor(bytesMax = DECODED_BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes of memory, about. */
  get bytes(): number {
    return this.#youngBytes + this.#oldBytes;
  }

  /** How often a record was found, and how often it had to be decoded. */
  get hits(): number {
    return this.#hits;
  }

  get misses(): number {
    return this.#misses;
  }

  /**
   * From now on it takes up to so many bytes; with 0 it keeps nothing.
   * @param share of that, while memory is short
   */
  limit(bytesMax = this.#bytesMax, share = this.#share): void {
    this.#bytesMax = bytesMax;
    this.#share = share;
    if (this.bytes <= bytesMax * share) return;
    this.#turn();
    this.#turn();
  }

  /** The record that stored bytes hold. @throws Error when they are none */
  of(stored: Buffer): KeyRecord {
    if (!isDearToDecode(stored)) return decodeRecord(stored);
    let record = this.#young.get(stored);
    if (record !== undefined) {
      this.#hits += 1;
      return record;
    }
    record = this.#old.get(stored);
    if (record === undefined) {
      this.#misses += 1;
      record = decodeRecord(stored);
    } else this.#hits += 1;
    this.#keep(stored, record);
    return record;
  }

  /** A record that another has followed: nobody asks for it again. */
  forget({ stored }: KeyRecord): void {
    if (stored === undefined) return;
    const bytes = bytesOf(stored);
    if (this.#young.delete(stored)) this.#youngBytes -= bytes;
    if (this.#old.delete(stored)) this.#oldBytes -= bytes;
  }

  #keep(stored: Buffer, record: KeyRecord): void {
    const bytes = bytesOf(stored);
    const generationBytesMax = (this.#bytesMax * this.#share) / 2;
    if (bytes > generationBytesMax) return;
    if (this.#youngBytes + bytes > generationBytesMax) this.#turn();
    record.stored = stored;
    this.#young.set(stored, record);
    this.#youngBytes += bytes;
  }

  #turn(): void {
    this.#old = this.#young;
    this.#oldBytes = this.#youngBytes;
    this.#young = new Map();
    this.#youngBytes = 0;
  }
}

function bytesOf(stored: Buffer): number {
  return RECORD_BYTES + stored.length * PAYLOAD_FACTOR;
}
