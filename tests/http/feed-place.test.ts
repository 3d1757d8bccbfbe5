import fc from "fast-check";
import { expect, test } from "vitest";
import { placesIn, placeText, segmentOf } from "../../src/http/feed-place.ts";
import { SEED } from "../support/seed.ts";

const U64_MAX = 2n ** 64n - 1n;
const number = fc.bigInt(0n, U64_MAX);
const id = fc.oneof(
  fc.constant(undefined),
  fc.constant("0-0"),
  fc.tuple(number, number).map(([ms, seq]) => `${ms}-${seq}`),
);

test("placesIn() reads what placeText() has written, whatever names and ids there are", () => {
  const places = fc
    .uniqueArray(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 5 })
    .chain((names) =>
      fc.record({
        names: fc.constant(names),
        parts: fc.array(fc.array(id, { minLength: names.length, maxLength: names.length }), { maxLength: 4 }),
      }),
    );
  fc.assert(
    fc.property(places, ({ names, parts }) => {
      const text = placeText(
        names,
        parts.map((ids, tag) => segmentOf(String(tag), ids)),
      );
      expect(text).toMatch(/^[\x21-\x7e]*$/);
      const expected = parts.map((ids, tag): [string, Map<string, string>] => [
        String(tag),
        new Map(names.flatMap((name, at) => (ids[at] === undefined ? [] : [[name, ids[at]]]))),
      ]);
      expect(placesIn(text)).toEqual(new Map(expected));
    }),
    { seed: SEED },
  );
});

test("placesIn() knows no other text", () => {
  for (const text of ["", "0-0", "p1x", "p2;a;b:1", "p1;%zz;b:1", "p1;a;b:1.x_", "p1;a;b:12345678901234"])
    expect(placesIn(text), text).toBeUndefined();
});
