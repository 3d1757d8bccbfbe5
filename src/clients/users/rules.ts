/**
 * The rules of ACL SETUSER, `user` lines and ACL files: each is one word that changes a user. Pure: it knows the
 * catalogue of commands and nothing else. Words are bytes, one character each. Error texts are Redis'.
 */
import { createHash } from "node:crypto";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { Command } from "../../catalogue/command.ts";
import { splitWords } from "../../config/words.ts";
import { hasSpaces, type KeyPattern, pattern, readEvent } from "./patterns.ts";
import { eventArgument, findPermission, type Permission } from "./permission.ts";
import { Selector } from "./selector.ts";

/** A user's rules while they are changed. */
export interface RuleSet {
  isEnabled: boolean;
  /** Any password will do. */
  hasNoPassword: boolean;
  /** What RESTORE reads is always checked; the flag is kept for who reads it. */
  skipsSanitizing: boolean;
  /** SHA-256 in hexadecimal digits. */
  passwords: string[];
  /** The first is that of the user itself; the others were given in parentheses. */
  selectors: [Selector, ...Selector[]];
}

export interface RuleContext {
  readonly catalogue: Catalogue;
  /** `acl-pubsub-default`: a user that is new or reset has all channels. */
  readonly hasAllChannels: boolean;
}

const PATTERN_AFTER_ALL = (flag: string, reset: string, what: string) =>
  `Adding a pattern after the * pattern (or the '${flag}' flag) is not valid and does not have any effect. ` +
  `Try '${reset}' to start with an empty list of ${what}`;

export const FAULTS = {
  unknown: "Unknown command or category name in ACL",
  syntax: "Syntax error",
  afterAllKeys: PATTERN_AFTER_ALL("allkeys", "resetkeys", "patterns"),
  afterAllChannels: PATTERN_AFTER_ALL("allchannels", "resetchannels", "channels"),
  afterAllDefinitions: PATTERN_AFTER_ALL("alldefs", "resetdefs", "definitions"),
  noSuchPassword: "The password you are trying to remove from the user does not exist",
  notAHash:
    "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters",
  argumentOfSubcommand: "Allowing first-arg of a subcommand is not supported",
} as const;

/** Why a rule cannot be applied; undefined when it was. */
export type RuleFault = (typeof FAULTS)[keyof typeof FAULTS] | undefined;

/** A user as it is made: it may do nothing and cannot log in. */
export function newRuleSet(context: RuleContext): RuleSet {
  const selector = new Selector();
  selector.hasAllChannels = context.hasAllChannels;
  return {
    isEnabled: false,
    hasNoPassword: false,
    skipsSanitizing: false,
    passwords: [],
    selectors: [selector],
  };
}

export function copyRuleSet(rules: RuleSet): RuleSet {
  const [root, ...others] = rules.selectors;
  return {
    ...rules,
    passwords: [...rules.passwords],
    selectors: [root.copy(), ...others.map((one) => one.copy())],
  };
}

/**
 * Arguments with the parts of each selector in parentheses put together.
 * @returns the index of the parenthesis that is never closed where there is one
 */
export function mergeSelectors(words: readonly string[]): readonly string[] | number {
  const merged: string[] = [];
  let opened: { readonly at: number; text: string } | undefined;
  for (const [at, word] of words.entries()) {
    if (opened === undefined) {
      if (word.startsWith("(") && !word.endsWith(")")) opened = { at, text: word };
      else merged.push(word);
      continue;
    }
    opened.text += ` ${word}`;
    if (!word.endsWith(")")) continue;
    merged.push(opened.text);
    opened = undefined;
  }
  return opened === undefined ? merged : opened.at;
}

