/**
 * Strings as they are written in a reply, for those that several replies are made of, such as a node of a large list that is
 * read again and again: a reply then copies a block instead of string by string. Within a bound of memory, in two
 * generations: strings that are used again before both have filled stay.
 */
import type { KeptStrings } from "../base/byte-ranges.ts";

interface Encoded {
  readonly bytes: Buffer;
  /** Where the encoding of each string begins, and where that of the last ends. */
  readonly starts: readonly number[];
}

/** Strings that take more are written one by one: then the copies count, not the strings. */
const STRINGS_BYTES_MAX = 8192;
/** Of one of the two generations. */
const GENERATION_BYTES_MAX = 2 * 2 ** 20;
/** What an entry takes beside its bytes. */
const ENTRY_BYTES = 200;
/** A place of each string here, three in what is encoded. */
const PLACES_BYTES = 32;
/** The type, the digits of a length up to STRINGS_BYTES_MAX, and two ends of lines. */
const FRAME_BYTES_MAX = 9;

export class EncodedStrings {
  readonly #generationBytesMax: number;
  #young = new Map<KeptStrings, Encoded>();
  #old = new Map<KeptStrings, Encoded>();
  #youngBytes = 0;

  constructor(generationBytesMax = GENERATION_BYTES_MAX) {
    this.#generationBytesMax = generationBytesMax;
  }

  /** How many blocks are held. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** The strings as bulk strings in a row; undefined when they are too long for that. */
  of(strings: KeptStrings): Encoded | undefined {
    if (strings.byteLength(0, strings.count) > STRINGS_BYTES_MAX) return undefined;
    const young = this.#young.get(strings);
    if (young !== undefined) return young;
    const encoded = this.#old.get(strings) ?? encode(strings);
    const bytes = strings.bytes.length + encoded.bytes.length + strings.count * PLACES_BYTES + ENTRY_BYTES;
    if (this.#youngBytes + bytes > this.#generationBytesMax) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(strings, encoded);
    this.#youngBytes += bytes;
    return encoded;
  }
}

function encode(strings: KeptStrings): Encoded {
  const { places, count } = strings;
  const target = Buffer.allocUnsafeSlow(strings.byteLength(0, count) + count * FRAME_BYTES_MAX);
  const starts = [0];
  let end = 0;
  for (let at = 0; at < places.length; at += 2) {
    const [from, to] = [places[at] ?? 0, places[at + 1] ?? 0];
    end += target.write(`$${to - from}\r\n`, end, "latin1");
    target.set(strings.bytes.subarray(from, to), end);
    end += to - from;
    end += target.write("\r\n", end, "latin1");
    starts.push(end);
  }
  return { bytes: target.subarray(0, end), starts };
}
