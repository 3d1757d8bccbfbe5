/** The operators on values: arithmetic, order, equality, membership. */
import { ARITHMETIC, type Type } from "./expressions-compiler.ts";
import { charge, chargeText } from "./expressions-meter.ts";
import { show } from "./expressions-show.ts";
import { durationOfMs, lengthOf, timestampOf, timestampOfMs } from "./expressions-time.ts";
import {
  compare,
  Duration,
  equals,
  Failure,
  isMapValue,
  kindOf,
  Timestamp,
  valueUnder,
} from "./expressions-values.ts";

export type Apply = (left: unknown, right: unknown) => unknown;

/** The binary operators. A failed operand is the result; the left one goes first. */
export const BINARY: Readonly<Record<string, Apply>> = {
  "==": (left, right) => {
    if (isScalar(left) && isScalar(right)) return left === right;
    return failed(left, right) ?? equals(left, right);
  },
  "!=": (left, right) => {
    if (isScalar(left) && isScalar(right)) return left !== right;
    return failed(left, right) ?? !equals(left, right);
  },
  "<": (left, right) =>
    typeof left === "number" && typeof right === "number"
      ? left < right
      : ordered("<", [left, right], (order) => order < 0),
  "<=": (left, right) =>
    typeof left === "number" && typeof right === "number"
      ? left <= right
      : ordered("<=", [left, right], (order) => order <= 0),
  ">": (left, right) =>
    typeof left === "number" && typeof right === "number"
      ? left > right
      : ordered(">", [left, right], (order) => order > 0),
  ">=": (left, right) =>
    typeof left === "number" && typeof right === "number"
      ? left >= right
      : ordered(">=", [left, right], (order) => order >= 0),
  "+": (left, right) =>
    typeof left === "number" && typeof right === "number" ? finite(left + right) : add(left, right),
  "-": (left, right) =>
    typeof left === "number" && typeof right === "number" ? finite(left - right) : subtract(left, right),
  "*": (left, right) =>
    typeof left === "number" && typeof right === "number"
      ? finite(left * right)
      : (failed(left, right) ?? noOperation("*", left, right)),
  "/": (left, right) => {
    if (typeof left !== "number" || typeof right !== "number") {
      return failed(left, right) ?? noOperation("/", left, right);
    }
    return right === 0 ? new Failure(`division of ${left} by zero`) : finite(left / right);
  },
  "%": (left, right) => {
    if (typeof left !== "number" || typeof right !== "number") {
      return failed(left, right) ?? noOperation("%", left, right);
    }
    return right === 0 ? new Failure(`division of ${left} by zero`) : finite(left % right);
  },
  in: isIn,
};

/** Numbers that JSON does not have are errors where they arise. */
export function finite(value: number): number | Failure {
  if (Number.isFinite(value)) return value;
  return new Failure(Number.isNaN(value) ? "the result is not a number" : "the number is too large");
}

function isScalar(value: unknown): boolean {
  return typeof value === "number" || typeof value === "boolean" || value === null || isShortText(value);
}

/** A text whose comparison costs next to nothing. */
function isShortText(value: unknown): boolean {
  return typeof value === "string" && value.length < 100;
}

function failed(left: unknown, right: unknown): Failure | undefined {
  if (left instanceof Failure) return left;
  return right instanceof Failure ? right : undefined;
}

function ordered(
  sign: string,
  [left, right]: readonly [unknown, unknown],
  holds: (order: number) => boolean,
): boolean | Failure {
  const failure = failed(left, right);
  if (failure !== undefined) return failure;
  const order = compare(left, right);
  return order === undefined ? noOperation(sign, left, right) : holds(order);
}

function add(left: unknown, right: unknown): unknown {
  if (typeof left === "string" && typeof right === "string") {
    charge(1 + ((left.length + right.length) >> 3));
    return left + right;
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    charge(1 + left.length + right.length);
    return [...left, ...right];
  }
  if (left instanceof Duration)
    return addLength(right, left) ?? failed(left, right) ?? noOperation("+", left, right);
  if (right instanceof Duration)
    return addLength(left, right) ?? failed(left, right) ?? noOperation("+", left, right);
  return failed(left, right) ?? noOperation("+", left, right);
}

/** A time, a length of time, or a number of milliseconds (`now`) that is so much later or longer. */
function addLength(value: unknown, { nanos, ms }: Duration): unknown {
  if (value instanceof Timestamp) return timestampOf(value.nanos + nanos);
  if (value instanceof Duration) return lengthOf(value.nanos + nanos);
  return typeof value === "number" ? finite(value + ms) : undefined;
}

/** The difference of two points in time, `now` and its like among them, is a length of time. */
function subtract(left: unknown, right: unknown): unknown {
  if (right instanceof Duration) {
    const shorter = addLength(left, new Duration(-right.nanos));
    if (shorter !== undefined) return shorter;
  }
  const [from, to] = [instantOf(right), instantOf(left)];
  if (from !== undefined && to !== undefined) {
    if (from instanceof Failure) return from;
    return to instanceof Failure ? to : lengthOf(to.nanos - from.nanos);
  }
  if (left instanceof Duration && typeof right === "number") {
    const length = durationOfMs(right);
    return length instanceof Failure ? length : lengthOf(left.nanos - length.nanos);
  }
  return failed(left, right) ?? noOperation("-", left, right);
}

