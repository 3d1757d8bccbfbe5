/**
 * What JSON.parse does not tell of a document's keys: which object names one twice, and their order where a key looks
 * like a whole number, because JavaScript puts those first. The order of states is document order.
 */
import type { Json, JsonObject } from "../base/json.ts";
import { JsonScanner } from "../base/json-scanner.ts";
import { at } from "./problems.ts";

export type DocumentKeys = {
  /** Keys in the order of the text, by the JSON path of their object; only where that is not JavaScript's order. */
  readonly order: ReadonlyMap<string, readonly string[]>;
  /** JSON paths that were given more than once. */
  readonly repeated: readonly string[];
};

/** What is known of a document that came as a value, not as text. */
export const NO_KEYS: DocumentKeys = { order: new Map(), repeated: [] };

/** Reads the keys of a text that JSON.parse has taken, and that is not nested deeply: the walk is recursive. */
export function readKeys(text: string): DocumentKeys {
  const scanner = new JsonScanner(text);
  const order = new Map<string, readonly string[]>();
  const repeated: string[] = [];
  const walk = (path: string): void => {
    const kind = scanner.peek();
    if (kind === "array") scanner.array((index) => walk(at(path, index)));
    else if (kind === "object") {
      const keys = new Set<string>();
      scanner.object((key) => {
        const place = at(path, key);
        if (keys.has(key)) repeated.push(place);
        keys.add(key);
        walk(place);
      });
      if ([...keys].some((key) => /^\d+$/.test(key))) order.set(path, [...keys]);
    } else scanner.skip();
  };
  walk("$");
  return { order, repeated };
}

/** The entries of an object in the order of the document. `path` is where it stands. */
export function entriesIn(
  { order }: DocumentKeys,
  object: JsonObject,
  path: string,
): readonly (readonly [string, Json])[] {
  const keys = order.get(path);
  return keys === undefined ? Object.entries(object) : keys.map((key) => [key, object[key] ?? null]);
}
