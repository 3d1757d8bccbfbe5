import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addExtended, formatExtended, parseExtended } from "../../src/base/extended-float.ts";

/** The text of the sum of two texts, as INCRBYFLOAT answers; each was seen from redis-server on x86-64. */
function sum(a: string, b: string): string | undefined {
  const [left, right] = [parseExtended(a), parseExtended(b)];
  if (left === undefined || right === undefined) return undefined;
  const added = addExtended(left, right);
  return added === undefined ? "not finite" : formatExtended(added);
}

describe("addExtended()", () => {
  test.each([
    ["0.1", "0.2", "0.3"],
    ["10.50", "0.1", "10.6"],
    ["5.0e3", "2.0e2", "5200"],
    ["3", "-3", "0"],
    ["-0", "-0", "0"],
    ["1e-30", "0", "0"],
    ["-1e-30", "0", "0"],
    ["0x1.8p1", "0", "3"],
    ["18446744073709551615", "0", "18446744073709551615"],
    ["18446744073709551615", "2", "18446744073709551616"],
    ["1e4932", "1e4932", "not finite"],
    ["inf", "1", "not finite"],
    ["inf", "-inf", "not finite"],
  ])("%s + %s is %s", (a, b, expected) => {
    expect(sum(a, b)).toBe(expected);
  });

  test("is exact for integers of up to 63 bits", () => {
    const integer = fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n });
    fc.assert(fc.property(integer, integer, (a, b) => sum(String(a), String(b)) === String(a + b)));
  });
});

describe("parseExtended()", () => {
  test.each([
    "",
    " 1",
    "1 ",
    "x",
    "1x",
    "nan",
    ".",
    "e5",
    "1e",
    "0x",
    "1e5000",
    "1e-5000",
    "--1",
    "9".repeat(6000),
  ])("refuses %j", (text) => {
    expect(parseExtended(text)).toBeUndefined();
  });

  test.each([
    ["3.64519953188247460253e-4951", false],
    ["1e-4951", true],
    ["1.18973149535723176502e4932", false],
    ["1.18973149535723176509e4932", true],
    ["0e99999999", false],
  ])("knows the ends of the range: %s is out of it: %s", (text, isOut) => {
    expect(parseExtended(text) === undefined).toBe(isOut);
  });

  test("agrees with doubles where they are exact", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
        fc.integer({ min: 0, max: 12 }),
        (digits, shift) => {
          const value = digits / 2 ** shift;
          const parsed = parseExtended(String(value));
          return parsed !== undefined && Number(formatExtended(parsed)) === value;
        },
      ),
    );
  });
});
