/** The rules of users, apart from any server: what Redis has not got, and what holds for all of them. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CATALOGUE, findByFullName } from "../../src/catalogue/catalogue.ts";
import { denialOf } from "../../src/clients/users/check.ts";
import { definitionsIn } from "../../src/clients/users/definitions.ts";
import { describeUser } from "../../src/clients/users/describe.ts";
import { ruleWords } from "../../src/clients/users/patterns.ts";
import {
  applyRule,
  FAULTS,
  mergeSelectors,
  newRuleSet,
  type RuleSet,
} from "../../src/clients/users/rules.ts";
import { User } from "../../src/clients/users/user.ts";

const CONTEXT = { catalogue: CATALOGUE, hasAllChannels: false };

/** A user of these rules. @throws Error at the first that is at fault */
function user(...rules: string[]): User {
  const set = newRuleSet(CONTEXT);
  for (const rule of rules) {
    const fault = applyRule(set, rule, CONTEXT);
    if (fault !== undefined) throw new Error(`${rule}: ${fault}`);
  }
  return new User("u", set);
}

/** What is refused of a request, as `reason object`; "" when nothing is. */
function refused(who: User, line: string): string {
  const args = (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => Buffer.from(word.replaceAll('"', "")));
  const name = args[0]?.toString().startsWith("SM.DEF") ? `SM.DEF|${args[1]}` : String(args[0]);
  const command = findByFullName(CATALOGUE, name);
  if (command === undefined) throw new Error(`no command ${name}`);
  const denial = denialOf(who, command, args);
  return denial === undefined ? "" : `${denial.reason} ${denial.object}`;
}

describe("rules for events", () => {
  const shipper = user("on", "~tenantA:order:*", "+sm.send|SHIP");

  test.each([
    ["SM.SEND tenantA:order:1 SHIP", ""],
    ["SM.SEND tenantA:order:1 PAY", "command sm.send|PAY"],
    ["SM.SEND tenantA:order:1 ship", "command sm.send|ship"],
    ["SM.SEND tenantB:order:1 SHIP", "key tenantB:order:1"],
    ["SM.MUTATE tenantA:order:1 SHIP", "command SM.MUTATE"],
    ["SM.STATE tenantA:order:1", "command SM.STATE"],
  ])("a user who may send SHIP alone: %s", (line, expected) => {
    expect(refused(shipper, line)).toBe(expected);
  });

  test.each<[string[], string, string]>([
    // The last rule that matches counts.
    [["+sm.send", "-sm.send|REFUND"], "SM.SEND k PAY", ""],
    [["+sm.send", "-sm.send|REFUND"], "SM.SEND k REFUND", "command sm.send|REFUND"],
    [["+@all", "-sm.send|REFUND"], "SM.SEND k REFUND", "command sm.send|REFUND"],
    [["+sm.send|ORDER.*", "-sm.send|ORDER.DELETE"], "SM.SEND k ORDER.PAY", ""],
    [["+sm.send|ORDER.*", "-sm.send|ORDER.DELETE"], "SM.SEND k ORDER.DELETE", "command sm.send|ORDER.DELETE"],
    [["-sm.send|ORDER.DELETE", "+sm.send|ORDER.*"], "SM.SEND k ORDER.DELETE", ""],
    // A rule on the whole takes the place of those on parts.
    [["+sm.send|A", "-sm.send"], "SM.SEND k A", "command SM.SEND"],
    [["-sm.send|A", "+sm.send"], "SM.SEND k A", ""],
    [["-sm.send|A", "+@statemachine"], "SM.SEND k A", ""],
    [["+sm.send|A", "-@write"], "SM.SEND k A", "command SM.SEND"],
    // Names with spaces and bars.
    [["+sm.send|PAY NOW"], 'SM.SEND k "PAY NOW"', ""],
    [['+sm.send|"PAY NOW"'], 'SM.SEND k "PAY NOW"', ""],
    [["+sm.send|a|b"], "SM.SEND k a|b", ""],
    [["+sm.send|caf\xc3\xa9"], "SM.SEND k café", ""],
    // SM.MUTATE takes the rules of SM.SEND, unless it has its own.
    [["+@all", "-sm.send|paid"], "SM.MUTATE k paid", "command sm.mutate|paid"],
    [["+@all", "-sm.send|paid"], "SM.MUTATE k new", ""],
    [["+sm.mutate", "+sm.send|SHIP"], "SM.MUTATE k PAY", "command sm.mutate|PAY"],
    [["+sm.mutate", "+sm.send|SHIP"], "SM.MUTATE k SHIP", ""],
    [["+sm.mutate|paid", "+sm.send|SHIP"], "SM.MUTATE k paid", ""],
    [["+sm.mutate|paid", "+sm.send|SHIP"], "SM.MUTATE k SHIP", "command sm.mutate|SHIP"],
    [["+sm.mutate"], "SM.MUTATE k paid", ""],
    // FORCE is a permission of its own.
    [["+sm.mutate"], "SM.MUTATE k paid why FORCE", "command sm.force"],
    [["+sm.mutate", "+sm.force"], "SM.MUTATE k paid why force", ""],
    [["+@all", "-sm.force"], "SM.MUTATE k paid why FORCE", "command sm.force"],
    [["+@all", "-@dangerous"], "SM.MUTATE k paid why FORCE", "command sm.force"],
    [["+@statemachine"], "SM.MUTATE k paid why FORCE", ""],
  ])("with %j, %s", (rules, line, expected) => {
    expect(refused(user("~*", ...rules), line)).toBe(expected);
  });

  test.each([
    ["+sm.send|", FAULTS.syntax],
    ['+sm.send|"', FAULTS.syntax],
    ['+sm.send|"a" b', FAULTS.syntax],
    ["-sm.state|x", FAULTS.unknown],
    ["+sm.nope", FAULTS.unknown],
  ])("%s is refused", (rule, fault) => {
    expect(applyRule(newRuleSet(CONTEXT), rule, CONTEXT)).toBe(fault);
  });
});

