/**
 * A double as Redis 7.2 prints it (`d2string` over `fpconv_dtoa`): the fewest digits that read back as the same
 * number; integers below 2^52 in full; of the others those with a short run of digits or of zeros in decimal
 * notation, the rest as `d.ddde±x`. Not a number: `nan`, `inf`, `-inf`.
 */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (value === Number.POSITIVE_INFINITY) return "inf";
  if (value === Number.NEGATIVE_INFINITY) return "-inf";
  if (Object.is(value, -0)) return "-0";
  if (Number.isInteger(value) && Math.abs(value) < INTEGER_MAX) return String(value);

  // JavaScript's digits are the shortest too; only the notation differs. toExponential() gives "d.ddde±x".
  const [mantissa = "", exponentText = ""] = Math.abs(value).toExponential().split("e");
  const sign = value < 0 ? "-" : "";
  const digits = mantissa.replace(".", "");
  const exponent = Number(exponentText);
  return sign + notation(digits, exponent);
}

const INTEGER_MAX = 2 ** 52;

/** `digits` with the decimal point after the first one, times ten to the power of `exponent`. */
function notation(digits: string, exponent: number): string {
  const zeros = exponent + 1 - digits.length;
  const size = Math.abs(exponent);
  if (zeros >= 0 && size < digits.length + 7) return digits + "0".repeat(zeros);
  if (zeros < 0 && (zeros > -7 || size < 4)) {
    return exponent < 0
      ? `0.${"0".repeat(-exponent - 1)}${digits}`
      : `${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
  }
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
  return `${digits.slice(0, 1)}${fraction}e${exponent < 0 ? "-" : "+"}${size}`;
}
