/**
 * From a CEL value to JSON: integers (BigInt) become numbers, instants become ISO texts, and what JSON cannot say
 * (NaN, infinities, bytes, types, durations) is refused. The size is bounded because a value may share parts many
 * times over: what is small in memory can be huge in JSON.
 */
import type { Json, JsonObject } from "../base/json.ts";

export type JsonResult =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly reason: string };

/** Objects and lists inside one another in a result; conversion, comparison and storage of it are recursive. */
const DEPTH_MAX = 200;

class Refusal extends Error {}

/** What is left of the bounds of one conversion. */
type Rest = { left: number; readonly sizeMax: number; depth: number };

/** The JSON of a value of cel-js or of a closure. `sizeMax` counts characters plus one for each value. */
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
    case "bigint":
      return Number(value);
    case "number":
      if (!Number.isFinite(value)) throw new Refusal(`the result is ${value}, which is not a JSON number`);
      return value === 0 ? 0 : value;
    default:
      return convertObject(value, size);
  }
}

function convertObject(value: unknown, size: Rest): Json {
  if (value === null) return null;
  if (typeof value !== "object")
    throw new Refusal(`the result is a ${typeof value}, which is not a JSON value`);
  if (size.depth >= DEPTH_MAX) throw new Refusal(`the result is nested deeper than ${DEPTH_MAX}`);
  size.depth += 1;
  const json = convertComposite(value, size);
  size.depth -= 1;
  return json;
}

function convertComposite(value: object, size: Rest): Json {
  if (Array.isArray(value)) return value.map((item) => convert(item, size));
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Map) return convertEntries(value, size);
  // A JSON object may have a field named constructor; a class instance has a function there.
  if (value.constructor === Object || !(value.constructor instanceof Function))
    return convertEntries(Object.entries(value), size);
  if (value.constructor.name === "UnsignedInt") return Number(value);
  throw new Refusal(`the result is a ${value.constructor.name}, which is not a JSON value`);
}

function convertEntries(entries: Iterable<readonly [unknown, unknown]>, size: Rest): JsonObject {
  const result: { [key: string]: Json } = {};
  for (const [key, item] of entries) {
    const name = String(key);
    size.left -= name.length;
    define(result, name, convert(item, size));
  }
  return result;
}

/** Sets an own property also where the key is `__proto__`. */
function define(target: { [key: string]: Json }, key: string, value: Json): void {
  if (key === "__proto__")
    Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
  else target[key] = value;
}
