/** Functions on numbers. */
import { charge, PARSE_COST } from "./expressions-meter.ts";
import { finite } from "./expressions-operators.ts";
import { type Rule, rule } from "./expressions-rules.ts";
import { show } from "./expressions-show.ts";
import { compare, Failure, kindOf } from "./expressions-values.ts";

/**
 * Rounds the number as it is printed, half away from zero: 1.005 is 1.01 with two digits, although the double nearest to
 * 1.005 is below it. The exponent is moved in the text, so no product rounds on the way.
 */
function round(value: number, digits = 0): number | Failure {
  if (Math.abs(digits) > DIGITS_MAX) return new Failure(`math.round takes ${DIGITS_MAX} digits at most`);
  if (!Number.isFinite(value)) return value;
  charge(PARSE_COST);
  const size = Math.abs(value);
  const moved = Math.round(move(size, digits));
  if (!Number.isFinite(moved)) return value;
  return Math.sign(value) * move(moved, -digits);
}

const DIGITS_MAX = 100;

/** The number with its decimal point moved. */
function move(value: number, places: number): number {
  const [digits = "0", exponent = "0"] = String(value).split("e");
  return Number(`${digits}e${Number(exponent) + places}`);
}

/** The greatest (1) or least (-1) of numbers. */
function extreme(values: readonly unknown[], wanted: 1 | -1): unknown {
  let best: unknown;
  for (const value of values) {
    if (typeof value !== "number") {
      return new Failure(
        () => `math.greatest and math.least take numbers, this is ${kindOf(value)} ${show(value)}`,
      );
    }
    if (best === undefined || Math.sign(compare(value, best) ?? 0) === wanted) best = value;
  }
  return best ?? new Failure("math.greatest and math.least take one number at least");
}

/** Numbers of 64 bits, as CEL computes with them bit by bit. */
function bits(...values: readonly number[]): readonly bigint[] {
  return values.map((value) => BigInt.asIntN(64, BigInt(value)));
}

function fromBits(value: bigint): number | Failure {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : new Failure(`${value} is not exact as a number`);
}

function shift(value: number, by: number, direction: "left" | "right"): number | Failure {
  if (by < 0) return new Failure(`bits are shifted by a number that is not negative, this is ${by}`);
  if (by > 63) return 0;
  const [given = 0n] = bits(value);
  if (direction === "left") return fromBits(BigInt.asIntN(64, given << BigInt(by)));
  return fromBits(BigInt.asUintN(64, given) >> BigInt(by));
}

function bitwise(name: string, apply: (a: bigint, b: bigint) => bigint): Rule {
  return rule(name, ["int", "int"], "number", (a, b) => {
    const [left = 0n, right = 0n] = bits(a, b);
    return fromBits(apply(left, right));
  });
}

const ONE_NUMBER: readonly (readonly [string, (value: number) => number])[] = [
  ["floor", Math.floor],
  ["ceil", Math.ceil],
  ["trunc", Math.trunc],
  ["abs", Math.abs],
  ["sign", Math.sign],
];

/** How many arguments `math.greatest` takes that are not a list. */
const ARGUMENTS_MAX = 8;

function extremes(name: string, wanted: 1 | -1): readonly Rule[] {
  const rules = [rule(name, ["list"], "number", (list) => extreme(list, wanted))];
  for (let count = 1; count <= ARGUMENTS_MAX; count += 1) {
    rules.push({
      name,
      kinds: Array.from({ length: count }, () => "number" as const),
      result: "number",
      apply: (...values) => extreme(values, wanted),
    });
  }
  return rules;
}

export const MATH_RULES: readonly Rule[] = [
  rule("math.round", ["number"], "number", (value) => round(value)),
  rule("math.round", ["number", "int"], "number", round),
  ...ONE_NUMBER.map(([name, apply]) => rule(`math.${name}`, ["number"], "number", apply)),
  rule("math.sqrt", ["number"], "number", (value) =>
    value < 0 ? new Failure(`math.sqrt of ${value}, which is negative`) : Math.sqrt(value),
  ),
  rule("math.pow", ["number", "number"], "number", (base, exponent) => finite(base ** exponent)),
  ...extremes("math.greatest", 1),
  ...extremes("math.least", -1),
  ...extremes("math.max", 1),
  ...extremes("math.min", -1),
  rule("math.isNaN", ["number"], "bool", (value) => Number.isNaN(value)),
  rule("math.isInf", ["number"], "bool", (value) => !Number.isNaN(value) && !Number.isFinite(value)),
  rule("math.isFinite", ["number"], "bool", (value) => Number.isFinite(value)),
  bitwise("math.bitAnd", (a, b) => a & b),
  bitwise("math.bitOr", (a, b) => a | b),
  bitwise("math.bitXor", (a, b) => a ^ b),
  rule("math.bitNot", ["int"], "number", (value) => fromBits(~(bits(value)[0] ?? 0n))),
  rule("math.bitShiftLeft", ["int", "int"], "number", (value, by) => shift(value, by, "left")),
  rule("math.bitShiftRight", ["int", "int"], "number", (value, by) => shift(value, by, "right")),
];
