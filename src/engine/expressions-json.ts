/**
 * From the value of an expression to JSON: points and lengths of time become texts, an optional its value, keys of
 * maps texts; what JSON cannot say is refused. The size is bounded because a value may share parts many times over:
 * what is small in memory can be huge in JSON.
 */
import type { Json } from "../base/json.ts";
import { textOfDuration, textOfTimestamp } from "./expressions-time.ts";
import {
  Duration,
  entriesOf,
  type MapValue,
  Optional,
  Special,
  Timestamp,
  VALUE_DEPTH_MAX,
} from "./expressions-values.ts";

export type JsonResult =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly reason: string };

class Refusal extends Error {}

/** What is left of the bounds of one conversion. */
type Rest = { left: number; readonly sizeMax: number; depth: number };

/** The JSON of a value. `sizeMax` counts characters plus one for each value. */
export function toJson(value: unknown, sizeMax: number): JsonResult {
  switch (typeof value) {
    case "boolean":
      return { ok: true, value };
    case "number":
      if (Number.isFinite(value)) return { ok: true, value: value === 0 ? 0 : value };
      break;
    default:
  }
  if (value === null) return { ok: true, value: null };
  try {
    return { ok: true, value: convert(value, { left: sizeMax, sizeMax, depth: 0 }) };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, reason: error.message };
    throw error;
  }
}

function convert(value: unknown, size: Rest): Json {
  size.left -= typeof value === "string" ? value.length + 1 : 1;
  if (size.left < 0) throw new Refusal(`the result is larger than ${size.sizeMax} characters`);
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (!Number.isFinite(value)) throw new Refusal(`the result is ${value}, which is not a JSON number`);
      return value === 0 ? 0 : value;
    default:
      // Values of expressions are of no other type.
      return value === null ? null : convertObject(value as object, size);
  }
}

function convertObject(value: object, size: Rest): Json {
  if (value instanceof Special) return convertSpecial(value, size);
  if (size.depth >= VALUE_DEPTH_MAX) throw new Refusal(`the result is nested deeper than ${VALUE_DEPTH_MAX}`);
  size.depth += 1;
  const json = Array.isArray(value)
    ? value.map((item) => convert(item, size))
    : convertMap(value as MapValue, size);
  size.depth -= 1;
  return json;
}

function convertSpecial(value: Special, size: Rest): Json {
  if (value instanceof Timestamp) return textOfTimestamp(value);
  if (value instanceof Duration) return textOfDuration(value);
  if (value instanceof Optional) {
    if (value.value !== undefined) return convert(value.value, size);
    throw new Refusal("the result is an optional without value; say what to take instead: .orValue(…)");
  }
  throw new Refusal(`the result is a ${value.kind}, which is not a JSON value; a string is written '…'`);
}

function convertMap(map: MapValue, size: Rest): Json {
  const entries: [string, Json][] = [];
  for (const [key, item] of entriesOf(map)) {
    const name = String(key);
    size.left -= name.length;
    entries.push([name, convert(item, size)]);
  }
  // `fromEntries` makes own properties of all names, `__proto__` among them.
  const json = Object.fromEntries(entries);
  if (map instanceof Map && Object.keys(json).length < map.size) {
    throw new Refusal("the result has two keys that are the same text in JSON, such as 1 and '1'");
  }
  return json;
}
