import fc from "fast-check";
import { expect, test } from "vitest";
import { slotOf } from "../../src/cluster/slots.ts";

test.each([
  ["123456789", 0x31c3],
  ["", 0],
  ["foo", 12_182],
  ["user1000", 3443],
])("slotOf() gives the slot of %j that Redis gives", (key, slot) => {
  expect(slotOf(Buffer.from(key))).toBe(slot % 16_384);
});

test("slotOf() looks at what stands between the first { and the first } behind it", () => {
  const slot = (key: string) => slotOf(Buffer.from(key));
  expect(slot("{user1000}.following")).toBe(slot("user1000"));
  expect(slot("foo{{bar}}zap")).toBe(slot("{bar"));
  expect(slot("foo{bar}{zap}")).toBe(slot("bar"));
  expect(slot("}{bar}")).toBe(slot("bar"));
});

test("slotOf() takes a key whole when its tag is empty, or not closed", () => {
  const empty = Buffer.from("foo{}{bar}");
  expect(slotOf(empty)).toBe(8363);
  expect(slotOf(Buffer.from("foo{bar"))).not.toBe(slotOf(Buffer.from("bar")));
});

test("slotOf() is within the slots for any bytes, and the same with a tag", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (tag, rest) => {
      const clean = Buffer.from(tag).filter((byte) => byte !== 0x7b && byte !== 0x7d);
      fc.pre(clean.length > 0);
      const whole = slotOf(Buffer.from(clean));
      expect(whole).toBeGreaterThanOrEqual(0);
      expect(whole).toBeLessThan(16_384);
      expect(slotOf(Buffer.concat([Buffer.from("{"), clean, Buffer.from("}"), Buffer.from(rest)]))).toBe(
        whole,
      );
    }),
  );
});
