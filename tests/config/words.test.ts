import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quoteWord, quoteWordIfNeeded, splitWords } from "../../src/config/words.ts";

/** Any character, controls and quotes often. The ready-made generator of fast-check takes over a second to set up. */
const character = fc
  .oneof(
    fc.integer({ min: 0, max: 0x7f }),
    fc.integer({ min: 0x80, max: 0xd7ff }),
    fc.integer({ min: 0xe000, max: 0x10ffff }),
  )
  .map((code) => String.fromCodePoint(code));

const split = (line: string) => splitWords(Buffer.from(line, "utf8").toString("latin1"));

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
    [String.raw`"\xc3\xa9" é`, ["é", "é"]],
  ])("splits %j", (line, words) => {
    expect(split(line)).toEqual({ ok: true, value: words });
  });

  test.each(['"abc', "'abc", '"a"b', "'a'b", '"a\\'])("refuses the unbalanced quotes of %j", (line) => {
    expect(split(line)).toEqual({ ok: false, reason: "Unbalanced quotes in configuration line" });
  });

  test("splitWords() refuses a word when it is not UTF-8", () => {
    expect(split(String.raw`"\xff"`)).toEqual({ ok: false, reason: "Invalid UTF-8 in configuration line" });
  });

  test("splitWords() keeps a byte order mark as part of the word", () => {
    expect(split("\ufeffa")).toEqual({ ok: true, value: ["\ufeffa"] });
  });
});

describe("quoteWord()", () => {
  test("quoteWord() escapes what is not printable ASCII", () => {
    expect(quoteWord('a"\\\n\r\t\b\x07\0é')).toBe(String.raw`"a\"\\\n\r\t\b\a\x00\xc3\xa9"`);
  });

  test("splitWords() gives back the words when quoteWord() wrote them", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: character, maxLength: 20 }), { maxLength: 5 }), (words) => {
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
