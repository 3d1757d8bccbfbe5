/** What a client may call itself or its library. */

/** Whether all bytes are printable ASCII other than the space, so that a line of CLIENT LIST can hold them. */
export function isPrintable(bytes: Buffer): boolean {
  return bytes.every((byte) => byte > 0x20 && byte < 0x7f);
}
