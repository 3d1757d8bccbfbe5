/** Conversions, optionals, and texts of other formats: base64 and JSON. */
import { holdsInexact, withInexactNumbers } from "../base/exact-json.ts";
import { isDeeperThan, type Json } from "../base/json.ts";
import { scalarText } from "./expressions-format.ts";
import { toJson } from "./expressions-json.ts";
import { charge, PARSE_COST } from "./expressions-meter.ts";
import { type Rule, rule } from "./expressions-rules.ts";
import { show } from "./expressions-show.ts";
import { durationOfMs, durationOfText, timestampOfMs, timestampOfText } from "./expressions-time.ts";
import {
  CelType,
  type Duration,
  Failure,
  isMapValue,
  kindOf,
  NONE,
  Optional,
  sizeOfMap,
  type Timestamp,
  typeOf,
  VALUE_DEPTH_MAX,
} from "./expressions-values.ts";
import { inexactReason } from "./inexact-data.ts";

const WHOLE = /^[+-]?\d+$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const NO_NUMBERS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

function intOfText(text: string): number | Failure {
  const number = text.length < 400 && WHOLE.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(number)) {
    const advice = doubleOfText(text) instanceof Failure ? "" : `; write double(…) or math.trunc(double(…))`;
    return new Failure(() => `${show(text)} is not a whole number${advice}`);
  }
  if (Number.isSafeInteger(number)) return number;
  return new Failure(`${show(text)} is not exact as a number; keep it as a string`);
}

function intOfNumber(value: number): number | Failure {
  const number = Math.trunc(value);
  return Math.abs(number) < 2 ** 63 ? number : new Failure(`${value} is too large for a whole number`);
}

function doubleOfText(text: string): number | Failure {
  const number = text.length < 400 && NUMBER.test(text) ? Number(text) : NO_NUMBERS[text];
  if (number === undefined) return new Failure(() => `${show(text)} is not a number`);
  return number;
}

/** Not below zero. */
function unsigned(value: number | Failure): number | Failure {
  return typeof value === "number" && value < 0 ? new Failure(`${value} is below zero`) : value;
}

const TRUTHS: Readonly<Record<string, boolean>> = {
  "1": true,
  t: true,
  true: true,
  TRUE: true,
  True: true,
  "0": false,
  f: false,
  false: false,
  FALSE: false,
  False: false,
};

function boolOfText(text: string): boolean | Failure {
  const value = Object.hasOwn(TRUTHS, text) ? TRUTHS[text] : undefined;
  return value ?? new Failure(() => `${show(text)} is neither true nor false`);
}

function stringOf(value: unknown): string | Failure {
  const text = value instanceof CelType ? value.name : scalarText(value);
  if (text !== undefined) return text;
  const advice = value === null ? "" : "; write json.encode(…)";
  return new Failure(
    () =>
      `string takes a number, a string, true or false, or a time, this is ${kindOf(value)} ${show(value)}${advice}`,
  );
}

function encode(value: unknown): string | Failure {
  const json = toJson(value, JSON_SIZE_MAX);
  if (!json.ok) return new Failure(json.reason);
  const text = JSON.stringify(json.value);
  charge(text.length);
  return text;
}

const JSON_SIZE_MAX = 1_000_000;

function decode(text: string): Json | Failure {
  charge(1 + text.length);
  try {
    const value = withInexactNumbers(text, JSON.parse(text) as Json);
    const inexact = holdsInexact(value) ? inexactReason(value) : undefined;
    if (inexact !== undefined) return new Failure(inexact);
    return isDeeperThan(value, VALUE_DEPTH_MAX) ? new Failure("the JSON is nested too deep") : value;
  } catch {
    return new Failure(() => `${show(text)} is not JSON`);
  }
}

function toBase64(text: string): string {
  charge(1 + text.length);
  let binary = "";
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

function fromBase64(text: string): string | Failure {
  charge(1 + text.length);
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new Failure(() => `${show(text)} is not a base64 string`);
  }
}

const CONVERSIONS: readonly Rule[] = [
  rule("string", ["dyn"], "string", stringOf),
  rule("int", ["number"], "number", intOfNumber),
  rule("int", ["string"], "number", intOfText),
  rule("int", ["timestamp"], "number", msOf),
  rule("int", ["duration"], "number", msOf),
  rule("uint", ["number"], "number", (value) => unsigned(intOfNumber(value))),
  rule("uint", ["string"], "number", (text) => unsigned(intOfText(text))),
  rule("double", ["number"], "number", (value) => value),
  rule("double", ["string"], "number", doubleOfText),
  rule("bool", ["bool"], "bool", (value) => value),
  rule("bool", ["string"], "bool", boolOfText),
  rule("timestamp", ["string"], "timestamp", parsed(timestampOfText)),
  rule("timestamp", ["number"], "timestamp", timestampOfMs),
  rule("timestamp", ["timestamp"], "timestamp", (time) => time),
  rule("duration", ["string"], "duration", parsed(durationOfText)),
  rule("duration", ["number"], "duration", durationOfMs),
  rule("duration", ["duration"], "duration", (length) => length),
  rule("dyn", ["dyn"], "dyn", (value) => value),
  rule("type", ["dyn"], "type", typeOf),
];

/** Charges for taking a text apart. */
function parsed<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    charge(PARSE_COST);
    return parse(text);
  };
}

/** Whole milliseconds. */
function msOf(time: Timestamp | Duration): number {
  return Math.floor(time.ms);
}

const TEXTS: readonly Rule[] = [
  rule("base64.encode", ["string"], "string", toBase64),
  rule("base64.decode", ["string"], "string", fromBase64),
  rule("json.encode", ["dyn"], "string", encode),
  rule("json.decode", ["string"], "dyn", decode),
];

/** Zero, an empty text, list or map, false and null are what a field has that nobody set. */
function isZero(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  return isMapValue(value) ? sizeOfMap(value) === 0 : [null, false, 0, ""].includes(value as null);
}

const OPTIONALS: readonly Rule[] = [
  rule("optional.none", [], "optional", () => NONE),
  rule("optional.of", ["dyn"], "optional", (value) => new Optional(value)),
  rule("optional.ofNonZeroValue", ["dyn"], "optional", (value) =>
    isZero(value) ? NONE : new Optional(value),
  ),
  rule(".hasValue", ["optional"], "bool", ({ value }) => value !== undefined),
  rule(".value", ["optional"], "dyn", ({ value }) =>
    value === undefined
      ? new Failure("the optional has no value; say what to take instead: .orValue(…)")
      : value,
  ),
  rule("optional.unwrap", ["list"], "list", unwrap),
  rule(".unwrapOpt", ["list"], "list", unwrap),
];

/** The values of those that have one. */
function unwrap(list: readonly unknown[]): unknown {
  charge(1 + list.length);
  const other = list.find((item) => !(item instanceof Optional));
  if (other !== undefined)
    return new Failure(() => `unwrap takes a list of optionals, this has ${show(other)}`);
  return list.flatMap((item) => (item instanceof Optional && item.value !== undefined ? [item.value] : []));
}

export const CONVERT_RULES: readonly Rule[] = [...CONVERSIONS, ...TEXTS, ...OPTIONALS];
