/**
 * HyperLogLog as Redis keeps it in a string, byte for byte: a header of 16 bytes, and 16384 registers of 6 bits, either
 * all of them (dense) or as runs (sparse), which are a byte or two each:
 *
 * | bits                | a run of                                             |
 * | ------------------- | ---------------------------------------------------- |
 * | 00nnnnnn            | n + 1 registers that are zero                        |
 * | 01nnnnnn nnnnnnnn   | n + 1 registers that are zero, up to 16384            |
 * | 1vvvvvnn            | n + 1 registers of the value v + 1, up to 4 of them   |
 */
import { estimate } from "./estimate.ts";
import { hash64 } from "./hash.ts";

export const REGISTER_COUNT = 16384;
const INDEX_BITS = 14n;
const HEADER_BYTES = 16;
const MAGIC = "HYLL";
const ENCODING = 4;
const DENSE = 0;
const SPARSE = 1;
const CARDINALITY = 8;
/** The bit of the header that says that the number it keeps is out of date. */
const STALE_BYTE = 15;
const STALE = 0x80;
const DENSE_BYTES = HEADER_BYTES + (REGISTER_COUNT * 6) / 8;
const SPARSE_VALUE_MAX = 32;
const ZERO_RUN_MAX = 64;
const VALUE_RUN_MAX = 4;
/** How many runs are looked at for neighbours that can be one. */
const MERGED_RUNS_MAX = 5;

/** A run of equal registers in the sparse form. */
interface Run {
  readonly length: number;
  readonly value: number;
  readonly byteCount: number;
}

/** The runs of a sparse one do not add up. */
export class CorruptedHyperLogLog extends Error {}

/** Whether a string is one, as far as its header and its length tell. */
export function isHyperLogLog(value: Buffer): boolean {
  if (value.length < HEADER_BYTES || value.toString("latin1", 0, 4) !== MAGIC) return false;
  const encoding = value[ENCODING] ?? 0;
  return encoding === SPARSE || (encoding === DENSE && value.length === DENSE_BYTES);
}

export class HyperLogLog {
  #bytes: Buffer;
  #length: number;
  readonly #sparseBytesMax: number;

