import { describe, expect, it } from "vitest";
import { findName, nameTable } from "../../src/catalogue/names.ts";

describe("findName", () => {
  const table = nameTable([
    ["get", 1],
    ["SM.GET", 2],
    ["no-touch", 3],
  ]);

  it.each([
    ["get", 1],
    ["GET", 1],
    ["gEt", 1],
    ["sm.get", 2],
    ["No-Touch", 3],
    ["ge", undefined],
    ["gett", undefined],
    ["", undefined],
    ["g\u0000t", undefined],
    ["GET\u0000", undefined],
    ["`et", undefined],
    ["no\rtouch", undefined],
    ["x".repeat(65), undefined],
  ])("finds %j when it differs from a name in case only", (name, value) => {
    expect(findName(table, Buffer.from(name))).toBe(value);
  });

  it("keeps names apart when their hashes are equal", () => {
    // Known collisions of 32-bit FNV-1a.
    const pairs = ["costarring", "liquid", "declinate", "macallums"];
    const colliding = nameTable(pairs.map((name, index) => [name, index]));
    expect(pairs.map((name) => findName(colliding, Buffer.from(name)))).toEqual([0, 1, 2, 3]);
  });
});