describe("rules for definitions", () => {
  test.each<[string[], string, string]>([
    [["~k", "def~order*"], "SM.CREATE k order", ""],
    [["~k", "def~order*"], "SM.CREATE k orders:v2 NX", ""],
    [["~k", "def~order*"], "SM.CREATE k refund", "definition refund"],
    [["~k", "def~order:v1"], "SM.CREATE k order:v1", ""],
    [["~k", "def~order:v1"], "SM.CREATE k order", "definition order"],
    [["~k"], "SM.CREATE k order", "definition order"],
    [["~k"], "SM.CREATE k", ""],
    // A user with all keys has all definitions, unless rules say otherwise.
    [["~*"], "SM.CREATE k order", ""],
    [["~*", "resetdefs"], "SM.CREATE k order", "definition order"],
    [["~k", "alldefs"], "SM.CREATE k order", ""],
    [["~k", "def~order"], "SM.SEND k E DEF other", "definition other"],
    [["~k", "def~order"], "SM.SEND k E ID DEF DEF order", ""],
    [["~k", "def~order"], "SM.SEND k E {} REASON x def other", "definition other"],
    [["~k", "def~order"], "SM.SEND k E SEQ DEF 1 BY x", ""],
    [["~k", "def~order"], "SM.SCAN 0 STATE a DEF other", "definition other"],
    [["~k", "def~order"], "SM.COUNT DEF order", ""],
    [["~k", "def~order"], "SM.DEF CREATE other {}", "definition other"],
    [["~k", "def~order"], "SM.DEF GET order:v7", ""],
    [["~k", "def~order"], "SM.DEF DEL other:v1", "definition other:v1"],
    [["~k", "def~order"], "SM.DEF GRAPH other DOT", "definition other"],
  ])("with %j, %s", (rules, line, expected) => {
    expect(refused(user("+@all", ...rules), line)).toBe(expected);
  });

  test("a pattern behind `def~*` is refused, as for keys", () => {
    const rules = newRuleSet(CONTEXT);
    expect(applyRule(rules, "def~*", CONTEXT)).toBeUndefined();
    expect(applyRule(rules, "def~a", CONTEXT)).toBe(FAULTS.afterAllDefinitions);
    expect(applyRule(rules, "resetdefs", CONTEXT)).toBeUndefined();
    expect(applyRule(rules, "def~a b", CONTEXT)).toBe(FAULTS.syntax);
  });

  test("every argument that commands.json calls a definition is found", () => {
    const commands = CATALOGUE.commands.flatMap((command) => [command, ...command.subcommands.values()]);
    const naming = commands.filter(({ declaration }) =>
      /"name":"definition"/.test(JSON.stringify(declaration)),
    );
    expect(naming.length).toBeGreaterThanOrEqual(8);
    for (const command of naming) {
      const args = [...command.name.split("|"), "x", "x", "DEF", "d", "x"].map((word) => Buffer.from(word));
      expect(definitionsIn(command, args), command.name).not.toEqual([]);
    }
  });
});