  /** A copy of a string that is one; undefined: a new one. */
  constructor(value: Buffer | undefined, { sparseBytesMax }: { readonly sparseBytesMax: number }) {
    const bytes = value ?? emptySparse();
    this.#length = bytes.length;
    this.#bytes = Buffer.alloc(Math.max(DENSE_BYTES, bytes.length + 8));
    bytes.copy(this.#bytes);
    this.#sparseBytesMax = sparseBytesMax;
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  get isDense(): boolean {
    return this.#bytes[ENCODING] === DENSE;
  }

  /** The number that the header keeps; undefined: it is out of date. */
  get cached(): bigint | undefined {
    if (((this.#bytes[STALE_BYTE] ?? 0) & STALE) !== 0) return undefined;
    return this.#bytes.readBigUInt64LE(CARDINALITY);
  }

  set cached(cardinality: bigint) {
    this.#bytes.writeBigUInt64LE(cardinality, CARDINALITY);
  }

  forgetCached(): void {
    this.#bytes[STALE_BYTE] = (this.#bytes[STALE_BYTE] ?? 0) | STALE;
  }

  /** True when a register has changed. @throws CorruptedHyperLogLog */
  add(element: Buffer): boolean {
    const hash = hash64(element);
    const index = Number(hash & (BigInt(REGISTER_COUNT) - 1n));
    let rest = (hash >> INDEX_BITS) | (1n << 50n);
    let count = 1;
    for (; (rest & 1n) === 0n; rest >>= 1n) count += 1;
    return this.raise(index, count);
  }

  /** Gives a register a value, if it is less; true when it was. @throws CorruptedHyperLogLog */
  raise(index: number, value: number): boolean {
    return this.isDense ? this.#raiseDense(index, value) : this.#raiseSparse(index, value);
  }

  /** Raises registers to those of this one. @throws CorruptedHyperLogLog */
  mergeInto(registers: Uint8Array): void {
    if (this.isDense) {
      for (let index = 0; index < REGISTER_COUNT; index += 1)
        registers[index] = Math.max(registers[index] ?? 0, this.#register(index));
      return;
    }
    let index = 0;
    for (let at = HEADER_BYTES; at < this.#length; ) {
      const { length, value, byteCount } = this.#run(at);
      if (index + length > REGISTER_COUNT) throw new CorruptedHyperLogLog();
      if (value > 0)
        for (let each = index; each < index + length; each += 1)
          registers[each] = Math.max(registers[each] ?? 0, value);
      index += length;
      at += byteCount;
    }
    if (index !== REGISTER_COUNT) throw new CorruptedHyperLogLog();
  }

  /** The values of all registers. @throws CorruptedHyperLogLog */
  registers(): Uint8Array {
    const registers = new Uint8Array(REGISTER_COUNT);
    this.mergeInto(registers);
    return registers;
  }

  /** The runs of a sparse one as a text: `z:n` and `Z:n` are zeros, in a byte and in two, `v:value,n` others. */
  runs(): string {
    const words: string[] = [];
    for (let at = HEADER_BYTES; at < this.#length; ) {
      const { length, value, byteCount } = this.#run(at);
      if (value > 0) words.push(`v:${value},${length}`);
      else words.push(`${byteCount === 1 ? "z" : "Z"}:${length}`);
      at += byteCount;
    }
    return words.join(" ");
  }

  /** How many different elements were added, roughly. @throws CorruptedHyperLogLog */
  count(): bigint {
    return estimate(this.registers());
  }

  /** @throws CorruptedHyperLogLog */
  makeDense(): void {
    if (this.isDense) return;
    const registers = this.registers();
    this.#bytes = Buffer.concat([
      this.#bytes.subarray(0, HEADER_BYTES),
      Buffer.alloc(DENSE_BYTES - HEADER_BYTES),
    ]);
    this.#bytes[ENCODING] = DENSE;
    this.#length = DENSE_BYTES;
    registers.forEach((value, index) => {
      if (value > 0) this.#setRegister(index, value);
    });
  }

  #register(index: number): number {
    const bit = index * 6;
    const at = HEADER_BYTES + (bit >> 3);
    const low = (this.#bytes[at] ?? 0) >> (bit & 7);
    const high = at + 1 < DENSE_BYTES ? (this.#bytes[at + 1] ?? 0) << (8 - (bit & 7)) : 0;
    return (low | high) & 63;
  }

  #setRegister(index: number, value: number): void {
    const bit = index * 6;
    const at = HEADER_BYTES + (bit >> 3);
    const shift = bit & 7;
    const mask = 63 << shift;
    const both = (this.#bytes[at] ?? 0) | ((at + 1 < DENSE_BYTES ? (this.#bytes[at + 1] ?? 0) : 0) << 8);
    const written = (both & ~mask) | (value << shift);
    this.#bytes[at] = written & 0xff;
    if (at + 1 < DENSE_BYTES) this.#bytes[at + 1] = (written >> 8) & 0xff;
  }

  #raiseDense(index: number, value: number): boolean {
    if (this.#register(index) >= value) return false;
    this.#setRegister(index, value);
    return true;
  }

  #run(at: number): Run {
    const byte = this.#bytes[at] ?? 0;
    if ((byte & 0x80) !== 0) return { length: (byte & 3) + 1, value: ((byte >> 2) & 0x1f) + 1, byteCount: 1 };
    if ((byte & 0x40) === 0) return { length: (byte & 0x3f) + 1, value: 0, byteCount: 1 };
    return { length: (((byte & 0x3f) << 8) | (this.#bytes[at + 1] ?? 0)) + 1, value: 0, byteCount: 2 };
  }

  #raiseSparse(index: number, value: number): boolean {
    if (value > SPARSE_VALUE_MAX) return this.#promote(index, value);
    let first = 0;
    let previous = HEADER_BYTES;
    let at = HEADER_BYTES;
    let run = this.#run(at);
    while (at < this.#length && index > first + run.length - 1) {
      previous = at;
      first += run.length;
      at += run.byteCount;
      run = this.#run(at);
    }
    if (at >= this.#length) throw new CorruptedHyperLogLog();
    if (run.value >= value) return false;
    const sequence = split(run, index - first, value);
    const growth = sequence.length - run.byteCount;
    if (growth > 0 && this.#length + growth > this.#sparseBytesMax) return this.#promote(index, value);
    const rest = Buffer.from(this.#bytes.subarray(at + run.byteCount, this.#length));
    this.#reserve(this.#length + growth);
    this.#bytes.set(sequence, at);
    rest.copy(this.#bytes, at + sequence.length);
    this.#length += growth;
    this.#mergeRuns(previous);
    this.forgetCached();
    return true;
  }

  #reserve(length: number): void {
    if (length > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(length)]);
  }

  /** Neighbours of the same value become one run, as far as it may be long. */
  #mergeRuns(from: number): void {
    let at = from;
    for (let looks = 0; looks < MERGED_RUNS_MAX && at < this.#length; looks += 1) {
      const run = this.#run(at);
      const next = at + 1 < this.#length ? this.#run(at + 1) : undefined;
      const length = run.length + (next?.length ?? 0);
      if (run.value > 0 && next !== undefined && next.value === run.value && length <= VALUE_RUN_MAX) {
        this.#bytes[at + 1] = valueRun(run.value, length);
        this.#bytes.copyWithin(at, at + 1, this.#length);
        this.#length -= 1;
      } else at += run.byteCount;
    }
  }

  #promote(index: number, value: number): boolean {
    this.makeDense();
    return this.#raiseDense(index, value);
  }
}

function emptySparse(): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, "latin1");
  header[ENCODING] = SPARSE;
  return Buffer.concat([header, Buffer.from(zeroRun(REGISTER_COUNT))]);
}

/** The runs in the place of one whose register at an offset gets a value. */
function split(run: Run, offset: number, value: number): number[] {
  const behind = run.length - offset - 1;
  const part = (length: number) => (run.value === 0 ? zeroRun(length) : [valueRun(run.value, length)]);
  return [...(offset > 0 ? part(offset) : []), valueRun(value, 1), ...(behind > 0 ? part(behind) : [])];
}

function zeroRun(length: number): number[] {
  if (length <= ZERO_RUN_MAX) return [length - 1];
  return [0x40 | ((length - 1) >> 8), (length - 1) & 0xff];
}

function valueRun(value: number, length: number): number {
  return 0x80 | ((value - 1) << 2) | (length - 1);
}
