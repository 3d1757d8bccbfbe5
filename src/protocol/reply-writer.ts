import { assert, unreachable } from "../base/assert.ts";
import { byteAt } from "./byte-at.ts";
import { formatDouble } from "./double.ts";
import { EncodedStrings } from "./encoded-strings.ts";
import { bytesOf } from "./raw-text.ts";
import type { ProtocolVersion, Reply } from "./reply.ts";
import { isAggregate, isArray, isNone, type Scalar } from "./reply-kinds.ts";

/**
 * The reply encoder. One writer serves all connections in turn: `write` the replies of a connection, `take` the
 * bytes, go on with the next.
 *
 * Replies are written one behind the other into a block of memory, and `take` hands out the part written since the
 * last call: nothing is copied twice, and a block is left to the garbage collector when it is full. A Buffer of 16 KB
 * or more is passed on as it is. Aggregates are walked with a stack of our own, so depth is bounded by memory alone.
 */
export class ReplyWriter {
  #block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  /** `#block` is written up to here, and handed out up to `#start`. */
  #end = 0;
  #start = 0;
  /** Output that comes before what is between `#start` and `#end`. */
  #chunks: Buffer[] = [];
  #chunkBytes = 0;
  readonly #encoded = new EncodedStrings();

  /** Bytes written and not yet taken. */
  get byteLength(): number {
    return this.#chunkBytes + this.#end - this.#start;
  }

  /**
   * Appends one reply. Buffers in it must not change before the bytes were sent.
   * @throws Error when the value is no reply (a fraction as an integer, "none" inside an aggregate); then
   *   nothing of it has been written.
   */
  write(reply: Reply, version: ProtocolVersion): void {
    if (typeof reply !== "object" || reply === null || Buffer.isBuffer(reply)) {
      // Refused before anything is written.
      this.#value(reply, version);
      return;
    }
    const block = this.#block;
    const start = this.#start;
    const end = this.#end;
    const chunkCount = this.#chunks.length;
    const chunkBytes = this.#chunkBytes;
    try {
      const items = this.#value(reply, version);
      if (items !== undefined) this.#items(items, version);
    } catch (error) {
      this.#block = block;
      this.#start = start;
      this.#end = end;
      this.#chunks.length = chunkCount;
      this.#chunkBytes = chunkBytes;
      throw error;
    }
  }

  /**
   * The bytes of all replies since the last call, in the order they are to be sent; empty when there are none.
   * They belong to the caller.
   */
  take(): Buffer[] {
    this.#seal();
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#chunkBytes = 0;
    return chunks;
  }

