import { assert, unreachable } from "../base/assert.ts";
import { formatDouble } from "./double.ts";
import type { ProtocolVersion, Reply, TaggedReply } from "./reply.ts";

/**
 * The reply encoder. One writer serves all connections in turn: `write` the replies of a connection, `take` the
 * bytes, go on with the next. Small replies share one buffer that is used again; a Buffer of 16 KB or more is passed
 * on as it is, without a copy. Aggregates are walked with a stack of our own, so depth is bounded by memory alone.
 */
export class ReplyWriter {
  #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #length = 0;
  /** Full buffers and large bulk strings that come before `#buffer`. */
  #chunks: Buffer[] = [];
  #chunkBytes = 0;

  /** Bytes written and not yet taken. */
  get byteLength(): number {
    return this.#chunkBytes + this.#length;
  }

  /**
   * Appends one reply. Buffers in it must not change before the bytes were sent.
   * @throws Error when the value is no reply (a fraction as an integer, "none" inside an aggregate); then
   *   nothing of it has been written.
   */
  write(reply: Reply, version: ProtocolVersion): void {
    if (typeof reply === "string") this.#bulkText(reply);
    else if (typeof reply === "number") this.#integer(COLON, reply);
    else if (reply === null) this.#ascii(version === 3 ? "_\r\n" : "$-1\r\n");
    else if (Buffer.isBuffer(reply)) this.#bulk(reply);
    else if (isArray(reply) || typeof reply === "bigint" || isAggregate(reply))
      this.#undoable(reply, version);
    else if (reply.kind !== "none") this.#scalar(reply, version);
  }

  /**
   * The bytes of all replies since the last call, in the order they are to be sent; empty when there are none.
   * They belong to the caller.
   */
  take(): Buffer[] {
    const chunks = this.#chunks;
    if (this.#length > 0) chunks.push(this.#takeBuffer());
    this.#chunks = [];
    this.#chunkBytes = 0;
    return chunks;
  }

  #takeBuffer(): Buffer {
    const length = this.#length;
    const used = this.#buffer.subarray(0, length);
    this.#length = 0;
    if (length < COPY_BYTES_MAX) return Buffer.from(used);
    this.#buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
    return used;
  }

  #undoable(reply: Reply, version: ProtocolVersion): void {
    const length = this.#length;
    const chunkCount = this.#chunks.length;
    const chunkBytes = this.#chunkBytes;
    const buffer = this.#buffer;
    try {
      this.#aggregate(reply, version);
    } catch (error) {
      this.#buffer = buffer;
      this.#length = length;
      this.#chunks.length = chunkCount;
      this.#chunkBytes = chunkBytes;
      throw error;
    }
  }

  #aggregate(root: Reply, version: ProtocolVersion): void {
    // Frames of enclosing aggregates: their items and where to go on.
    const stack: Array<{ readonly items: readonly Reply[]; at: number }> = [];
    let items: readonly Reply[] = [root];
    let at = 0;
    for (;;) {
      while (at === items.length) {
        const outer = stack.pop();
        if (outer === undefined) return;
        ({ items, at } = outer);
      }
      const item = items[at++];
      const inner = item === undefined ? undefined : this.#value(item, version);
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
    } else {
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
        if (version === 3) this.#line(COMMA, formatDouble(reply.value));
        else this.#bulkText(formatDouble(reply.value));
        return;
      case "boolean":
        if (version === 3) this.#ascii(reply.value ? "#t\r\n" : "#f\r\n");
        else this.#integer(COLON, reply.value ? 1 : 0);
        return;
      case "verbatim":
        if (version === 3) this.#bulkAs(EQUALS, Buffer.from(`${reply.format}:${reply.text}`));
        else this.#bulkText(reply.text);
        return;
      case "none":
        throw new Error("a reply of kind none stands alone");
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
    const buffer = this.#buffer;
    let at = this.#length;
    buffer[at] = type;
    let end = at + 2;
    for (let bound = 10; value >= bound; bound *= 10) end += 1;
    let rest = value;
    for (let digit = end - 1; digit > at; digit--) {
      const next = (rest / 10) | 0;
      buffer[digit] = 0x30 + rest - next * 10;
      rest = next;
    }
    at = end;
    buffer[at] = CR;
    buffer[at + 1] = LF;
    this.#length = at + 2;
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
        const buffer = this.#buffer;
        const start = this.#length;
        for (let i = 0; i < count; i++) buffer[start + i] = bytes[i] ?? 0;
      } else {
        this.#buffer.set(bytes, this.#length);
      }
      this.#length += count;
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
      this.#length += this.#buffer.write(text, this.#length);
      this.#ascii("\r\n");
    }
  }

  /** A type byte, a text that holds no line break, and CRLF. */
  #line(type: number, text: string): void {
    this.#reserve(text.length * 3 + 3);
    this.#buffer[this.#length++] = type;
    if (text.length <= LOOP_BYTES_MAX && isAscii(text)) this.#ascii(text);
    else this.#length += this.#buffer.write(text, this.#length);
    this.#ascii("\r\n");
  }

  /** A short text of ASCII characters. */
  #ascii(text: string): void {
    const count = text.length;
    this.#reserve(count);
    const buffer = this.#buffer;
    const start = this.#length;
    for (let i = 0; i < count; i++) buffer[start + i] = text.charCodeAt(i);
    this.#length = start + count;
  }

  /** Makes room for `count` bytes in `#buffer`. */
  #reserve(count: number): void {
    if (this.#length + count <= this.#buffer.length) return;
    this.#seal();
    if (count > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(count);
  }

  /** Ends the buffer's part of the output; what follows comes after it. */
  #seal(): void {
    if (this.#length === 0) return;
    this.#chunkBytes += this.#length;
    this.#chunks.push(this.#takeBuffer());
  }
}

const BUFFER_BYTES = 64 * 1024;
/** Below this, output is copied out of the buffer, which is then used again; above, the buffer is given away. */
const COPY_BYTES_MAX = 32 * 1024;
/** From here on a bulk string is sent from where it is. */
const OWN_CHUNK_BYTES_MIN = 16 * 1024;
/** Up to here a loop is faster than a call into C++. */
const LOOP_BYTES_MAX = 32;

const CR = 0x0d;
const LF = 0x0a;
const PERCENT = 0x25;
const DOLLAR = 0x24;
const STAR = 0x2a;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const COLON = 0x3a;
const EQUALS = 0x3d;
const GREATER = 0x3e;
const TILDE = 0x7e;

// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is one of the bytes a simple string may not hold here.
const LINE_BREAKERS = /[\r\n\0]/;

type Aggregate = Extract<TaggedReply, { kind: "map" | "set" | "push" }>;
type Scalar = Exclude<TaggedReply, Aggregate>;

/** Array.isArray for readonly arrays. */
function isArray(reply: readonly Reply[] | TaggedReply | bigint): reply is readonly Reply[] {
  return Array.isArray(reply);
}

function isAggregate(reply: TaggedReply): reply is Aggregate {
  return reply.kind === "map" || reply.kind === "set" || reply.kind === "push";
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
