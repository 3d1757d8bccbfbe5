import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf } from "../../src/base/bytes.ts";
import { globMatcher } from "../../src/base/glob.ts";

const NAMES = ["", "a", "b", "]", "-", "^", "\\", "ab", "[", "*", "_", "A", "\0", "\xff", "a]", "[a"];

/** Which of NAMES a pattern matches, as KEYS of redis-server 7.0.15 answers. */
const CASES: ReadonlyArray<readonly [pattern: string, names: string[]]> = [
  ["", [""]],
  ["*", NAMES],
  ["**", NAMES.slice(1)],
  ["?*", NAMES.slice(1)],
  ["*?", NAMES.slice(1)],
  ["a*", ["a", "ab", "a]"]],
  ["*b", ["b", "ab"]],
  ["?", NAMES.filter((name) => name.length === 1)],
  ["[", []],
  ["[^", NAMES.filter((name) => name.length === 1)],
  ["[a", ["a"]],
  ["[^a", ["b", "]", "-", "^", "\\", "[", "*", "_", "A", "\0", "\xff"]],
  ["[]", []],
  ["[^]", NAMES.filter((name) => name.length === 1)],
  ["[]a]", []],
  ["[a-", ["a", "-"]],
  ["[a-]", ["a", "]", "^", "_"]],
  ["[b-a]", ["a", "b"]],
  ["[\\]", ["]"]],
  ["[\\]]", ["]"]],
  ["[\\", ["\\"]],
  ["\\", ["\\"]],
  ["\\*", ["*"]],
  ["\\a", ["a"]],
  ["[\\a-b]", ["a", "b", "-"]],
  ["[a-\\]", ["a", "]", "^", "\\", "_"]],
  ["[^\\]]", ["a", "b", "-", "^", "\\", "[", "*", "_", "A", "\0", "\xff"]],
  ["[--]", ["]", "-", "\\", "[", "A"]],
  ["[\x80-\xff]", ["\xff"]],
  ["[a]*", ["a", "ab", "a]"]],
  ["[[]a", ["[a"]],
  ["a\\", []],
  ["*[", []],
  ["*\\", ["\\"]],
];

describe("globMatcher", () => {
  it.each(CASES)("globMatcher() of %j matches as Redis does", (pattern, names) => {
    expect(NAMES.filter(globMatcher(pattern))).toEqual(names);
  });

  it.each([
    ["MaxMemory", "maxmemory", true],
    ["MAX*", "maxmemory", true],
    ["[A-C]x", "bX", true],
    ["[a-c]X", "Bx", true],
    ["[X]", "x", true],
    ["[\\X]", "x", false],
    ["[\\X]", "X", true],
    ["[Z-a]", "z", false],
    ["\\A", "a", true],
    ["?", "q", true],
    ["*", "", true],
    ["é", "É", false],
  ])("globMatcher() of %j and %j ignoring case is %s", (pattern, text, isMatch) => {
    expect(globMatcher(pattern, { ignoreCase: true })(text)).toBe(isMatch);
  });

  it("globMatcher() takes byte strings", () => {
    const matcher = globMatcher(bytesOf(Buffer.from("user:?\xff*", "latin1")));
    expect(matcher(bytesOf(Buffer.from("user:1\xff", "latin1")))).toBe(true);
    expect(matcher(bytesOf(Buffer.from("user:\xff1", "latin1")))).toBe(false);
  });

  it("globMatcher() costs at most pattern times text when nothing matches", () => {
    // Exponential matching would take longer than the age of the universe.
    expect(globMatcher(`${"a*".repeat(50)}b`)("a".repeat(2000))).toBe(false);
    expect(globMatcher(`${"*".repeat(10_000)}b`)("a".repeat(10_000))).toBe(false);
  });

  it("globMatcher() agrees with the regular expression of the same meaning", () => {
    const element = fc.constantFrom("a", "b", "*", "?", "[ab]", "[^a]");
    const meaning = new Map([
      ["*", ".*"],
      ["?", "."],
    ]);
    fc.assert(
      fc.property(
        fc.array(element),
        fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1 }),
        (elements, text) => {
          const regExp = new RegExp(`^${elements.map((one) => meaning.get(one) ?? one).join("")}$`);
          expect(globMatcher(elements.join(""))(text)).toBe(regExp.test(text));
        },
      ),
      { numRuns: 2000 },
    );
  });
});
