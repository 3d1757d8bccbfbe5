import { byteAt } from "./byte-at.ts";
import { ChunkReader } from "./chunk-reader.ts";
import { splitInline } from "./inline-request.ts";
import { ProtocolError } from "./protocol-error.ts";
import { textOf } from "./raw-text.ts";
import { parseLength } from "./request-length.ts";

/**
 * The request decoder: bytes from a client nobody trusts become requests. It follows Redis' `processInlineBuffer`
 * and `processMultibulkBuffer`, limits and error texts included.
 *
 * Invariants:
 * - Nothing is sized from a header: memory held is a small multiple of the bytes received.
 * - Cost is linear in the bytes received, however they are cut into chunks.
 * - How the bytes are cut changes nothing about what is decoded, errors included.
 * - After an error nothing more is decoded.
 *
 * There are two ways through: `#whole` reads a request that lies in one chunk and is plain in every respect, which
 * is nearly every request, in one tight loop; everything else goes element by element through `#piecewise`.
 */
export type DecoderLimits = {
  /** Longest argument, in bytes (`proto-max-bulk-len`). */
  bulkBytesMax: number;
  /** Most arguments of one request. */
  multibulkCountMax: number;
  /** Longest inline request, and longest header line, in bytes. */
  inlineBytesMax: number;
  /** Before authentication a request has at most 10 arguments of 16,384 bytes. */
  authenticated: boolean;
};

/** Redis' limits, for a connection that need not authenticate. */
export const DECODER_LIMITS: Readonly<DecoderLimits> = {
  bulkBytesMax: 512 * 1024 * 1024,
  multibulkCountMax: 2 ** 31 - 1,
  inlineBytesMax: 64 * 1024,
  authenticated: true,
};

/** Decodes the requests of one connection; see the head of this file. */
export class RequestDecoder {
  /** May be changed between two calls of `next`. */
  readonly limits: DecoderLimits;

  readonly #input = new ChunkReader();
  /** Arguments of the request under way; `#missing` more are announced. */
  #args: Buffer[] = [];
  #argBytes = 0;
  #missing = 0;
  /** Announced length of the argument under way; -1 when its header has not been read. */
  #bulkLength = -1;
  /** Arguments before this index do not point into a chunk. */
  #ownedCount = 0;
  #failed = false;
  /** The first argument of the request before, while there may be more in what has arrived. */
  #latestName: Buffer = NO_NAME;

  constructor(limits: Readonly<DecoderLimits> = DECODER_LIMITS) {
    this.limits = { ...limits };
  }