function instantOf(value: unknown): Timestamp | Failure | undefined {
  if (value instanceof Timestamp) return value;
  return typeof value === "number" ? timestampOfMs(value) : undefined;
}

function isIn(left: unknown, right: unknown): boolean | Failure {
  const failure = failed(left, right);
  if (failure !== undefined) return failure;
  if (Array.isArray(right)) {
    charge(1 + right.length);
    if (typeof left === "string") chargeText(left);
    if (left === null || (typeof left !== "object" && typeof left !== "number")) return right.includes(left);
    return right.some((item) => equals(item, left));
  }
  if (isMapValue(right)) return valueUnder(right, left) !== undefined;
  if (typeof right === "string") {
    return new Failure(
      `'in' looks into a list or a map, this is the text ${show(right)}; write text.contains(part)`,
    );
  }
  return noOperation("in", left, right);
}

/** What an operator means nothing for, with the values and what to write instead. */
export function noOperation(sign: string, left: unknown, right: unknown): Failure {
  return new Failure(
    () =>
      `no operation ${nameWith(left)} ${sign} ${nameWith(right)}${adviceOn(sign, kindOf(left), kindOf(right))}`,
  );
}

function nameWith(value: unknown): string {
  return value === null ? "null" : `${kindOf(value)} ${show(value)}`;
}

/** `; …`: what to write instead; empty where nothing is known. */
export function adviceOn(sign: string, left: Type, right: Type): string {
  const kinds = [left, right];
  const has = (kind: string): boolean => kinds.includes(kind);
  if (has("null")) return "; ask with == null first";
  if (has("optional")) return "; say what to take when there is no value: .orValue(…)";
  if (sign === "+" && has("string")) {
    return has("list") ? "; write list + [text]" : "; write string(…) to make a string of the other";
  }
  if (sign === "+" && has("list")) return "; write list + [value]";
  if (sign === "+" && has("map")) return "; write a.merge(b)";
  if (has("timestamp") && has("string")) return "; write timestamp(text)";
  if (has("timestamp") && sign === "+") return "; write time + duration('1h')";
  if (has("duration") && has("string")) return "; write duration(text)";
  if (has("string") && (has("number") || has(ARITHMETIC)))
    return "; write double(…) to make a number of the string";
  return "";
}

const NUMBERS: readonly Type[] = ["number", "duration"];

/** The type of an operation, undefined when it means nothing for operands of these types. */
export function typeOfOperation(sign: string, left: Type, right: Type): Type | undefined {
  switch (sign) {
    case "==":
    case "!=":
      return "bool";
    case "<":
    case "<=":
    case ">":
    case ">=":
      return areOrdered(left, right) ? "bool" : undefined;
    case "in":
      return ["list", "map", "dyn", ARITHMETIC].includes(right) ? "bool" : undefined;
    case "+":
      return typeOfSum(left, right);
    case "-":
      return typeOfDifference(left, right);
    default:
      return isNumeric(left) && isNumeric(right) ? "number" : undefined;
  }
}

function isOpen(type: Type): boolean {
  return type === "dyn" || type === ARITHMETIC;
}

function isNumeric(type: Type): boolean {
  return type === "number" || isOpen(type);
}

function areOrdered(left: Type, right: Type): boolean {
  const times = ["timestamp", "duration"];
  const isOrdered = (type: Type): boolean => ["number", "string", "bool", ...times].includes(type);
  if (isOpen(left)) return isOpen(right) || isOrdered(right);
  if (isOpen(right)) return isOrdered(left);
  if (!isOrdered(left) || !isOrdered(right)) return false;
  return (
    left === right ||
    (times.includes(left) && right === "number") ||
    (left === "number" && times.includes(right))
  );
}

function typeOfSum(left: Type, right: Type): Type | undefined {
  if (isOpen(left) || isOpen(right)) {
    const known = isOpen(left) ? right : left;
    if (isOpen(known)) return ARITHMETIC;
    // What is added to a duration may be a time, a duration or a number.
    if (known === "duration") return ARITHMETIC;
    return ["number", "string", "list", "timestamp"].includes(known) ? known : undefined;
  }
  if (left === right) return ["number", "string", "list", "duration"].includes(left) ? left : undefined;
  const other = left === "duration" ? right : right === "duration" ? left : undefined;
  return other === "number" || other === "timestamp" ? other : undefined;
}

function typeOfDifference(left: Type, right: Type): Type | undefined {
  const isAllowed = (type: Type): boolean => isOpen(type) || type === "timestamp" || NUMBERS.includes(type);
  if (!isAllowed(left) || !isAllowed(right)) return undefined;
  if (left === "number" && right === "number") return "number";
  if (left === "timestamp" && right === "duration") return "timestamp";
  if (left === "number" && right === "duration") return "number";
  if (left === "duration" && right === "timestamp") return undefined;
  return isOpen(left) || isOpen(right) ? ARITHMETIC : "duration";
}
