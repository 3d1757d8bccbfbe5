import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatDouble } from "../../src/protocol/double.ts";

describe("formatDouble", () => {
  it.each([
    [0, "0"],
    [-0, "-0"],
    [1, "1"],
    [-3, "-3"],
    [1.5, "1.5"],
    [-0.1, "-0.1"],
    [2.5025, "2.5025"],
    [123456.789, "123456.789"],
    [0.000001, "0.000001"],
    [0.0012345678, "0.0012345678"],
    [0.00012345678, "1.2345678e-4"],
    [0.000012345678, "1.2345678e-5"],
    [1e-7, "1e-7"],
    [1.25e-7, "1.25e-7"],
    [2 ** 52 - 1, "4503599627370495"],
    [1e15, "1000000000000000"],
    [1e20, "1e+20"],
    [123456789012345680000, "123456789012345680000"],
    [1.5e300, "1.5e+300"],
    [5e-324, "5e-324"],
    [Number.MAX_VALUE, "1.7976931348623157e+308"],
    [Number.POSITIVE_INFINITY, "inf"],
    [Number.NEGATIVE_INFINITY, "-inf"],
    [Number.NaN, "nan"],
  ])("formatDouble() prints %d as %s", (value, text) => {
    expect(formatDouble(value)).toBe(text);
  });

  it("formatDouble() prints what reads back as the same number", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(Number(formatDouble(value))).toBe(value);
      }),
    );
  });
});
