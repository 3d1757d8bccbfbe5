/**
 * The text of an ACL file: a line `user name rule …` for each user, and blank lines. Comments are errors, as in Redis:
 * ACL SAVE would lose them.
 */

import { ruleWords } from "./patterns.ts";
import { applyRule, FAULTS, mergeSelectors, newRuleSet, type RuleContext, type RuleSet } from "./rules.ts";
import { isUserName } from "./users.ts";

/** The users of a file; or one line that tells all its faults. */
export type ReadAclFile =
  | { readonly ok: true; readonly users: ReadonlyMap<string, RuleSet> }
  | { readonly ok: false; readonly problem: string };

const NOTHING_CHANGED =
  "WARNING: ACL errors detected, no change to the previously active ACL rules was performed";

/** `path` is named in what is said of faults. Bytes of the text are one character each. */
export function readAclFile(text: string, path: string, context: RuleContext): ReadAclFile {
  const users = new Map<string, RuleSet>();
  let problem = "";
  for (const [index, line] of text.split("\n").entries()) {
    const [word, name, ...words] = ruleWords(line.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""));
    if (word === undefined) continue;
    const where = `${path}:${index + 1}`;
    if (word !== "user" || name === undefined) {
      problem += `${where} should start with user keyword followed by the username. `;
    } else if (!isUserName(name)) {
      problem += `'${where}: username '${name}' contains invalid characters. `;
    } else if (users.has(name)) {
      problem += `WARNING: Duplicate user '${name}' found on line ${index + 1}. `;
    } else {
      const rules = newRuleSet(context);
      users.set(name, rules);
      problem += faultsOf(rules, words, where, context);
    }
  }
  return problem === "" ? { ok: true, users } : { ok: false, problem: problem + NOTHING_CHANGED };
}

/** Applies the rules of a line; of those at fault each unknown command is reported, and the first of the others. */
function faultsOf(rules: RuleSet, words: readonly string[], where: string, context: RuleContext): string {
  const merged = mergeSelectors(words);
  if (typeof merged === "number") return `${where}: Unmatched parenthesis in selector definition.`;
  let faults = "";
  let isSyntaxTold = false;
  for (const rule of merged) {
    const fault = applyRule(rules, rule, context);
    if (fault === undefined) continue;
    if (fault === FAULTS.unknown) faults += `${where}: Error in applying operation '${rule}': ${fault}. `;
    else if (!isSyntaxTold) faults += `${where}: ${fault}. `;
    isSyntaxTold ||= fault !== FAULTS.unknown;
  }
  return faults;
}
