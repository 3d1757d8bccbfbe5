/** Doubles as Redis reads them: what C's `strtod` takes if it takes the whole text. */

const HEX = /^([+-]?)0x([0-9a-f]*)(?:\.([0-9a-f]*))?(?:p([+-]?[0-9]+))?$/i;
const DECIMAL = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?$/i;
const INFINITY = /^([+-]?)inf(?:inity)?$/i;

/** undefined for anything else, not-a-number, and where a number is too large, or not being zero too small. */
export function parseDouble(text: string): number | undefined {
  const infinite = INFINITY.exec(text);
  if (infinite !== null) return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (DECIMAL.test(text)) return inRange(Number(text), /[1-9]/.test(text.replace(/e.*$/i, "")));
  const hex = HEX.exec(text);
  if (hex === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = hex;
  if (whole + fraction === "") return undefined;
  const digits = BigInt(`0x${whole}${fraction}`);
  const value = Number(digits) * 2 ** (Number(exponent) - 4 * fraction.length);
  return inRange(sign === "-" ? -value : value, digits !== 0n);
}

function inRange(value: number, isNonZero: boolean): number | undefined {
  return Number.isFinite(value) && (value !== 0 || !isNonZero) ? value : undefined;
}
