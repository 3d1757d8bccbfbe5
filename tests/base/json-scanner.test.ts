import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JsonFault, JsonScanner, placeOf } from "../../src/base/json-scanner.ts";

/** The whole text by way of the scanner, objects as lists of pairs. */
function scan(text: string): unknown {
  const scanner = new JsonScanner(text);
  const value = (): unknown => {
    const kind = scanner.peek();
    if (kind === "object") {
      const members: [string, unknown][] = [];
      scanner.object((key) => members.push([key, value()]));
      return members;
    }
    if (kind === "array") {
      const items: unknown[] = [];
      scanner.array(() => items.push(value()));
      return items;
    }
    if (kind === "string") return scanner.string();
    const start = scanner.offset;
    scanner.skip();
    return JSON.parse(text.slice(start, scanner.offset));
  };
  const result = value();
  scanner.end();
  return result;
}

function pairs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pairs);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value).map(([key, item]) => [key, pairs(item)]);
}

function skips(text: string): boolean {
  try {
    const scanner = new JsonScanner(text);
    scanner.skip();
    scanner.end();
    return true;
  } catch (error) {
    if (error instanceof JsonFault) return false;
    throw error;
  }
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("JsonScanner", () => {
  test("reads what JSON.parse reads", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2, "\t"), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        expect(scan(text)).toEqual(pairs(JSON.parse(text)));
      }),
    );
  });

  test("skip() accepts what JSON.parse accepts, and nothing else", () => {
    const alphabet = fc.constantFrom(..."{}[],:\"\\ \n019-+.eEtruefalsn/bu'\u0001é");
    const broken = fc
      .tuple(fc.json(), fc.nat(), fc.array(alphabet, { maxLength: 3 }), fc.nat({ max: 2 }))
      .map(([text, at, insert, cut]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + insert.join("") + text.slice(place + cut);
      });
    fc.assert(
      fc.property(
        fc.oneof(
          broken,
          fc.array(alphabet, { maxLength: 12 }).map((all) => all.join("")),
        ),
        (text) => {
          expect(skips(text)).toBe(parses(text));
        },
      ),
      { numRuns: 5000 },
    );
  });

  test("object() keeps the order of keys that look like integers, duplicates and __proto__", () => {
    expect(scan('{"10":1,"2":2,"__proto__":3,"2":4}')).toEqual([
      ["10", 1],
      ["2", 2],
      ["__proto__", 3],
      ["2", 4],
    ]);
  });

  test("string() refuses half of a surrogate pair, skip() passes over it", () => {
    expect(() => new JsonScanner('"\\ud800"').string()).toThrow(JsonFault);
    expect(new JsonScanner('"\\ud83d\\ude00"').string()).toBe("😀");
    expect(skips('"\\ud800"')).toBe(true);
  });

  test("skip() passes over a million levels", () => {
    const depth = 1_000_000;
    expect(skips("[".repeat(depth) + "]".repeat(depth))).toBe(true);
    expect(skips(`${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`)).toBe(true);
    expect(skips("[".repeat(depth))).toBe(false);
  });

  test.each([
    ["", 0, "a value, the text ends"],
    ["[1 2]", 3, '"," or "]", this is "2"'],
    ['{"a" 1}', 5, '":", this is "1"'],
    ["{a:1}", 1, 'a key in double quotes, this is "a"'],
    ['["a', 1, "the string has no closing quote"],
    ['["\\q"]', 2, "unknown escape in a string"],
    ['["\t"]', 2, "a control character in a string must be escaped"],
    ["[-]", 1, "a number needs a digit after its sign"],
    ["[1] x", 4, 'the end, this is "x"'],
  ])("the scanner reports the fault of %j at %i", (text, offset, message) => {
    const scanner = new JsonScanner(text);
    const run = () => {
      scanner.skip();
      scanner.end();
    };
    expect(run).toThrow(message);
    expect(run).toThrow(JsonFault);
    const again = new JsonScanner(text);
    try {
      again.skip();
      again.end();
    } catch (error) {
      expect(error).toMatchObject({ offset });
    }
  });
});

describe("placeOf", () => {
  test.each([
    [0, 1, 1],
    [2, 1, 3],
    [3, 2, 1],
    [5, 3, 1],
  ])("placeOf() of %i is line %i column %i", (offset, line, column) => {
    expect(placeOf("ab\nc\nd", offset)).toEqual({ line, column });
  });
});
