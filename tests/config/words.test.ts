import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quoteWord, quoteWordIfNeeded, splitWords, textOfWord, wordOfText } from "../../src/config/words.ts";

/** Any byte, controls and quotes often. */
const byte = fc
  .oneof(fc.integer({ min: 0, max: 0x7f }), fc.integer({ min: 0, max: 0xff }))
  .map((code) => String.fromCharCode(code));

const split = (line: string) => splitWords(wordOfText(line));

describe("splitWords()", () => {
  test.each<[line: string, words: string[]]>([
    ["", []],
    ["  \t ", []],
    ["port 6379", ["port", "6379"]],
    ['a "b c" d', ["a", "b c", "d"]],
    [String.raw`"a\"b\x41"`, ['a"bA']],
    [String.raw`"\n\r\t\b\a\q\\"`, ["\n\r\t\b\x07q\\"]],
    [String.raw`"\xzz\x4"`, ["xzzx4"]],
    [String.raw`'a\'b\n' ''`, ["a'b\\n", ""]],
    ['foo"bar"', ["foobar"]],
    ["foo'bar'", ["foobar"]],
    [String.raw`a\b`, ["a\\b"]],
    [String.raw`"\xc3\xa9" é`, ["\xc3\xa9", "\xc3\xa9"]],
    [String.raw`"p\xff\x00"`, ["p\xff\0"]],
    ["\ufeffa", ["\xef\xbb\xbfa"]],
  ])("splits %j", (line, words) => {
    expect(split(line)).toEqual({ ok: true, value: words });
  });

  test.each(['"abc', "'abc", '"a"b', "'a'b", '"a\\'])("refuses the unbalanced quotes of %j", (line) => {
    expect(split(line)).toEqual({ ok: false, reason: "Unbalanced quotes in configuration line" });
  });
});

describe("textOfWord()", () => {
  test("textOfWord() reverses wordOfText()", () => {
    for (const text of ["", "päss", "😀", "\ufeffa", "a\0b"]) expect(textOfWord(wordOfText(text))).toBe(text);
  });

  test("textOfWord() returns undefined when the bytes are not UTF-8", () => {
    for (const word of ["\xff", "\xc3", "\xed\xa0\x80"]) expect(textOfWord(word)).toBeUndefined();
  });
});

describe("quoteWord()", () => {
  test("quoteWord() escapes what is not printable ASCII", () => {
    expect(quoteWord('a"\\\n\r\t\b\x07\0\xc3\xa9')).toBe(String.raw`"a\"\\\n\r\t\b\a\x00\xc3\xa9"`);
  });

  test("splitWords() reverses quoteWord()", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: byte, maxLength: 20 }), { maxLength: 5 }), (words) => {
        for (const quote of [quoteWord, quoteWordIfNeeded]) {
          expect(splitWords(words.map(quote).join(" "))).toEqual({ ok: true, value: words });
        }
      }),
    );
  });

  test("quoteWordIfNeeded() leaves plain words as they are", () => {
    expect(["127.0.0.1", "-::1", "*", "", "a b", "a'b", 'a"b'].map(quoteWordIfNeeded)).toEqual([
      "127.0.0.1",
      "-::1",
      "*",
      '""',
      '"a b"',
      `"a'b"`,
      String.raw`"a\"b"`,
    ]);
  });
});
