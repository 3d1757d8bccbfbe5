import fc from "fast-check";
import { expect, test } from "vitest";
import { PartedMap } from "../../src/base/parted-map.ts";

test("PartedMap answers as a Map does", () => {
  const command = fc.tuple(fc.constantFrom("set", "delete", "clear", "set"), fc.nat(200), fc.nat());
  fc.assert(
    fc.property(fc.array(command, { maxLength: 300 }), (commands) => {
      const [map, parted] = [new Map<number, number>(), new PartedMap<number, number>((key) => key)];
      for (const [what, number, value] of commands) {
        const key = number;
        if (what === "set") {
          map.set(key, value);
          parted.set(key, value);
        } else if (what === "delete") expect(parted.delete(key)).toBe(map.delete(key));
        else if (number < 5) {
          map.clear();
          parted.clear();
        }
        expect([parted.size, parted.has(key), parted.get(key)]).toEqual([
          map.size,
          map.has(key),
          map.get(key),
        ]);
      }
      expect(new Map(parted.entries())).toEqual(map);
      expect(new Set(parted.keys())).toEqual(new Set(map.keys()));
      expect([...parted.values()].sort()).toEqual([...map.values()].sort());
    }),
  );
});
