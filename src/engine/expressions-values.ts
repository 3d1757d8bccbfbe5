/**
 * The values of expressions: JSON (numbers, texts, true and false, null, lists, objects), and beyond it points in time,
 * lengths of time, optionals, types, maps with keys that are no texts, and failures.
 *
 * A failure is a value, not an exception: `false && failure` is false, and a loop may meet thousands of them.
 */
import { charge, chargeEntries, chargeText, EvaluationAborted } from "./expressions-meter.ts";

/** A value that is no JSON. Its fields are private, so that no expression can reach them. */
export abstract class Special {
  abstract get kind(): string;

  /** How messages show it. */
  get shown(): string {
    return this.kind;
  }
}

/** Why there is no value. The text is made when it is asked for: most failures are passed over. */
export class Failure extends Special {
  readonly #reason: () => string;
  #start = -1;

  constructor(reason: string | (() => string)) {
    super();
    this.#reason = typeof reason === "string" ? () => reason : reason;
  }

  get kind(): string {
    return "failure";
  }

  /** The same failure, at this place of the text if it had none. */
  at(start: number): this {
    if (this.#start < 0) this.#start = start;
    return this;
  }

  /** One line with the position, counted from 1. */
  get text(): string {
    const reason = this.#reason();
    if (this.#start < 0) return reason;
    // The advice goes last: `what is wrong at 9; what to write`.
    const [what = "", ...advice] = reason.split("; ");
    return [`${what} at ${this.#start + 1}`, ...advice].join("; ");
  }
}

/** Nanoseconds, of a point in time or of a length of time. */
abstract class Nanoseconds extends Special {
  readonly #nanos: bigint;

  constructor(nanos: bigint) {
    super();
    this.#nanos = nanos;
  }

  override get shown(): string {
    return `${this.ms} ms`;
  }

  get nanos(): bigint {
    return this.#nanos;
  }

  /** Milliseconds, as `now` has them. */
  get ms(): number {
    return Number(this.#nanos / 1_000_000n) + Number(this.#nanos % 1_000_000n) / 1e6;
  }
}

/** A point in time, since 1970, exact to the nanosecond. */
export class Timestamp extends Nanoseconds {
  // The literal keeps the compiler from taking one for the other.
  get kind(): "timestamp" {
    return "timestamp";
  }
}

/** A length of time, exact to the nanosecond. */
export class Duration extends Nanoseconds {
  get kind(): "duration" {
    return "duration";
  }
}

/** A value that may be absent. */
export class Optional extends Special {
  /** The value, undefined when there is none. */
  readonly #value: unknown;

  constructor(value: unknown) {
    super();
    this.#value = value;
  }

  get kind(): string {
    return "optional";
  }

  get value(): unknown {
    return this.#value;
  }
}

export const NONE = new Optional(undefined);

/** The type of a value: `type(x)`, and the names `string`, `list`, … */
export class CelType extends Special {
  readonly #name: string;

  constructor(name: string) {
    super();
    this.#name = name;
  }

  get kind(): string {
    return "type";
  }

  override get shown(): string {
    return this.#name;
  }

  get name(): string {
    return this.#name;
  }
}

/** The names that CEL has for kinds of values where ours are others. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  null: "null_type",
  timestamp: "google.protobuf.Timestamp",
  duration: "google.protobuf.Duration",
  optional: "optional_type",
};

export function typeOf(value: unknown): CelType {
  const kind = kindOf(value);
  return new CelType(TYPE_NAMES[kind] ?? kind);
}

/** An object of JSON, or a map that has a key that is no text. */
export type MapValue = { readonly [key: string]: unknown } | ReadonlyMap<unknown, unknown>;

/** The name of the kind of a value, as messages and signatures say it. */
export function kindOf(value: unknown): string {
  switch (typeof value) {
    case "number":
    case "string":
      return typeof value;
    case "boolean":
      return "bool";
    default:
      if (value === null) return "null";
      if (Array.isArray(value)) return "list";
      return value instanceof Special ? value.kind : "map";
  }
}

export function isMapValue(value: unknown): value is MapValue {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Special);
}

/** The value under a key, undefined where there is none. Objects of JSON have texts as keys; a number finds its text. */
export function valueUnder(map: MapValue, key: unknown): unknown {
  if (map instanceof Map) return map.get(key);
  const name = typeof key === "string" ? key : nameOf(key);
  return name !== undefined && Object.hasOwn(map, name)
    ? ((map as Readonly<Record<string, unknown>>)[name] ?? null)
    : undefined;
}

function nameOf(key: unknown): string | undefined {
  return typeof key === "number" || typeof key === "boolean" ? String(key) : undefined;
}

export function keysOf(map: MapValue): readonly unknown[] {
  return map instanceof Map ? [...map.keys()] : Object.keys(map);
}

export function sizeOfMap(map: MapValue): number {
  return map instanceof Map ? map.size : Object.keys(map).length;
}

export function entriesOf(map: MapValue): readonly (readonly [unknown, unknown])[] {
  return map instanceof Map ? [...map] : Object.entries(map);
}

/** True for what may be a key: a text, a whole number, true or false. */
export function isKey(value: unknown): boolean {
  return typeof value === "string" || typeof value === "boolean" || Number.isInteger(value);
}

/** A map of entries: an object of JSON where all keys are texts. A later entry replaces an earlier one. */
export function mapOf(entries: Iterable<readonly [unknown, unknown]>): MapValue {
  const map = new Map(entries);
  for (const key of map.keys()) if (typeof key !== "string") return map;
  // `fromEntries` makes own properties of all names, `__proto__` among them.
  return Object.fromEntries(map as Map<string, unknown>);
}

/** How deep values may be nested that are compared or converted, which is done by recursion. */
export const VALUE_DEPTH_MAX = 200;

/** Equal in the sense of `==`: numbers by value, lists and maps by their parts, different kinds never. */
export function equals(left: unknown, right: unknown, depth = 0): boolean {
  if (left === right) {
    if (typeof left === "string") chargeText(left);
    return true;
  }
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) {
    return meetsNumber(left, right);
  }
  if (depth > VALUE_DEPTH_MAX) throw new EvaluationAborted(`nested deeper than ${VALUE_DEPTH_MAX}`);
  if (Array.isArray(left) && Array.isArray(right)) {
    charge(1 + Math.min(left.length, right.length));
    return left.length === right.length && left.every((item, i) => equals(item, right[i], depth + 1));
  }
  if (left instanceof Special || right instanceof Special) return equalSpecials(left, right, depth);
  return isMapValue(left) && isMapValue(right) && equalMaps(left, right, depth);
}

/** A point in time equals the number of its milliseconds, so that dates meet `now`; a length of time likewise. */
function meetsNumber(left: unknown, right: unknown): boolean {
  if (typeof left === "number") return isTime(right) && right.ms === left;
  return typeof right === "number" && isTime(left) && left.ms === right;
}

export function isTime(value: unknown): value is Timestamp | Duration {
  return value instanceof Timestamp || value instanceof Duration;
}

function equalSpecials(left: object, right: object, depth: number): boolean {
  if (left instanceof Timestamp) return right instanceof Timestamp && left.nanos === right.nanos;
  if (left instanceof Duration) return right instanceof Duration && left.nanos === right.nanos;
  if (left instanceof CelType) return right instanceof CelType && left.name === right.name;
  if (!(left instanceof Optional && right instanceof Optional)) return false;
  if (left.value === undefined || right.value === undefined) return left.value === right.value;
  return equals(left.value, right.value, depth + 1);
}

function equalMaps(left: MapValue, right: MapValue, depth: number): boolean {
  const entries = entriesOf(left);
  chargeEntries(entries.length);
  if (entries.length !== sizeOfMap(right)) return false;
  for (const [key, value] of entries) {
    const other = valueUnder(right, key);
    if (other === undefined || !equals(value, other, depth + 1)) return false;
  }
  return true;
}

/** Below zero, zero or above: the order of two values of one kind; undefined where there is none. */
export function compare(left: unknown, right: unknown): number | undefined {
  if (typeof left === "number" && typeof right === "number") {
    return left < right ? -1 : left > right ? 1 : left === right ? 0 : Number.NaN;
  }
  if (typeof left === "string" && typeof right === "string") return compareTexts(left, right);
  if (typeof left === "boolean" && typeof right === "boolean") return Number(left) - Number(right);
  if (left instanceof Timestamp && right instanceof Timestamp) return sign(left.nanos - right.nanos);
  if (left instanceof Duration && right instanceof Duration) return sign(left.nanos - right.nanos);
  if (isTime(left) && typeof right === "number") return left.ms - right;
  if (typeof left === "number" && isTime(right)) return left - right.ms;
  return undefined;
}

function sign(value: bigint): number {
  return value < 0n ? -1 : value > 0n ? 1 : 0;
}

/** By code points: JavaScript compares halves of surrogate pairs, which puts emoji before some letters. */
function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  charge(1 + (length >> 3));
  for (let i = 0; i < length; i += 1) {
    const [a, b] = [left.charCodeAt(i), right.charCodeAt(i)];
    if (a === b) continue;
    const [aIsHalf, bIsHalf] = [(a & 0xf800) === 0xd800, (b & 0xf800) === 0xd800];
    return aIsHalf === bIsHalf ? a - b : aIsHalf ? 1 : -1;
  }
  return left.length - right.length;
}
