/** A JSON value, as JSON.parse returns it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** True for a JSON object: neither null, nor an array, nor a scalar. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True when objects and lists are nested deeper than this. Goes level by level: no depth exhausts the stack. */
export function isDeeperThan(value: Json, depthMax: number): boolean {
  let level: readonly Json[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > depthMax) return true;
    level = level.flatMap(partsOf);
  }
  return false;
}

/** True when a number in it is beyond all that JSON can say again: `1e400` is read as infinity. Any depth. */
export function hasInfinity(value: Json): boolean {
  let level: readonly Json[] = [value];
  while (level.length > 0) {
    if (level.some((part) => typeof part === "number" && !Number.isFinite(part))) return true;
    level = level.flatMap(partsOf);
  }
  return false;
}

function partsOf(value: Json): readonly Json[] {
  return typeof value === "object" && value !== null ? Object.values(value) : [];
}

/** True when two JSON values are equal; the order of an object's keys does not matter. */
export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => sameJson(item, b[i]));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
  );
}
