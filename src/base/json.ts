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

/** True when objects and lists are nested deeper than this. Goes level by level: no depth exhausts the stack. */
export function isDeeperThan(value: Json, depthMax: number): boolean {
  let level: readonly Json[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > depthMax) return true;
    level = level.flatMap(partsOf);
  }
  return false;
}

function partsOf(value: Json): readonly Json[] {
  return typeof value === "object" && value !== null ? Object.values(value) : [];
}
