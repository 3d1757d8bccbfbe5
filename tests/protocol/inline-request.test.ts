import { describe, expect, it } from "vitest";
import { splitInline } from "../../src/protocol/inline-request.ts";

/** Lines and their arguments as redis-server 7.0.15 reads them; undefined: unbalanced quotes. */
const CASES: ReadonlyArray<readonly [line: string, args: string[] | undefined]> = [
  ["", []],
  [" \t\v\f\r ", []],
  ["a b  c\td\re", ["a", "b", "c", "d", "e"]],
  ["a\vb\fc \v d", ["a\vb\fc", "d"]],
  ['""', [""]],
  ["'' a", ["", "a"]],
  ['"a\\x41\\n\\r\\t\\b\\a\\q\\\\\\"z"', ['aA\n\r\t\b\x07q\\"z']],
  ['"\\xfF\\x0a"', ["\xff\n"]],
  ['"\\xzz" "\\x4" "\\x4g"', ["xzz", "x4", "x4g"]],
  ["'a\\'b\\n\\z'", ["a'b\\n\\z"]],
  ["'a\\\\'", undefined],
  ['"a b" \'c "d\'', ["a b", 'c "d']],
  ['a"b c"', ["ab c"]],
  ["a'b c' d", ["ab c", "d"]],
  ["a\\x41 \\", ["a\\x41", "\\"]],
  ["a\xa0\x85", ["a\xa0\x85"]],
  ['"a"\v', ["a"]],
  ["a\0b", ["a\0b"]],
  ['"a', undefined],
  ["'a", undefined],
  ['"a"b', undefined],
  ["'a'b", undefined],
  ["a'b'c", undefined],
  ['"a\\', undefined],
  ['"a\\"', undefined],
  ["'a\\'", undefined],
  ["'a\\", undefined],
];

describe("splitInline", () => {
  it.each(CASES)("splitInline() splits %j", (line, args) => {
    const result = splitInline(Buffer.from(line, "latin1"));
    expect(result?.map((arg) => arg.toString("latin1"))).toEqual(args);
  });
});