  /** Hands bytes over; the decoder keeps pointing into them, so they must not change afterwards. */
  push(chunk: Buffer): void {
    if (!this.#failed) this.#input.push(chunk);
  }

  /**
   * The next whole request, at least one argument, or undefined when more bytes are needed. Arguments may point
   * into the chunk they arrived in: who keeps one beyond the request copies it, or pins the whole chunk.
   *
   * As AUTH lifts limits, a connection that is not authenticated executes each request before asking for the next.
   *
   * @throws ProtocolError once, when the bytes are not a request or go beyond a limit.
   */
  next(): Buffer[] | undefined {
    try {
      do {
        const isFresh = this.#missing === 0 && this.#input.isBetweenElements;
        const request = (isFresh ? this.#whole() : undefined) ?? this.#piecewise();
        if (request !== undefined) {
          refuseHttp(request);
          return request;
        }
      } while (this.#input.nextChunk());
      this.#latestName = NO_NAME;
    } catch (error) {
      this.#failed = true;
      this.#input.clear();
      this.#takeArguments();
      throw error;
    }
    this.#ownArguments();
    return undefined;
  }

  /**
   * Bytes held for requests not yet returned, for the limit of the query buffer. Each argument of the request under
   * way counts with its overhead in memory, so that a million empty arguments are not free.
   */
  get bufferedBytes(): number {
    return this.#input.byteLength + this.#argBytes + this.#args.length * ARGUMENT_OVERHEAD_BYTES;
  }

  /** What the buffers of these bytes have room for besides. */
  get freeBytes(): number {
    return this.#input.freeBytes;
  }

  /** Bytes of the arguments of the request under way that are there. */
  get argumentBytes(): number {
    return this.#argBytes;
  }

  /** A protocol error was thrown; the connection is to be closed. */
  get hasFailed(): boolean {
    return this.#failed;
  }

  /** A request that lies in the chunk as a whole; undefined, and nothing is consumed, if it does not or is odd. */
  #whole(): Buffer[] | undefined {
    const { chunk, at } = this.#input;
    const length = chunk.length;
    if (chunk[at] !== STAR) return undefined;
    const { authenticated, multibulkCountMax, bulkBytesMax } = this.limits;
    const countMax = authenticated ? multibulkCountMax : UNAUTHENTICATED_COUNT_MAX;
    const bytesMax = authenticated ? bulkBytesMax : UNAUTHENTICATED_BYTES_MAX;

    let position = skipHeader(chunk, at + 1);
    const count = headerValue(chunk, at + 1, position);
    if (count < 1 || count > countMax) return undefined;
    const args: Buffer[] = count <= SHORT_COUNT_MAX ? new Array(count) : [];
    for (let i = 0; i < count; i++) {
      if (chunk[position] !== DOLLAR) return undefined;
      const start = skipHeader(chunk, position + 1);
      const bytes = headerValue(chunk, position + 1, start);
      const end = start + bytes;
      if (bytes < 0 || bytes > bytesMax || end + 2 > length) return undefined;
      args[i] = i === 0 ? this.#name(chunk, start, end) : chunk.subarray(start, end);
      position = end + 2;
    }
    this.#input.at = position;
    return args;
  }

  /** The requests of a pipeline are mostly of the same command: its name is then the same object. */
  #name(chunk: Buffer, start: number, end: number): Buffer {
    const latest = this.#latestName;
    if (!isSame(latest, chunk, start, end)) this.#latestName = chunk.subarray(start, end);
    return this.#latestName;
  }

  /** Reads as far as the chunk goes, or to the end of a request. */
  #piecewise(): Buffer[] | undefined {
    const input = this.#input;
    while (this.#missing > 0 || input.at < input.chunk.length) {
      if (this.#missing > 0) {
        if (!this.#argument()) return undefined;
        if (this.#missing === 0) return this.#takeArguments();
      } else if (input.firstByte === STAR) {
        const count = this.#count();
        if (count === undefined) return undefined;
        // Redis ignores requests of zero or fewer arguments.
        this.#missing = Math.max(count, 0);
      } else {
        const request = this.#inline();
        if (request === undefined || request.length > 0) return request;
      }
    }
    return undefined;
  }

  /** `*<count>` */
  #count(): number | undefined {
    const line = this.#input.headerLine(this.limits.inlineBytesMax);
    if (line === undefined) return undefined;
    if (line === "tooLong") throw ProtocolError.told("too big mbulk count string");
    const count = parseLength(line);
    if (count === undefined || count > this.limits.multibulkCountMax) {
      throw ProtocolError.told("invalid multibulk length");
    }
    if (count > UNAUTHENTICATED_COUNT_MAX && !this.limits.authenticated) {
      throw ProtocolError.told("unauthenticated multibulk length");
    }
    return count;
  }

  /** `$<length>`, then the argument; false when more bytes are needed. */
  #argument(): boolean {
    if (this.#bulkLength < 0) {
      const length = this.#length();
      if (length === undefined) return false;
      this.#bulkLength = length;
    }
    const arg = this.#input.bulk(this.#bulkLength);
    if (arg === undefined) return false;
    this.#args.push(arg);
    this.#argBytes += arg.length;
    this.#bulkLength = -1;
    this.#missing -= 1;
    return true;
  }

