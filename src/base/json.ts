/** A JSON value, as JSON.parse returns it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** True for a JSON object: neither null, nor an array, nor a scalar, nor a number that is kept as its text. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof InexactNumber)
  );
}

/** What the members of objects lead to, one inside the other; undefined where one is not there. */
export function memberAt(value: Json, keys: readonly string[]): Json | undefined {
  let found: Json | undefined = value;
  for (const key of keys) found = isJsonObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  return found;
}

/** A number that a double does not hold (`exact-json.ts`). It stands where JSON has a number, and is none. */
export class InexactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** @throws InexactInside, so that nothing writes it as the object it is: `textOfJson` knows how */
  toJSON(): never {
    throw new InexactInside("an inexact number is written by textOfJson");
  }
}

export class InexactInside extends Error {}

/**
 * True when objects and lists are nested deeper than this, a low number: it recurses that deep and no deeper, whatever
 * the value is.
 */
export function isDeeperThan(value: Json, depthMax: number): boolean {
  if (depthMax < 0) return true;
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some((part) => isDeeperThan(part, depthMax - 1));
  // A loop over the keys: a list of the values of a large object takes four times as long.
  for (const key in value) if (isDeeperThan((value as JsonObject)[key] ?? null, depthMax - 1)) return true;
  return false;
}
