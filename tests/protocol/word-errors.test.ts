import { describe, expect, test } from "vitest";
import { CATALOGUE, unknownCommandError } from "../../src/catalogue/catalogue.ts";
import { FLAG, readOptions, VALUE } from "../../src/commands/options.ts";

const FORMS = { ID: VALUE, SEQ: { values: 2 }, FULL: FLAG } as const;

function words(line: string): readonly Buffer[] {
  return line.split(" ").map((word) => Buffer.from(word));
}

describe("readOptions()", () => {
  test.each([
    ["SM.SEND k E FUL", "ERR syntax error, there is no option 'FUL'; did you mean FULL?"],
    ["SM.SEND k E nonsense", "ERR syntax error, there is no option 'nonsense'; there are ID, SEQ, FULL"],
    ["SM.SEND k E ID", "ERR syntax error, the option ID needs a value"],
    ["SM.SEND k E SEQ source", "ERR syntax error, the option SEQ needs 2 values"],
    ["SM.SEND k E ID a id b", "ERR the option ID is given twice"],
  ])("refuses '%s' with what is wrong and what is right", (line, message) => {
    expect(() => readOptions(words(line), 3, FORMS)).toThrow(message);
  });

  test("repeats no more than the beginning of a long word", () => {
    const long = [...words("SM.SEND k E"), Buffer.alloc(1_000_000, "x")];
    expect(() => readOptions(long, 3, FORMS)).toThrow(/^ERR .{1,120}$/);
  });
});

describe("unknownCommandError()", () => {
  test.each([
    ["SM.DEF CREAT d {}", "ERR unknown subcommand 'CREAT'; did you mean CREATE? Try SM.DEF HELP."],
    ["SM.DEF nonsense", "ERR unknown subcommand 'nonsense'. Try SM.DEF HELP."],
  ])("answers '%s' with the subcommand that was meant", (line, message) => {
    expect(unknownCommandError(CATALOGUE, words(line)).message).toBe(message);
  });

  test.each([
    ["GTE k", "ERR unknown command 'GTE', with args beginning with: 'k' "],
    ["CLIENT LST", "ERR unknown subcommand 'LST'. Try CLIENT HELP."],
    ["SM.SED k", "ERR unknown command 'SM.SED', with args beginning with: 'k' "],
  ])("answers '%s' in the words of Redis", (line, message) => {
    expect(unknownCommandError(CATALOGUE, words(line)).message).toBe(message);
  });
});