  #length(): number | undefined {
    const line = this.#input.headerLine(this.limits.inlineBytesMax);
    if (line === undefined) return undefined;
    if (line === "tooLong") throw ProtocolError.told("too big bulk count string");
    if (line[0] !== DOLLAR) {
      // An empty line: the byte at hand is the CR, which an error shows as a space.
      const found = line.length > 0 ? textOf(line.subarray(0, 1)) : " ";
      throw ProtocolError.told(`expected '$', got '${found}'`);
    }
    const length = parseLength(line);
    if (length === undefined || length < 0 || length > this.limits.bulkBytesMax) {
      throw ProtocolError.told("invalid bulk length");
    }
    if (length > UNAUTHENTICATED_BYTES_MAX && !this.limits.authenticated) {
      throw ProtocolError.told("unauthenticated bulk length");
    }
    return length;
  }

  /** The arguments of a line; empty when it is blank. */
  #inline(): Buffer[] | undefined {
    const line = this.#input.textLine(this.limits.inlineBytesMax);
    if (line === undefined) return undefined;
    if (line === "tooLong") throw ProtocolError.told("too big inline request");
    const args = splitInline(line);
    if (args === undefined) throw ProtocolError.told("unbalanced quotes in request");
    return args;
  }

  #takeArguments(): Buffer[] {
    const args = this.#args;
    this.#args = [];
    this.#argBytes = 0;
    this.#ownedCount = 0;
    return args;
  }

  /**
   * Copies the arguments of an unfinished request out of the chunks they arrived in, each once: a client that stops
   * in the middle of a request must not pin 64 KB for a few bytes. One that fills a good part of its chunk stays.
   */
  #ownArguments(): void {
    const args = this.#args;
    for (let i = this.#ownedCount; i < args.length; i++) {
      const arg = args[i];
      if (arg !== undefined && arg.length * 4 < arg.buffer.byteLength) args[i] = Buffer.from(arg);
    }
    this.#ownedCount = args.length;
  }
}

const NO_NAME = Buffer.alloc(0);

/** Whether the bytes from `start` to `end` of a chunk are those of a name. */
function isSame(name: Buffer, chunk: Buffer, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== chunk[start + i]) return false;
  return true;
}

/** What V8 keeps for a view and its slot in the array of arguments, roughly. */
const ARGUMENT_OVERHEAD_BYTES = 96;
const SHORT_COUNT_MAX = 16; // For so many, room is made: an array that grows begins with room for 17.
const UNAUTHENTICATED_COUNT_MAX = 10;
const UNAUTHENTICATED_BYTES_MAX = 16_384;
const STAR = 0x2a;
const DOLLAR = 0x24;
const CR = 0x0d;
const ZERO = 0x30;

/** The index behind a header's number and its line ending, if there are digits and a CR; else `from`. */
function skipHeader(chunk: Buffer, from: number): number {
  let at = from;
  let byte = chunk[at];
  while (byte !== undefined && byte >= ZERO && byte <= ZERO + 9) byte = chunk[++at];
  return byte === CR && at > from ? at + 2 : from;
}

/** The digits from `from` up to the line ending before `end`; -1 for what only `parseLength` can judge. */
function headerValue(chunk: Buffer, from: number, end: number): number {
  const count = end - from - 2;
  const first = byteAt(chunk, from);
  if (count === 1) return first - ZERO;
  if (count < 1 || count > 10 || first === ZERO) return -1;
  let value = 0;
  for (let i = from; i < end - 2; i++) value = value * 10 + byteAt(chunk, i) - ZERO;
  return value;
}

/** @throws ProtocolError when the first argument is the beginning of an HTTP request. */
function refuseHttp(request: readonly Buffer[]): void {
  const name = request[0];
  if (name === undefined || name.length < 4 || name.length > 5) return;
  // Both words have an "o" in second place, which few commands have.
  if ((byteAt(name, 1) | 0x20) !== 0x6f) return;
  const word = name.toString("latin1").toLowerCase();
  if (word === "post" || word === "host:") throw ProtocolError.silent(word);
}
