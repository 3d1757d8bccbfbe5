/** Numbers as C's printf prints them: `%.17g` of an argument of redis.call, `%.14g` of Lua and of JSON. */

/** A double with at most `digits` significant digits, 1 to 17, without zeros at the end. */
export function significantDigits(value: number, digits: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa = "", exponentText = ""] = rounded(value, digits).split("e");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= digits) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${withoutZeros(mantissa)}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  return withoutZeros(inDecimals(mantissa, exponent));
}

/** The longest expansion JavaScript gives: one that lies halfway between two shorter ones ends before. */
const EXPANSION_DIGITS_MAX = 100;

/** `d.ddde±x` with so many digits; of a value halfway between two, the one whose last digit is even, as C rounds. */
function rounded(value: number, digits: number): string {
  const [longMantissa = "", exponent = ""] = value.toExponential(EXPANSION_DIGITS_MAX).split("e");
  const end = longMantissa.indexOf(".") + digits;
  const isHalfway = /^50*$/.test(longMantissa.slice(end)) && longMantissa.length > end;
  const kept = longMantissa.slice(0, end);
  return isHalfway && /[02468]\.?$/.test(kept)
    ? `${kept.replace(/\.$/, "")}e${exponent}`
    : value.toExponential(digits - 1);
}

/** A mantissa `-d.ddd` times ten to the power of `exponent`, without an exponent. */
function inDecimals(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith("-") ? "-" : "";
  const all = mantissa.replace(/[-.]/g, "");
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${all}`;
  const whole = all.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${whole}.${all.slice(exponent + 1)}`;
}

function withoutZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0*$/, "") : text;
}

const INTEGER_MIN = -(2n ** 63n);

/** A double as C casts it to 64 bits: the fraction is cut off, what does not fit is the lowest number. */
export function asInteger64(value: number): bigint {
  if (!Number.isFinite(value)) return INTEGER_MIN;
  const whole = BigInt(Math.trunc(value));
  return BigInt.asIntN(64, whole) === whole ? whole : INTEGER_MIN;
}
