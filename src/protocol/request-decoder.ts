import { splitInline } from "./inline-request.ts";
import { ProtocolError } from "./protocol-error.ts";
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
 * Bytes are read where they arrived, without a copy. Only an element (a header line, an inline line, an argument)
 * that continues in a later chunk is gathered in `#carry`.
 */
export type DecoderLimits = {
  /** Longest argument, in bytes (`proto-max-bulk-len`). */
  bulkBytesMax: number;
  /** Most arguments of one request. */
  multibulkCountMax: number;
  /** Longest inline request, and longest header line, in bytes. */
  inlineBytesMax: number;
  /** Before authentication a request may have 10 arguments of 16,384 bytes. */
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

  #chunk: Buffer = NO_BYTES;
  #at = 0;
  /** Chunks that arrived behind `#chunk`, and how many bytes they hold. */
  #queue: Buffer[] = [];
  #queuedBytes = 0;

  /** Beginning of an element whose end has not arrived, `#carryLength` bytes of it. */
  #carry: Buffer = NO_BYTES;
  #carryLength = 0;

  /** Arguments of the request under way; `#missing` more are announced. */
  #args: Buffer[] = [];
  #missing = 0;
  /** Announced length of the argument under way; -1 when its header has not been read. */
  #bulkLength = -1;
  /** Arguments before this index no longer point into a chunk. */
  #ownedCount = 0;
  #argBytes = 0;
  #failed = false;

  constructor(limits: Readonly<DecoderLimits> = DECODER_LIMITS) {
    this.limits = { ...limits };
  }

  /** Hands bytes over; the decoder keeps pointing into them, so they must not change afterwards. */
  push(chunk: Buffer): void {
    if (this.#failed) return;
    if (this.#at === this.#chunk.length && this.#queue.length === 0) {
      this.#chunk = chunk;
      this.#at = 0;
    } else {
      this.#queue.push(chunk);
      this.#queuedBytes += chunk.length;
    }
  }

  /**
   * The next whole request, at least one argument, or undefined when more bytes are needed. Arguments may point
   * into the chunk they arrived in: who keeps one beyond the request copies it, or pins the whole chunk.
   *
   * As an AUTH lifts limits, a connection that is not authenticated executes each request before asking for the next.
   *
   * @throws ProtocolError once, when the bytes are not a request or go beyond a limit.
   */
  next(): Buffer[] | undefined {
    try {
      do {
        const request = this.#decode();
        if (request !== undefined) return request;
      } while (this.#nextChunk());
    } catch (error) {
      this.#fail();
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
    return (
      this.#chunk.length -
      this.#at +
      this.#queuedBytes +
      this.#carryLength +
      this.#argBytes +
      this.#args.length * ARGUMENT_OVERHEAD_BYTES
    );
  }

  /** A protocol error was thrown; the connection is to be closed. */
  get hasFailed(): boolean {
    return this.#failed;
  }

  /** Decodes one request from the current chunk; undefined when the chunk is used up. */
  #decode(): Buffer[] | undefined {
    const chunk = this.#chunk;
    while (this.#missing > 0 || this.#at < chunk.length) {
      if (this.#missing === 0) {
        const first = this.#carryLength > 0 ? this.#carry[0] : chunk[this.#at];
        if (first !== STAR) {
          const request = this.#inline();
          if (request === undefined) return undefined;
          if (request.length > 0) return refuseHttp(request);
          continue;
        }
        const count = this.#count();
        if (count === undefined) return undefined;
        this.#missing = Math.max(count, 0);
      } else {
        if (this.#bulkLength < 0) {
          const length = this.#length();
          if (length === undefined) return undefined;
          this.#bulkLength = length;
        }
        const arg = this.#bulk(this.#bulkLength);
        if (arg === undefined) return undefined;
        this.#bulkLength = -1;
        this.#args.push(arg);
        this.#argBytes += arg.length;
        this.#missing -= 1;
        if (this.#missing === 0) return refuseHttp(this.#takeArguments());
      }
    }
    return undefined;
  }

  #takeArguments(): Buffer[] {
    const args = this.#args;
    this.#args = [];
    this.#argBytes = 0;
    this.#ownedCount = 0;
    return args;
  }

  /** Reads `*<count>`; zero and negative counts are requests without arguments, to be ignored. */
  #count(): number | undefined {
    const line = this.#headerLine("too big mbulk count string");
    if (line === undefined) return undefined;
    const count = parseLength(line);
    if (count === undefined || count > this.limits.multibulkCountMax) {
      throw ProtocolError.told("invalid multibulk length");
    }
    if (count > 10 && !this.limits.authenticated) {
      throw ProtocolError.told("unauthenticated multibulk length");
    }
    return count;
  }

  /** Reads `$<length>`. */
  #length(): number | undefined {
    const line = this.#headerLine("too big bulk count string");
    if (line === undefined) return undefined;
    if (line[0] !== DOLLAR) {
      throw ProtocolError.told(`expected '$', got '${line.toString("latin1", 0, 1) || "\r"}'`);
    }
    const length = parseLength(line);
    if (length === undefined || length < 0 || length > this.limits.bulkBytesMax) {
      throw ProtocolError.told("invalid bulk length");
    }
    if (length > 16_384 && !this.limits.authenticated) {
      throw ProtocolError.told("unauthenticated bulk length");
    }
    return length;
  }

  /** A header line up to its CR; the byte after the CR is skipped unseen, as Redis does. */
  #headerLine(tooBig: string): Buffer | undefined {
    const chunk = this.#chunk;
    const carried = this.#carryLength;
    // The CR was the last byte of an earlier chunk: only the byte after it is missing.
    const hasEnd = carried > 0 && this.#carry[carried - 1] === CR;
    const end = hasEnd ? this.#at - 1 : chunk.indexOf(CR, this.#at);
    const length = carried + (end < 0 && !hasEnd ? chunk.length : end) - this.#at;
    if (length > this.limits.inlineBytesMax) throw ProtocolError.told(tooBig);
    if ((end < 0 && !hasEnd) || end + 1 >= chunk.length) {
      this.#gather(chunk.length - this.#at);
      return undefined;
    }
    if (carried === 0) {
      const line = chunk.subarray(this.#at, end);
      this.#at = end + 2;
      return line;
    }
    this.#gather(end + 2 - this.#at);
    return this.#takeCarry(length);
  }

  /** An inline request's arguments; empty when the line is blank. */
  #inline(): Buffer[] | undefined {
    const chunk = this.#chunk;
    const carried = this.#carryLength;
    const end = chunk.indexOf(LF, this.#at);
    const length = carried + (end < 0 ? chunk.length : end) - this.#at;
    const lastByte = (end < 0 ? chunk.length : end) - 1;
    const last = lastByte >= this.#at ? chunk[lastByte] : carried > 0 ? this.#carry[carried - 1] : 0;
    const textLength = last === CR ? length - 1 : length;
    if (textLength > this.limits.inlineBytesMax) throw ProtocolError.told("too big inline request");
    if (end < 0) {
      this.#gather(chunk.length - this.#at);
      return undefined;
    }
    this.#gather(end + 1 - this.#at);
    const args = splitInline(this.#takeCarry(textLength));
    if (args === undefined) throw ProtocolError.told("unbalanced quotes in request");
    return args;
  }

  /** An argument of `length` bytes; the two bytes after it are skipped unseen, as Redis does. */
  #bulk(length: number): Buffer | undefined {
    const carried = this.#carryLength;
    const wanted = length + 2 - carried;
    const available = this.#chunk.length - this.#at;
    if (available < wanted) {
      this.#gather(available);
      return undefined;
    }
    if (carried > 0) {
      this.#gather(wanted);
      return this.#takeCarry(length);
    }
    const start = this.#at;
    this.#at = start + wanted;
    return this.#chunk.subarray(start, start + length);
  }

  /** Moves `count` bytes from the chunk to `#carry`, which grows by doubling: linear cost, at most twice the bytes. */
  #gather(count: number): void {
    const length = this.#carryLength + count;
    if (length > this.#carry.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#carry.length, CARRY_BYTES_MIN));
      this.#carry.copy(grown, 0, 0, this.#carryLength);
      this.#carry = grown;
    }
    this.#chunk.copy(this.#carry, this.#carryLength, this.#at, this.#at + count);
    this.#at += count;
    this.#carryLength = length;
  }

  /** The first `length` bytes gathered. The buffer is given away with them. */
  #takeCarry(length: number): Buffer {
    const taken = this.#carry.subarray(0, length);
    this.#carry = NO_BYTES;
    this.#carryLength = 0;
    return taken;
  }

  #nextChunk(): boolean {
    const chunk = this.#queue.shift();
    this.#chunk = chunk ?? NO_BYTES;
    this.#at = 0;
    this.#queuedBytes -= this.#chunk.length;
    return chunk !== undefined;
  }

  /**
   * Copies the arguments of an unfinished request out of the chunks they arrived in, each once: a client that stops
   * in the middle of a request must not pin 64 KB for a few bytes. One that fills a good part of its chunk stays.
   */
  #ownArguments(): void {
    const args = this.#args;
    if (this.#ownedCount === args.length) return;
    for (let i = this.#ownedCount; i < args.length; i++) {
      const arg = args[i];
      if (arg !== undefined && arg.length * 4 < arg.buffer.byteLength) args[i] = Buffer.from(arg);
    }
    this.#ownedCount = args.length;
  }

  #fail(): void {
    this.#failed = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#chunk = NO_BYTES;
    this.#at = 0;
    this.#carry = NO_BYTES;
    this.#carryLength = 0;
    this.#takeArguments();
  }
}

const NO_BYTES = Buffer.alloc(0);
const CARRY_BYTES_MIN = 64;
/** About what V8 keeps for a view and its slot in the array of arguments. */
const ARGUMENT_OVERHEAD_BYTES = 96;
const CR = 0x0d;
const LF = 0x0a;
const STAR = 0x2a;
const DOLLAR = 0x24;

/** @throws ProtocolError when the first argument is the beginning of an HTTP request. */
function refuseHttp(request: Buffer[]): Buffer[] {
  const name = request[0];
  if (name === undefined || name.length < 4 || name.length > 5) return request;
  // "p" or "h" in either case: all but a few names are ruled out here.
  const first = (name[0] ?? 0) | 0x20;
  if (first !== 0x70 && first !== 0x68) return request;
  const word = name.toString("latin1").toLowerCase();
  if (word === "post" || word === "host:") throw ProtocolError.silent(word);
  return request;
}
