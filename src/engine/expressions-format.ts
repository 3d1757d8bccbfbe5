/** `format`, and the text of any value. */
import { charge, chargeText, EvaluationAborted } from "./expressions-meter.ts";
import { type Rule, rule } from "./expressions-rules.ts";
import { show } from "./expressions-show.ts";
import { textOfDuration, textOfTimestamp } from "./expressions-time.ts";
import {
  CelType,
  Duration,
  entriesOf,
  Failure,
  isMapValue,
  kindOf,
  Timestamp,
  VALUE_DEPTH_MAX,
} from "./expressions-values.ts";

/** The text of a value that stands for itself; undefined for lists, maps and what has none. */
export function scalarText(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      return String(value === 0 ? 0 : value);
    case "boolean":
      return String(value);
    default:
      if (value instanceof Timestamp) return textOfTimestamp(value);
      if (value instanceof Duration) return textOfDuration(value);
      return value instanceof CelType ? value.name : undefined;
  }
}

/** The text of `%s`: lists and maps too, the keys of a map in order. */
function textOf(value: unknown, depth = 0): string | Failure {
  const scalar = value === null ? "null" : scalarText(value);
  if (scalar !== undefined) {
    chargeText(scalar);
    return scalar;
  }
  if (depth > VALUE_DEPTH_MAX) throw new EvaluationAborted(`nested deeper than ${VALUE_DEPTH_MAX}`);
  if (Array.isArray(value)) {
    const items = textsOf(value, depth);
    return items instanceof Failure ? items : `[${items.join(", ")}]`;
  }
  if (!isMapValue(value)) return new Failure(() => `%s has no text for ${kindOf(value)} ${show(value)}`);
  const entries: string[] = [];
  for (const pair of entriesOf(value)) {
    const texts = textsOf(pair, depth);
    if (texts instanceof Failure) return texts;
    entries.push(texts.join(": "));
  }
  return `{${entries.sort().join(", ")}}`;
}

function textsOf(values: readonly unknown[], depth: number): readonly string[] | Failure {
  const texts: string[] = [];
  charge(1 + values.length);
  for (const value of values) {
    const text = textOf(value, depth + 1);
    if (text instanceof Failure) return text;
    texts.push(text);
  }
  return texts;
}

const CLAUSE = /%(?:%|(?:\.(\d{1,3}))?([a-zA-Z]))|%/g;

function format(pattern: string, values: readonly unknown[]): string | Failure {
  chargeText(pattern);
  let used = 0;
  let failure: Failure | undefined;
  const text = pattern.replace(CLAUSE, (clause, precision: string | undefined, kind: string | undefined) => {
    if (clause === "%%") return "%";
    if (failure !== undefined) return "";
    if (kind === undefined) failure = new Failure("a % that stands for itself is written %%");
    else if (used >= values.length) failure = new Failure(`format has no value for ${clause}`);
    else {
      const part = formatOne(values[used], kind, precision === undefined ? undefined : Number(precision));
      used += 1;
      if (typeof part === "string") return part;
      failure = part;
    }
    return "";
  });
  return failure ?? text;
}

function formatOne(value: unknown, kind: string, precision: number | undefined): string | Failure {
  if (kind === "s") return textOf(value);
  if ((kind === "x" || kind === "X") && typeof value === "string") {
    charge(1 + value.length);
    const bytes = [...new TextEncoder().encode(value)];
    const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return kind === "x" ? hex : hex.toUpperCase();
  }
  if (!"dfebox".includes(kind.toLowerCase())) {
    return new Failure(`there is no %${kind} in format; there are %s %d %f %e %b %o %x %X`);
  }
  if (typeof value !== "number") {
    return new Failure(() => `%${kind} takes a number, this is ${kindOf(value)} ${show(value)}`);
  }
  if (kind === "d") return String(value);
  if (!Number.isFinite(value)) return String(value);
  if (kind === "f" || kind === "e") {
    const digits = precision ?? 6;
    if (digits > DIGITS_MAX) return new Failure(`%${kind} has ${DIGITS_MAX} decimals at most`);
    return kind === "f" ? value.toFixed(digits) : exponential(value, digits);
  }
  if (!Number.isInteger(value)) return new Failure(() => `%${kind} takes a whole number, this is ${value}`);
  const text = value.toString({ b: 2, o: 8 }[kind] ?? 16);
  return kind === "X" ? text.toUpperCase() : text;
}

const DIGITS_MAX = 100;

/** The exponent has two digits at least. */
function exponential(value: number, digits: number): string {
  return value.toExponential(digits).replace(/e([+-])(\d)$/, "e$10$2");
}

export const FORMAT_RULES: readonly Rule[] = [rule(".format", ["string", "list"], "string", format)];
