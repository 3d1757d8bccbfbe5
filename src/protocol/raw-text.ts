import { isUtf8 } from "node:buffer";

/**
 * Bytes of a client inside an error message. Redis repeats them as they came, whatever they are. A message is a
 * string, so bytes that are not UTF-8 are written as lone surrogates, U+DC80 to U+DCFF, which no valid text
 * holds, and become the same bytes again when the message is sent.
 */
export function textOf(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return Buffer.from(bytes).toString();
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
  return text;
}

/** The bytes of a text, UTF-8 but for what `textOf` wrote. */
export function bytesOf(text: string): Buffer {
  if (!RAW_BYTE.test(text)) return Buffer.from(text);
  return Buffer.concat(
    text.split(RAW_BYTE).map((part, i) => {
      return i % 2 === 0 ? Buffer.from(part) : Buffer.of(part.charCodeAt(0) - 0xdc00);
    }),
  );
}

/** One lone surrogate of `textOf`, captured, so that `split` returns text and byte in turn. */
const RAW_BYTE = /(?<![\ud800-\udbff])([\udc80-\udcff])/;
