/** The operators of the closures. Integers are numbers here; see `expressions-closures.ts` for why that is exact. */
import { isJsonObject } from "../base/json.ts";

/** The closure does not know: ask cel-js. */
export const BAIL: unique symbol = Symbol("bail");

type Apply = (left: unknown, right: unknown) => unknown;

/** The binary operators on JSON values; `BAIL` where cel-js would give an error or has a rule of its own. */
export const BINARY: Readonly<Record<string, Apply>> = {
  "==": equals,
  "!=": (left, right) => {
    const same = equals(left, right);
    return typeof same === "boolean" ? !same : BAIL;
  },
  "<": ordered(
    (a, b) => a < b,
    (a, b) => a < b,
  ),
  "<=": ordered(
    (a, b) => a <= b,
    (a, b) => a <= b,
  ),
  ">": ordered(
    (a, b) => a > b,
    (a, b) => a > b,
  ),
  ">=": ordered(
    (a, b) => a >= b,
    (a, b) => a >= b,
  ),
  "+": (left, right) => {
    if (typeof left === "number" && typeof right === "number") return left + right;
    return typeof left === "string" && typeof right === "string" ? left + right : BAIL;
  },
  "-": numeric((a, b) => a - b),
  "*": numeric((a, b) => a * b),
  "/": numeric((a, b) => a / b),
  "%": numeric((a, b) => a % b),
  in: isIn,
};

function numeric(apply: (left: number, right: number) => number): Apply {
  return (left, right) => (typeof left === "number" && typeof right === "number" ? apply(left, right) : BAIL);
}

function ordered(
  numbers: (a: number, b: number) => boolean,
  texts: (a: string, b: string) => boolean,
): Apply {
  return (left, right) => {
    if (typeof left === "number" && typeof right === "number") return numbers(left, right);
    return typeof left === "string" && typeof right === "string" ? texts(left, right) : BAIL;
  };
}

function isScalar(value: unknown): boolean {
  return value === null || (typeof value !== "object" && value !== BAIL);
}

function equals(left: unknown, right: unknown): boolean | typeof BAIL {
  return isScalar(left) && isScalar(right) ? left === right : BAIL;
}

function isIn(left: unknown, right: unknown): boolean | typeof BAIL {
  if (!Array.isArray(right)) {
    return typeof left === "string" && isJsonObject(right as never)
      ? Object.hasOwn(right as object, left)
      : BAIL;
  }
  // A list of another kind than the value is an error in CEL: cel-js looks at the first item, and so do we.
  return right.length > 0 && isScalar(left) && left !== null && typeof right[0] === typeof left
    ? right.includes(left)
    : BAIL;
}