/** Applies one rule to a user. */
export function applyRule(rules: RuleSet, rule: string, context: RuleContext): RuleFault {
  if (rule === "") return undefined;
  const flag = FLAGS[rule.toLowerCase()];
  if (flag !== undefined && Object.hasOwn(FLAGS, rule.toLowerCase())) {
    flag(rules, context);
    return undefined;
  }
  const [mark, rest] = [rule.charAt(0), rule.slice(1)];
  if (mark === ">" || mark === "#" || mark === "<" || mark === "!") return applyPassword(rules, mark, rest);
  if (mark === "(" && rule.endsWith(")")) {
    const selector = readSelector(rule.slice(1, -1), context);
    if (typeof selector === "string") return selector;
    rules.selectors.push(selector);
    return undefined;
  }
  return applyToSelector(rules.selectors[0], rule, context);
}

/** Applies rules to a user, up to the first that cannot be applied: returns that one, in quotes, and why. */
export function applyRules(rules: RuleSet, words: readonly string[], context: RuleContext) {
  for (const rule of words) {
    const fault = applyRule(rules, rule, context);
    if (fault !== undefined) return `'${rule}': ${fault}`;
  }
  return undefined;
}

const FLAGS: Readonly<Record<string, (rules: RuleSet, context: RuleContext) => void>> = {
  on: (rules) => {
    rules.isEnabled = true;
  },
  off: (rules) => {
    rules.isEnabled = false;
  },
  "skip-sanitize-payload": (rules) => {
    rules.skipsSanitizing = true;
  },
  "sanitize-payload": (rules) => {
    rules.skipsSanitizing = false;
  },
  nopass: (rules) => {
    rules.hasNoPassword = true;
    rules.passwords = [];
  },
  resetpass: (rules) => {
    rules.hasNoPassword = false;
    rules.passwords = [];
  },
  clearselectors: (rules) => {
    rules.selectors = [rules.selectors[0]];
  },
  reset: (rules, context) => {
    Object.assign(rules, newRuleSet(context));
  },
};

/** The digest that a user's passwords are kept as. */
export function hashOf(password: string): string {
  return createHash("sha256").update(Buffer.from(password, "latin1")).digest("hex");
}

function applyPassword(rules: RuleSet, mark: ">" | "#" | "<" | "!", word: string): RuleFault {
  const isPlain = mark === ">" || mark === "<";
  if (!isPlain && !/^[0-9a-f]{64}$/.test(word)) return FAULTS.notAHash;
  const hash = isPlain ? hashOf(word) : word;
  const isKnown = rules.passwords.includes(hash);
  if (mark === ">" || mark === "#") {
    if (!isKnown) rules.passwords.push(hash);
    rules.hasNoPassword = false;
    return undefined;
  }
  if (!isKnown) return FAULTS.noSuchPassword;
  rules.passwords = rules.passwords.filter((one) => one !== hash);
  return undefined;
}

/** The selector that stands between parentheses, or what is wrong with it. */
function readSelector(text: string, context: RuleContext): Selector | NonNullable<RuleFault> {
  const words = splitWords(text);
  if (!words.ok) return FAULTS.syntax;
  const selector = new Selector();
  for (const word of words.value) {
    const fault = applyToSelector(selector, word, context);
    if (fault !== undefined) return fault;
  }
  return selector;
}

function applyToSelector(selector: Selector, rule: string, context: RuleContext): RuleFault {
  switch (rule.toLowerCase()) {
    case "allkeys":
    case "~*":
      selector.hasAllKeys = true;
      selector.keys = [];
      return undefined;
    case "resetkeys":
      selector.hasAllKeys = false;
      selector.keys = [];
      return undefined;
    case "allchannels":
    case "&*":
      selector.hasAllChannels = true;
      selector.channels = [];
      return undefined;
    case "resetchannels":
      selector.hasAllChannels = false;
      selector.channels = [];
      return undefined;
    case "alldefs":
    case "def~*":
      selector.definitions = [pattern("*")];
      return undefined;
    case "resetdefs":
      selector.definitions = [];
      return undefined;
    case "allcommands":
    case "+@all":
      selector.setAll(true, context.catalogue);
      return undefined;
    case "nocommands":
    case "-@all":
      selector.setAll(false, context.catalogue);
      return undefined;
  }
  if (/^[~%]/.test(rule)) return addKeyPattern(selector, rule);
  if (rule.startsWith("&")) return addChannel(selector, rule.slice(1));
  if (/^def~/i.test(rule)) return addDefinition(selector, rule.slice("def~".length));
  if (/^[+-]/.test(rule)) return applyCommand(selector, rule, context);
  return FAULTS.syntax;
}