describe("descriptions", () => {
  const word = fc.constantFrom("a", "b*", "[x-z]?", "\\*", "caf\xc3\xa9", "%", "~");
  const event = fc.constantFrom(
    "SHIP",
    "ORDER.*",
    "PAY NOW",
    'a"b',
    "it's",
    "(x)",
    "a|b",
    "\\*",
    "caf\xc3\xa9",
    " ",
  );
  const selectorRule = fc.oneof(
    fc.constantFrom(
      "allkeys",
      "resetkeys",
      "allchannels",
      "resetchannels",
      "alldefs",
      "resetdefs",
      "+@all",
      "-@all",
    ),
    fc.constantFrom(
      "+get",
      "-get",
      "+config|get",
      "-config",
      "+@read",
      "-@write",
      "+select|0",
      "+sm.force",
      "-sm.send",
    ),
    fc.tuple(fc.constantFrom("~", "%R~", "%W~", "&", "def~"), word).map(([mark, text]) => mark + text),
    fc
      .tuple(fc.constantFrom("+", "-"), fc.constantFrom("sm.send", "sm.mutate"), event)
      .map(([sign, name, text]) => `${sign}${name}|${JSON.stringify(text)}`),
  );
  const rule = fc.oneof(
    { weight: 5, arbitrary: selectorRule },
    fc.constantFrom(
      "on",
      "off",
      "nopass",
      ">pw",
      "resetpass",
      "clearselectors",
      "reset",
      "skip-sanitize-payload",
    ),
    fc
      .array(selectorRule, { maxLength: 4 })
      .map((rules) => `(${rules.map((one) => JSON.stringify(one)).join(" ")})`),
  );

  /** What a user may do, of everything that the rules above speak of. */
  const powers = (set: RuleSet) => {
    const who = new User("u", set);
    const lines = [
      "GET a",
      "SET a 1",
      "GET bx",
      "CONFIG",
      "SELECT 0",
      "SELECT 1",
      "PUBLISH a x",
      "PSUBSCRIBE b*",
    ];
    const machines = ["SHIP", "ORDER.X", '"PAY NOW"', "a|b", "*", "café"].flatMap((name) => [
      `SM.SEND a ${name}`,
      `SM.MUTATE a ${name} r FORCE`,
    ]);
    return [...lines, ...machines, "SM.CREATE a a", "SM.CREATE a bb"].map((line) => refused(who, line));
  };

  test("the description of a user recreates the same user", () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 12 }), (rules) => {
        const set = newRuleSet(CONTEXT);
        for (const one of rules) applyRule(set, one, CONTEXT);
        const text = describeUser(set);
        const again = newRuleSet(CONTEXT);
        const words = mergeSelectors(ruleWords(text));
        if (typeof words === "number") throw new Error(`parenthesis in ${text}`);
        for (const one of words) expect(applyRule(again, one, CONTEXT), `${one} of ${text}`).toBeUndefined();
        expect(describeUser(again)).toBe(text);
        expect(powers(again)).toEqual(powers(set));
      }),
      { numRuns: 400 },
    );
  });
});
