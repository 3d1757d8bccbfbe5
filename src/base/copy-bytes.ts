/** Up to here a loop is faster than a view of the bytes, which has to be made first. */
const SHORT_BYTES_MAX = 64;

/** Copies the bytes from `from` to `to`, its end excluded, to an offset of another buffer. */
export function copyBytes(source: Buffer, from: number, to: number, target: Buffer, at: number): void {
  if (to - from > SHORT_BYTES_MAX) target.set(source.subarray(from, to), at);
  else for (let index = from; index < to; index += 1) target[at + index - from] = source[index] ?? 0;
}