function addKeyPattern(selector: Selector, rule: string): RuleFault {
  if (selector.hasAllKeys) return FAULTS.afterAllKeys;
  // As in Redis, letters that no pattern follows stand for the empty key.
  const [whole, given, text = ""] = /^(?:~|%(r|w|rw|wr)(?:~|$))(.*)$/is.exec(rule) ?? [];
  if (whole === undefined || hasSpaces(text)) return FAULTS.syntax;
  const letters = (given ?? "rw").toLowerCase();
  const known = selector.keys.find((one) => one.text === text);
  const added: KeyPattern = {
    ...pattern(text),
    reads: letters.includes("r") || known?.reads === true,
    writes: letters.includes("w") || known?.writes === true,
  };
  if (known === undefined) selector.keys.push(added);
  else selector.keys = selector.keys.map((one) => (one === known ? added : one));
  return undefined;
}

function addChannel(selector: Selector, text: string): RuleFault {
  if (selector.hasAllChannels) return FAULTS.afterAllChannels;
  if (hasSpaces(text)) return FAULTS.syntax;
  if (!selector.channels.some((one) => one.text === text)) selector.channels.push(pattern(text));
  return undefined;
}

function addDefinition(selector: Selector, text: string): RuleFault {
  const definitions = selector.definitions ?? [];
  if (definitions.some((one) => one.text === "*")) return FAULTS.afterAllDefinitions;
  if (hasSpaces(text)) return FAULTS.syntax;
  if (!definitions.some((one) => one.text === text)) definitions.push(pattern(text));
  selector.definitions = definitions;
  return undefined;
}

function applyCommand(selector: Selector, rule: string, { catalogue }: RuleContext): RuleFault {
  const isAllowed = rule.startsWith("+");
  const name = rule.slice(1);
  if (name.startsWith("@")) {
    return selector.setCategory(name.slice(1), isAllowed, catalogue) ? undefined : FAULTS.unknown;
  }
  const bar = name.indexOf("|");
  const carrier = bar < 0 ? undefined : findPermission(catalogue, name.slice(0, bar));
  if (carrier !== undefined && eventArgument(carrier) !== undefined) {
    const event = readEvent(name.slice(bar + 1));
    if (event === undefined || event === "") return FAULTS.syntax;
    selector.setEvent(carrier, event, isAllowed);
    return undefined;
  }
  const permission = findPermission(catalogue, name);
  if (permission !== undefined) {
    selector.setCommand(permission, isAllowed);
    return undefined;
  }
  return bar < 0 || !isAllowed ? FAULTS.unknown : addFirstArgument(selector, name, catalogue);
}

/** `+select|0`: a first argument of a command that has no subcommands. */
function addFirstArgument(selector: Selector, name: string, catalogue: Catalogue): RuleFault {
  const bar = name.lastIndexOf("|");
  const permission = findPermission(catalogue, name.slice(0, bar));
  const word = name.slice(bar + 1);
  if (permission === undefined || !isCommand(permission)) return FAULTS.unknown;
  if (permission.declaration.container !== undefined) return FAULTS.argumentOfSubcommand;
  if (word === "") return FAULTS.syntax;
  if (permission.subcommands.size > 0) return FAULTS.unknown;
  selector.addFirstArgument(permission, word);
  return undefined;
}

function isCommand(permission: Permission): permission is Command {
  return "declaration" in permission;
}
