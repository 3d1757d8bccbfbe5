/**
 * Byte strings: a sequence of bytes held as a JavaScript string in which each character is one byte (0-255).
 * They hash, compare and concatenate faster than Buffers, which is why keys are held so. The type is opaque:
 * a byte string must not be taken for text, since its characters above 127 are bytes, not code points.
 */
declare global {
  interface Buffer {
    /** What `toString("latin1")` comes to, without looking up the encoding's name. */
    latin1Slice(start?: number, end?: number): string;
  }
}

declare const brand: unique symbol;
export type Bytes = { readonly [brand]: "bytes" };

/** The bytes of a buffer. Copies: the buffer may be reused. */
export function bytesOf(buffer: Buffer): Bytes {
  return raw(buffer.latin1Slice());
}

/** The bytes of a text in UTF-8. */
export function bytesOfText(text: string): Bytes {
  return bytesOf(Buffer.from(text, "utf8"));
}

/** The text that bytes are in UTF-8; what is no UTF-8 becomes U+FFFD. */
export function textOfBytes(bytes: Bytes): string {
  if (isShortAscii(chars(bytes))) return chars(bytes);
  return bufferOf(bytes).toString("utf8");
}

/** Such bytes are the same characters: nothing has to be converted. */
function isShortAscii(text: string): boolean {
  if (text.length > SHORT_LENGTH) return false;
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 127) return false;
  return true;
}

const SHORT_LENGTH = 64;

/** A new buffer with these bytes. */
export function bufferOf(bytes: Bytes): Buffer {
  return Buffer.from(chars(bytes), "latin1");
}

/** Takes a string whose characters are all below 256 for a byte string. */
export function raw(latin1: string): Bytes {
  return latin1 as unknown as Bytes;
}

/** The characters of a byte string, each 0-255. For composing keys and for binary codecs only. */
export function chars(bytes: Bytes): string {
  return bytes as unknown as string;
}

/** Unsigned 32-bit big-endian, so that byte order is number order. */
export function u32(value: number): string {
  return String.fromCharCode((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}

/** A safe non-negative integer in 8 bytes, big-endian: byte order is number order. */
export function u64(value: number): string {
  const high = Math.floor(value / 0x1_0000_0000);
  const low = value % 0x1_0000_0000;
  // Both halves at once: a string in one piece is hashed sooner than one of two.
  return String.fromCharCode(
    (high >>> 24) & 255,
    (high >>> 16) & 255,
    (high >>> 8) & 255,
    high & 255,
    (low >>> 24) & 255,
    (low >>> 16) & 255,
    (low >>> 8) & 255,
    low & 255,
  );
}

/** Reads what u32 wrote at `offset`. */
export function readU32(bytes: Bytes, offset: number): number {
  const text = chars(bytes);
  return (
    text.charCodeAt(offset) * 0x100_0000 +
    ((text.charCodeAt(offset + 1) << 16) | (text.charCodeAt(offset + 2) << 8) | text.charCodeAt(offset + 3))
  );
}

/** Reads what u64 wrote at `offset`. */
export function readU64(bytes: Bytes, offset: number): number {
  return readU32(bytes, offset) * 0x1_0000_0000 + readU32(bytes, offset + 4);
}
