/** Reads what rdb-writer.ts describes, and compressed strings. The bytes come from a client: nothing is believed. */

/** Bytes that are not what they ought to be. */
export class RdbFault extends Error {
  override readonly name = "RdbFault";
}

/** LZF makes at most 264 bytes out of 3: what claims to be longer is not. */
const EXPANSION_MAX = 88;

export class RdbReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    return this.#take(1)[0] ?? 0;
  }

  /** So many bytes as they are. */
  bytes(count: number): Buffer {
    return this.#take(count);
  }

  /** @throws RdbFault where another encoding than that of a length stands */
  length(): bigint {
    const first = this.byte();
    return this.#length(first);
  }

  string(): Buffer {
    const first = this.byte();
    switch (first) {
      case 0xc0:
        return integerText(this.#take(1).readInt8());
      case 0xc1:
        return integerText(this.#take(2).readInt16LE());
      case 0xc2:
        return integerText(this.#take(4).readInt32LE());
      case 0xc3:
        return this.#compressed();
      default:
        return this.#take(Number(this.#length(first)));
    }
  }

  #length(first: number): bigint {
    if (first < 0x40) return BigInt(first);
    if (first < 0x80) return BigInt(((first & 0x3f) << 8) | this.byte());
    if (first === 0x80) return BigInt(this.#take(4).readUInt32BE());
    if (first === 0x81) return this.#take(8).readBigUInt64BE();
    throw new RdbFault("no length");
  }

  #compressed(): Buffer {
    const packedLength = Number(this.length());
    const length = Number(this.length());
    const packed = this.#take(packedLength);
    if (length > packedLength * EXPANSION_MAX)
      throw new RdbFault("a compressed string that cannot be so long");
    return unpack(packed, length);
  }

  #take(count: number): Buffer {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw new RdbFault("the bytes end too early");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

function integerText(value: number): Buffer {
  return Buffer.from(String(value), "latin1");
}

/**
 * LZF: a control byte below 32 is followed by that many bytes and one more, as they are; another one gives in its
 * high three bits a length (7: the next byte adds to it) and in the rest, with the next byte, how far to go back.
 */
function unpack(packed: Buffer, length: number): Buffer {
  const out = Buffer.alloc(length);
  let at = 0;
  let outAt = 0;
  const next = (): number => {
    const byte = packed[at];
    if (byte === undefined) throw new RdbFault("a compressed string ends too early");
    at += 1;
    return byte;
  };
  while (at < packed.length) {
    const control = next();
    if (control < 32) {
      const count = control + 1;
      if (at + count > packed.length || outAt + count > length) throw new RdbFault("a literal too long");
      packed.copy(out, outAt, at, at + count);
      at += count;
      outAt += count;
      continue;
    }
    const count = (control >> 5 === 7 ? 7 + next() : control >> 5) + 2;
    const from = outAt - (((control & 31) << 8) | next()) - 1;
    if (from < 0 || outAt + count > length) throw new RdbFault("a repetition of what is not there");
    // Byte by byte: the repetition may reach into what it writes.
    for (let i = 0; i < count; i += 1) out[outAt + i] = out[from + i] ?? 0;
    outAt += count;
  }
  if (outAt !== length) throw new RdbFault("a compressed string of another length");
  return out;
}
