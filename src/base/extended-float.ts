/**
 * Numbers as the x87 FPU has them ("long double" on the machines Redis runs on): a mantissa of 64 bits and an
 * exponent of 15, rounded to nearest, ties to even. INCRBYFLOAT counts in them, so exactly its replies need them.
 * A finite number is `sign * mantissa * 2^exponent`, exact, in whole numbers; nothing here is rounded twice.
 */

export type ExtendedFloat =
  | {
      readonly kind: "finite";
      readonly isNegative: boolean;
      readonly mantissa: bigint;
      readonly exponent: number;
    }
  | { readonly kind: "infinite"; readonly isNegative: boolean };

const MANTISSA_BITS = 64;
/** Of the last bit: the smallest positive number is 2^-16445, the largest is just below 2^16384. */
const EXPONENT_MIN = -16445;
const EXPONENT_MAX = 16383 - (MANTISSA_BITS - 1);
/** Decimal exponents beyond this are out of range whatever the digits, of which a text has at most a few thousand. */
const DECIMAL_EXPONENT_MAX = 1_000_000;
/** The digits that `%.17Lf` prints after the point. */
const FRACTION_DIGITS = 17;
/** Redis reads a number into a buffer of this size. */
const TEXT_BYTES_MAX = 5 * 1024 - 1;

/**
 * Reads what C's `strtold` reads if it takes the whole text, and Redis then accepts: decimal and hexadecimal numbers
 * and infinity in any case. undefined for anything else, for not-a-number, and where a number is too large or, not
 * being zero, too small for the format.
 */
export function parseExtended(text: string): ExtendedFloat | undefined {
  if (text.length > TEXT_BYTES_MAX) return undefined;
  const isNegative = text.startsWith("-");
  const unsigned = /^[+-]/.test(text) ? text.slice(1) : text;
  if (/^inf(inity)?$/i.test(unsigned)) return { kind: "infinite", isNegative };
  const isHex = /^0x/i.test(unsigned);
  const match = isHex
    ? /^0x([0-9a-f]*)(?:\.([0-9a-f]*))?(?:p([+-]?[0-9]+))?$/i.exec(unsigned)
    : /^([0-9]*)(?:\.([0-9]*))?(?:e([+-]?[0-9]+))?$/i.exec(unsigned);
  if (match === null) return undefined;
  const [, whole = "", fraction = "", exponentText = "0"] = match;
  const digits = whole + fraction;
  if (digits === "") return undefined;
  const value = BigInt(isHex ? `0x${digits}` : digits);
  const given = Math.max(-DECIMAL_EXPONENT_MAX, Math.min(DECIMAL_EXPONENT_MAX, Number(exponentText)));
  const exponent = given - fraction.length * (isHex ? 4 : 1);
  if (value === 0n) return { kind: "finite", isNegative, mantissa: 0n, exponent: 0 };
  const read = isHex ? round(isNegative, value, exponent) : fromDecimal(isNegative, value, exponent, digits);
  const isOutOfRange = read === undefined || read.kind === "infinite" || read.mantissa === 0n;
  return isOutOfRange ? undefined : read;
}

/** The rounded sum; undefined where it is not a number or infinite. */
export function addExtended(a: ExtendedFloat, b: ExtendedFloat): ExtendedFloat | undefined {
  if (a.kind === "infinite" || b.kind === "infinite") return undefined;
  if (a.mantissa === 0n) return b;
  if (b.mantissa === 0n) return a;
  const exponent = Math.min(a.exponent, b.exponent);
  const sum = aligned(a, exponent) + aligned(b, exponent);
  const rounded = round(sum < 0n, sum < 0n ? -sum : sum, exponent);
  return rounded.kind === "infinite" ? undefined : rounded;
}

/** As `%.17Lf` prints it, without the zeros at the end; zero has no sign. */
export function formatExtended(value: ExtendedFloat): string {
  if (value.kind === "infinite") return value.isNegative ? "-inf" : "inf";
  const scaled = value.mantissa * 10n ** BigInt(FRACTION_DIGITS);
  const fixed =
    value.exponent >= 0 ? scaled << BigInt(value.exponent) : shiftRounded(scaled, -value.exponent);
  const digits = fixed.toString().padStart(FRACTION_DIGITS + 1, "0");
  const fraction = digits.slice(-FRACTION_DIGITS).replace(/0+$/, "");
  const whole = digits.slice(0, -FRACTION_DIGITS);
  const text = fraction === "" ? whole : `${whole}.${fraction}`;
  return value.isNegative && text !== "0" ? `-${text}` : text;
}

function aligned(
  value: { isNegative: boolean; mantissa: bigint; exponent: number },
  exponent: number,
): bigint {
  const magnitude = value.mantissa << BigInt(value.exponent - exponent);
  return value.isNegative ? -magnitude : magnitude;
}

function fromDecimal(
  isNegative: boolean,
  value: bigint,
  exponent: number,
  digits: string,
): ExtendedFloat | undefined {
  // Far out of range either way: not worth the arithmetic.
  if (Math.abs(exponent + digits.length) > 2 * TEXT_BYTES_MAX + 5000) return undefined;
  if (exponent >= 0) return round(isNegative, value * 10n ** BigInt(exponent), 0);
  const divisor = 10n ** BigInt(-exponent);
  // So many bits of the quotient that what is below them only tells exact from inexact.
  const shift = Math.max(0, bitLength(divisor) - bitLength(value) + MANTISSA_BITS + 2);
  const dividend = value << BigInt(shift);
  const quotient = dividend / divisor;
  const sticky = quotient * divisor === dividend ? 0n : 1n;
  return round(isNegative, (quotient << 1n) | sticky, -shift - 1);
}

/** The nearest number of the format to `value * 2^exponent`. */
function round(isNegative: boolean, value: bigint, exponent: number): ExtendedFloat {
  const excess = Math.max(bitLength(value) - MANTISSA_BITS, EXPONENT_MIN - exponent);
  let mantissa = excess > 0 ? shiftRounded(value, excess) : value;
  let rounded = excess > 0 ? exponent + excess : exponent;
  const spare = MANTISSA_BITS - bitLength(mantissa);
  // Rounding up may have added a bit; a large exponent may have to be taken into the mantissa.
  if (spare < 0) {
    mantissa >>= 1n;
    rounded += 1;
  } else if (rounded > EXPONENT_MAX && rounded - spare <= EXPONENT_MAX) {
    mantissa <<= BigInt(rounded - EXPONENT_MAX);
    rounded = EXPONENT_MAX;
  }
  if (mantissa === 0n) return { kind: "finite", isNegative, mantissa, exponent: 0 };
  if (rounded > EXPONENT_MAX) return { kind: "infinite", isNegative };
  return { kind: "finite", isNegative, mantissa, exponent: rounded };
}

/** `value / 2^bits` to the nearest whole number, ties to even. */
function shiftRounded(value: bigint, bits: number): bigint {
  const by = BigInt(bits);
  const floor = value >> by;
  const rest = value - (floor << by);
  const half = 1n << (by - 1n);
  const roundsUp = rest > half || (rest === half && (floor & 1n) === 1n);
  return roundsUp ? floor + 1n : floor;
}

function bitLength(value: bigint): number {
  if (value === 0n) return 0;
  const hex = value.toString(16);
  return hex.length * 4 - (Math.clz32(Number.parseInt(hex.charAt(0), 16)) - 28);
}
