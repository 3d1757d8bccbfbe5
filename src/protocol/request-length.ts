/**
 * The number in a header line, after its first byte, as Redis' `string2ll` reads it: a signed 64-bit integer in its
 * shortest decimal form (no blank, no "+", no leading zero, no "-0"). Undefined for anything else. Beyond 2^53 the
 * number is rounded, which no limit can notice.
 */
export function parseLength(line: Buffer): number | undefined {
  // 21 bytes hold the first byte, a sign and 19 digits.
  if (line.length < 2 || line.length > 21) return undefined;
  const text = line.toString("latin1", 1);
  if (!INTEGER.test(text)) return undefined;
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? Number(value) : undefined;
}

const INTEGER = /^(?:0|-?[1-9][0-9]*)$/;
