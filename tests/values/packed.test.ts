import fc from "fast-check";
import { expect, test } from "vitest";
import { ELEMENT_OVERHEAD_BYTES_MAX, listpackBytes } from "../../src/values/listpack-bytes.ts";
import { Packed } from "../../src/values/packed.ts";
import { runs } from "../support/runs.ts";

const entry = fc.oneof(
  { weight: 5, arbitrary: fc.uint8Array({ maxLength: 6 }) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 120, maxLength: 200 }) },
);

const edit = fc.record({
  index: fc.nat(60),
  removed: fc.nat(5),
  added: fc.array(entry, { maxLength: 3 }),
  /** What is looked at before, so that places are known or not. */
  looks: fc.boolean(),
});

function shown(packed: Packed): string[] {
  return Array.from(packed.entries(), (at) => at.toString("hex"));
}

test("spliced(), at() and indexOf() do what they do on a list, also of what was read behind other bytes", () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 30 }), fc.nat(3), (edits, before) => {
      let packed = Packed.EMPTY;
      let model: string[] = [];
      for (const { index, removed, added, looks } of edits) {
        const at = Math.min(index, model.length + 1);
        const buffers = added.map((bytes) => Buffer.from(bytes));
        if (looks && packed.count > 0) packed.at(packed.count - 1);
        const kept = packed;
        const was = model;
        packed = packed.spliced(at, removed, buffers);
        model = model.toSpliced(at, removed, ...buffers.map((bytes) => bytes.toString("hex")));
        expect(packed.count).toBe(model.length);
        expect(shown(packed)).toEqual(model);
        expect(shown(kept)).toEqual(was);
        const read = Packed.read(Buffer.concat([Buffer.alloc(before, 0xff), packed.bytes]), before);
        expect([read.count, shown(read), read.byteLength]).toEqual([
          packed.count,
          model,
          packed.bytes.length,
        ]);
        packed = read;
        for (const bytes of [Buffer.from([7]), ...buffers])
          expect(packed.indexOf(bytes)).toBe(model.indexOf(bytes.toString("hex")));
        const even = model.findIndex((one, place) => place % 2 === 0 && one === buffers[0]?.toString("hex"));
        if (buffers[0] !== undefined) expect(packed.indexOf(buffers[0], 0, 2)).toBe(even);
      }
      expect(shown(packed.slice(0, packed.count).concat(packed))).toEqual([...model, ...model]);
    }),
    { numRuns: runs(50, 1000) },
  );
});

test("read() refuses entries that are not whole", () => {
  for (const bytes of [[5, 1, 2], [128], [2, 1, 2, 3]])
    expect(() => Packed.read(Buffer.from(bytes))).toThrow("whole");
});

test("an element of a listpack takes no more than the bound says", () => {
  const texts = ["", "0", "-1", "127", "128", "-4096", "4096", "-9223372036854775808", "x", "x".repeat(63)];
  for (const text of [
    ...texts,
    ..."64 127 128 4095 4096 16383 3000000".split(" ").map((n) => "x".repeat(Number(n))),
  ]) {
    const element = Buffer.from(text);
    expect(listpackBytes(element)).toBeLessThanOrEqual(
      Packed.of([element]).byteLength + ELEMENT_OVERHEAD_BYTES_MAX,
    );
  }
});
