/** Numbers that a double does not hold, kept as they were read. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventData } from "../../src/base/event-data.ts";
import {
  firstInexact,
  holdsInexact,
  isExactNumber,
  sameData,
  textOfJson,
  withInexactNumbers,
} from "../../src/base/exact-json.ts";
import type { Json } from "../../src/base/json.ts";
import { processorMs } from "../engine/support/work.ts";

const read = (text: string): Json => withInexactNumbers(text, JSON.parse(text) as Json);

test.each([
  ["0", true],
  ["-0", true],
  ["0.1", true],
  ["19.99", true],
  ["1e3", true],
  ["1E+3", true],
  ["1.50", true],
  ["9007199254740992", true],
  ["9007199254740993", false],
  ["-9223372036854775808", false],
  ["9223372036854775807", false],
  ["0.1000000000000000055511151231257827", false],
  ["0.10000000000000000000000000000000000", true],
  ["1e400", false],
  ["1e-400", false],
  ["0e99999999999999999999999999", true],
  ["5e-324", true],
  ["1e99999999999999999999999999", false],
])("isExactNumber(%s) is %s", (text, isExact) => expect(isExactNumber(text)).toBe(isExact));

test("isExactNumber() holds when the double has the same shortest form", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (n) => isExactNumber(String(n))),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (n) => {
      // String(double) has 17 digits at most; above 2^53 it is compared digit by digit.
      const shortest = BigInt(Number(n)) === n || Number(String(n)).toString() === String(n);
      if (Number(n).toString() === String(n)) expect(isExactNumber(String(n))).toBe(true);
      if (!shortest) expect(isExactNumber(String(n))).toBe(false);
    }),
  );
});

describe("JSON with inexact numbers", () => {
  const text =
    ' { "a" : [1, 9007199254740993, {"b\\"}": -1e400}] , "t":"9007199254740993", "__proto__":{"x":true},"n":null} ';

  test("is parsed as by JSON.parse otherwise, and written with the numbers unchanged", () => {
    const value = read(text);
    expect(holdsInexact(value)).toBe(true);
    expect(textOfJson(value)).toBe(
      '{"a":[1,9007199254740993,{"b\\"}":-1e400}],"t":"9007199254740993","__proto__":{"x":true},"n":null}',
    );
    expect(firstInexact(value)).toEqual({ path: "$.a[1]", text: "9007199254740993" });
    expect(() => JSON.stringify(value)).toThrow();
  });

  test("keeps its spelling as the data of an event", () => {
    const data = EventData.ofText(text);
    expect(data.text).toBe(text);
    expect(firstInexact(data.value)?.path).toBe("$.a[1]");
    expect(EventData.ofValue(data.value).text).toBe(textOfJson(data.value));
  });
});

test("JSON without inexact numbers is parsed by JSON.parse", () => {
  fc.assert(
    fc.property(fc.json(), fc.integer({ min: 0, max: 3 }), (json, indent) => {
      const parsed = JSON.parse(json) as Json;
      const text = JSON.stringify(parsed, null, indent);
      expect(withInexactNumbers(text, parsed)).toBe(parsed);
    }),
  );
});

test.each<readonly [string, string, boolean]>([
  ["1", "1.0", true],
  ["1", "1e0", true],
  ["10000000000000000000001", "1.0000000000000000000001e22", true],
  ["9007199254740993", "9007199254740992", false],
  ["9007199254740993", "9007199254740993.0", true],
  ["9007199254740993", '"9007199254740993"', false],
  ['{"a":1,"b":[2]}', '{ "b":[2.0], "a":1 }', true],
  ['{"a":1}', '{"a":1,"b":null}', false],
  ["[1,2]", "[2,1]", false],
])("%s and %s are the same data: %s", (a, b, same) => {
  expect(sameData(read(a), read(b))).toBe(same);
  expect(sameData(read(b), read(a))).toBe(same);
});

test("isExactNumber() takes time in proportion to the length of the number", () => {
  const run = () => {
    read(`[${"0".repeat(0)}1${"0".repeat(1_000_000)}1]`);
    read(`["${"\\\\".repeat(500_000)}",9007199254740993]`);
  };
  expect(processorMs(run, 1)).toBeLessThan(5000);
});
