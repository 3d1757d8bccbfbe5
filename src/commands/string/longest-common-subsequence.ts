/**
 * The longest common subsequence of two byte strings, by the usual table of lengths of all prefixes: as much time
 * and memory as the product of the lengths. Of several longest ones it is the one Redis finds, walking back from
 * the ends and preferring to step back in the second string.
 */

/** A run of equal bytes: positions in both strings, ends included. */
export interface CommonRange {
  readonly a: readonly [number, number];
  readonly b: readonly [number, number];
  readonly length: number;
}

export interface CommonSubsequence {
  readonly bytes: Buffer;
  /** From the last to the first. */
  readonly ranges: readonly CommonRange[];
}

/** Bytes that the table for strings of these lengths takes. */
export function tableBytes(lengthA: number, lengthB: number): number {
  return (lengthA + 1) * (lengthB + 1) * Uint32Array.BYTES_PER_ELEMENT;
}

export function longestCommonSubsequence(a: Buffer, b: Buffer): CommonSubsequence {
  const table = prefixLengths(a, b);
  const width = b.length + 1;
  let rest = table[a.length * width + b.length] ?? 0;
  const bytes = Buffer.alloc(rest);
  const ranges: CommonRange[] = [];
  let [i, j] = [a.length, b.length];
  while (i > 0 && j > 0) {
    const [endA, endB] = [i, j];
    while (i > 0 && j > 0 && a[i - 1] === b[j - 1]) {
      i -= 1;
      j -= 1;
      rest -= 1;
      bytes[rest] = a[i] ?? 0;
    }
    if (i < endA) ranges.push({ a: [i, endA - 1], b: [j, endB - 1], length: endA - i });
    if (i === 0 || j === 0) break;
    const withoutA = table[(i - 1) * width + j] ?? 0;
    const withoutB = table[i * width + j - 1] ?? 0;
    if (withoutA > withoutB) i -= 1;
    else j -= 1;
  }
  return { bytes, ranges };
}

/** At [i, j], the length for the first i bytes of a and the first j of b, row after row. */
function prefixLengths(a: Buffer, b: Buffer): Uint32Array {
  const width = b.length + 1;
  const table = new Uint32Array((a.length + 1) * width);
  for (let i = 1; i <= a.length; i += 1) {
    const byte = a[i - 1];
    const row = i * width;
    const above = row - width;
    for (let j = 1; j <= b.length; j += 1) {
      const skipA = table[above + j] ?? 0;
      const skipB = table[row + j - 1] ?? 0;
      table[row + j] = byte === b[j - 1] ? (table[above + j - 1] ?? 0) + 1 : Math.max(skipA, skipB);
    }
  }
  return table;
}
