/** Doubles as Redis reads them: what C's `strtod` takes if it takes the whole text. */

const HEX = /^([+-]?)0x([0-9a-f]*)(?:\.([0-9a-f]*))?(?:p([+-]?[0-9]+))?$/i;
const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?$/i;
const INFINITY = /^([+-]?)inf(?:inity)?$/i;

interface ReadDouble {
  readonly value: number;
  /** False where a number is too large, or not being zero too small. */
  readonly isInRange: boolean;
}

/** undefined for anything else, and not-a-number; what is too large is infinite, what is too small 0. */
export function readDouble(text: string): number | undefined {
  return read(text)?.value;
}

/** As readDouble; undefined also where a number is too large, or not being zero too small. */
export function parseDouble(text: string): number | undefined {
  const double = read(text);
  return double?.isInRange === true ? double.value : undefined;
}

function read(text: string): ReadDouble | undefined {
  const infinite = INFINITY.exec(text);
  if (infinite !== null)
    return {
      value: infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
      isInRange: true,
    };
  if (DECIMAL.test(text)) return checked(Number(text), /[1-9]/.test(text.replace(/e.*$/i, "")));
  const hex = HEX.exec(text);
  if (hex === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = hex;
  if (whole + fraction === "") return undefined;
  const digits = BigInt(`0x${whole}${fraction}`);
  const value = Number(digits) * 2 ** (Number(exponent) - 4 * fraction.length);
  if (Number.isNaN(value)) return undefined;
  return checked(sign === "-" ? -value : value, digits !== 0n);
}

function checked(value: number, isNonZero: boolean): ReadDouble {
  return { value, isInRange: Number.isFinite(value) && (value !== 0 || !isNonZero) };
}
