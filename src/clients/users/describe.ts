/** A user and its selectors in the words that make them again, as ACL LIST, GETUSER, SAVE and CONFIG REWRITE show them. */
import { keyPatternText } from "./patterns.ts";
import type { RuleSet } from "./rules.ts";
import type { Selector } from "./selector.ts";

/** The rules of a user, from its flags to its selectors. */
export function describeUser(rules: RuleSet): string {
  const [root, ...others] = rules.selectors;
  return [
    ...flagsOf(rules),
    ...rules.passwords.map((hash) => `#${hash}`),
    describeSelector(root),
    ...others.map((selector) => `(${describeSelector(selector)})`),
  ].join(" ");
}

/** The flags as ACL GETUSER lists them. */
export function flagsOf({ isEnabled, hasNoPassword, skipsSanitizing }: RuleSet): readonly string[] {
  return [
    isEnabled ? "on" : "off",
    ...(hasNoPassword ? ["nopass"] : []),
    skipsSanitizing ? "skip-sanitize-payload" : "sanitize-payload",
  ];
}

export function commandsOf({ isOpen, commandRules }: Selector): string {
  return [isOpen ? "+@all" : "-@all", ...commandRules].join(" ");
}

export function keysOf({ hasAllKeys, keys }: Selector): string {
  return hasAllKeys ? "~*" : keys.map(keyPatternText).join(" ");
}

export function channelsOf({ hasAllChannels, channels }: Selector): string {
  return hasAllChannels ? "&*" : channels.map(({ text }) => `&${text}`).join(" ");
}

/** Undefined when nothing was said of definitions. */
export function definitionsOf({ definitions }: Selector): string | undefined {
  return definitions?.map(({ text }) => `def~${text}`).join(" ");
}

function describeSelector(selector: Selector): string {
  const { definitions, hasAllChannels } = selector;
  return [
    keysOf(selector),
    hasAllChannels ? "" : "resetchannels",
    channelsOf(selector),
    definitions === undefined ? "" : `resetdefs ${definitionsOf(selector)}`.trimEnd(),
    commandsOf(selector),
  ]
    .filter((part) => part !== "")
    .join(" ");
}