  #items(rootItems: readonly Reply[], version: ProtocolVersion): void {
    // Frames of enclosing aggregates: their items and where to go on.
    const stack: Array<{ readonly items: readonly Reply[]; at: number }> = [];
    let items = rootItems;
    let at = 0;
    for (;;) {
      while (at === items.length) {
        const outer = stack.pop();
        if (outer === undefined) return;
        ({ items, at } = outer);
      }
      const item = items[at++];
      assert(item !== undefined && !isNone(item), "an aggregate has no holes");
      const inner = this.#value(item, version);
      if (inner !== undefined) {
        stack.push({ items, at });
        items = inner;
        at = 0;
      }
    }
  }

  /** Writes a value, or the header of an aggregate, whose items it returns. */
  #value(reply: Reply, version: ProtocolVersion): readonly Reply[] | undefined {
    if (typeof reply === "string") this.#bulkText(reply);
    else if (typeof reply === "number") this.#integer(COLON, reply);
    else if (reply === null) this.#ascii(version === 3 ? "_\r\n" : "$-1\r\n");
    else if (Buffer.isBuffer(reply)) this.#bulk(reply);
    else if (typeof reply === "bigint") this.#bigInteger(reply);
    else if (isArray(reply)) return this.#header(STAR, reply.length, reply);
    else if (!isAggregate(reply)) this.#scalar(reply, version);
    else if (reply.kind === "map") {
      return version === 3
        ? this.#header(PERCENT, reply.entries.length, reply.entries.flat())
        : this.#header(STAR, reply.entries.length * 2, reply.entries.flat());
    } else if (reply.kind === "several") return reply.replies;
    else {
      const type = version === 2 ? STAR : reply.kind === "set" ? TILDE : GREATER;
      return this.#header(type, reply.items.length, reply.items);
    }
    return undefined;
  }

  #header(type: number, count: number, items: readonly Reply[]): readonly Reply[] {
    this.#integer(type, count);
    return items;
  }

  #scalar(reply: Scalar, version: ProtocolVersion): void {
    switch (reply.kind) {
      case "simple":
        if (LINE_BREAKERS.test(reply.text)) this.#bulkText(reply.text);
        else this.#line(PLUS, reply.text);
        return;
      case "error":
        this.#line(MINUS, reply.message.replace(/[\r\n]/g, " "));
        return;
      case "nullArray":
        this.#ascii(version === 3 ? "_\r\n" : "*-1\r\n");
        return;
      case "double":
        if (version === 3) this.#line(COMMA, reply.text ?? formatDouble(reply.value));
        else this.#bulkText(reply.text ?? formatDouble(reply.value));
        return;
      case "boolean":
        if (version === 3) this.#ascii(reply.value ? "#t\r\n" : "#f\r\n");
        else this.#integer(COLON, reply.value ? 1 : 0);
        return;
      case "bigNumber":
        if (version === 3) this.#line(OPENING, reply.digits);
        else this.#bulkText(reply.digits);
        return;
      case "verbatim":
        if (version === 3) this.#bulkAs(EQUALS, Buffer.from(`${reply.format}:${reply.text}`));
        else this.#bulkText(reply.text);
        return;
      case "bulks":
        this.#bulks(reply, version);
        return;
      case "none":
        return;
      default:
        unreachable(reply);
    }
  }

  #bigInteger(value: bigint): void {
    assert(BigInt.asIntN(64, value) === value, "an integer reply has 64 bits");
    this.#ascii(`:${value}\r\n`);
  }

  /** A type byte, a decimal number and CRLF. */
  #integer(type: number, value: number): void {
    if (value < 0 || value > 99_999_999 || !Number.isInteger(value)) {
      assert(Number.isSafeInteger(value), "an integer reply is a safe integer");
      this.#line(type, String(value));
      return;
    }
    this.#reserve(16);
    const block = this.#block;
    let at = this.#end;
    block[at] = type;
    let end = at + 2;
    for (let bound = 10; value >= bound; bound *= 10) end += 1;
    let rest = value;
    for (let digit = end - 1; digit > at; digit--) {
      const next = (rest / 10) | 0;
      block[digit] = 0x30 + rest - next * 10;
      rest = next;
    }
    at = end;
    block[at] = CR;
    block[at + 1] = LF;
    this.#end = at + 2;
  }

  #bulks({ shape, strings }: Extract<Scalar, { kind: "bulks" }>, version: ProtocolVersion): void {
    const { count } = strings;
    if (version === 2 || shape === "array") this.#integer(STAR, count);
    else if (shape === "set") this.#integer(TILDE, count);
    else this.#integer(PERCENT, count / 2);
    for (const { bytes, places, first, end, kept } of strings.buffers) {
      const encoded = kept === undefined ? undefined : this.#encoded.of(kept);
      if (encoded !== undefined) {
        this.#copy(encoded.bytes, encoded.starts[first] ?? 0, encoded.starts[end] ?? 0);
        continue;
      }
      for (let at = 2 * first; at < 2 * end; at += 2) {
        const from = places[at] ?? 0;
        const to = places[at + 1] ?? 0;
        if (to - from > SHORT_BYTES_MAX) this.#bulk(bytes.subarray(from, to));
        else this.#short(bytes, from, to);
      }
    }
  }

  #copy(bytes: Buffer, from: number, to: number): void {
    this.#reserve(to - from);
    this.#end += bytes.copy(this.#block, this.#end, from, to);
  }

  /** A bulk string of at most SHORT_BYTES_MAX bytes of a buffer: room is made once, and no view of it. */
  #short(bytes: Buffer, from: number, to: number): void {
    const count = to - from;
    this.#reserve(count + 7);
    const block = this.#block;
    let end = this.#end;
    block[end++] = DOLLAR;
    if (count > 9) block[end++] = 0x30 + ((count / 10) | 0);
    block[end++] = 0x30 + (count % 10);
    block[end++] = CR;
    block[end++] = LF;
    for (let i = from; i < to; i++) block[end++] = byteAt(bytes, i);
    block[end++] = CR;
    block[end++] = LF;
    this.#end = end;
  }

  #bulk(bytes: Buffer): void {
    this.#bulkAs(DOLLAR, bytes);
  }

  #bulkAs(type: number, bytes: Buffer): void {
    const count = bytes.length;
    this.#integer(type, count);
    if (count >= OWN_CHUNK_BYTES_MIN) {
      this.#seal();
      this.#chunks.push(bytes);
      this.#chunkBytes += count;
    } else {
      this.#reserve(count + 2);
      if (count <= LOOP_BYTES_MAX) {
        const block = this.#block;
        const start = this.#end;
        for (let i = 0; i < count; i++) block[start + i] = byteAt(bytes, i);
      } else {
        this.#block.set(bytes, this.#end);
      }
      this.#end += count;
    }
    this.#ascii("\r\n");
  }

  #bulkText(text: string): void {
    const units = text.length;
    if (units <= LOOP_BYTES_MAX && isAscii(text)) {
      this.#integer(DOLLAR, units);
      this.#reserve(units + 2);
      this.#ascii(text);
      this.#ascii("\r\n");
    } else {
      const bytes = Buffer.byteLength(text);
      if (bytes >= OWN_CHUNK_BYTES_MIN) {
        this.#bulk(Buffer.from(text));
        return;
      }
      this.#integer(DOLLAR, bytes);
      this.#reserve(bytes + 2);
      this.#end += this.#block.write(text, this.#end);
      this.#ascii("\r\n");
    }
  }

  /** A type byte, a text that holds no line break, and CRLF. */
  #line(type: number, text: string): void {
    const units = text.length;
    if (units > LOOP_BYTES_MAX || !isAscii(text)) {
      const bytes = bytesOf(text);
      this.#reserve(bytes.length + 3);
      this.#block[this.#end++] = type;
      this.#block.set(bytes, this.#end);
      this.#end += bytes.length;
    } else {
      this.#reserve(units + 3);
      this.#block[this.#end++] = type;
      this.#ascii(text);
    }
    this.#ascii("\r\n");
  }

  /** A short text of ASCII characters. */
  #ascii(text: string): void {
    const count = text.length;
    this.#reserve(count);
    const block = this.#block;
    const start = this.#end;
    for (let i = 0; i < count; i++) block[start + i] = text.charCodeAt(i);
    this.#end = start + count;
  }

  /** Makes room for `count` bytes in `#block`. */
  #reserve(count: number): void {
    if (this.#end + count <= this.#block.length) return;
    this.#seal();
    this.#block = Buffer.allocUnsafeSlow(Math.max(count, BLOCK_BYTES));
    this.#start = 0;
    this.#end = 0;
  }

  /** Moves what the block holds to the output; what follows comes after it. */
  #seal(): void {
    if (this.#end === this.#start) return;
    this.#chunks.push(this.#block.subarray(this.#start, this.#end));
    this.#chunkBytes += this.#end - this.#start;
    this.#start = this.#end;
  }
}

/** A slow reader pins one block at most by replies it has not read; a system call per block is cheap enough. */
const BLOCK_BYTES = 32 * 1024;
/** From here on a bulk string is sent from where it is. */
const OWN_CHUNK_BYTES_MIN = 16 * 1024;
/** Up to here a string of many is copied byte by byte; its length has two digits. */
const SHORT_BYTES_MAX = 64;
/** Up to here a loop is faster than a call into C++. */
const LOOP_BYTES_MAX = 32;

const CR = 0x0d;
const LF = 0x0a;
const PERCENT = 0x25;
const DOLLAR = 0x24;
const OPENING = 0x28;
const STAR = 0x2a;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const COLON = 0x3a;
const EQUALS = 0x3d;
const GREATER = 0x3e;
const TILDE = 0x7e;

// A NUL is refused too: it ends a string for clients written in C.
const LINE_BREAKERS = /[\r\n\0]/;

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
