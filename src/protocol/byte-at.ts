/** The byte at a place, or -1 beyond the end. */
export function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? -1;
}
