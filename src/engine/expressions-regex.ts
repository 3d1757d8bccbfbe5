/**
 * Regular expressions, by RE2: the RegExp of the platform backtracks, and `(a+)+$` on 28 characters takes it half a
 * minute. A pattern in quotes is compiled when the definition is created; one that is computed, within the budget.
 */
import { RE2JS } from "re2js";
import { charge } from "./expressions-meter.ts";
import { type Rule, rule } from "./expressions-rules.ts";
import { show } from "./expressions-show.ts";
import { Failure, NONE, Optional, Special } from "./expressions-values.ts";

/** A compiled pattern. It takes the place of the text of a pattern, so its kind is that of a text. */
export class Pattern extends Special {
  readonly #re2: RE2JS;
  readonly #costPerCharacter: number;

  constructor(re2: RE2JS) {
    super();
    this.#re2 = re2;
    this.#costPerCharacter = 1 + re2.programSize() / STATES_PER_UNIT;
  }

  get kind(): string {
    return "string";
  }

  override get shown(): string {
    return JSON.stringify(this.#re2.pattern());
  }

  get re2(): RE2JS {
    return this.#re2;
  }

  /** What it costs to go through so many characters. */
  costOf(characters: number): number {
    return Math.ceil(1 + characters * this.#costPerCharacter);
  }
}

/** States of a regular expression; each is a bit of work for each character. */
const STATES_MAX = 10_000;
/** Patterns that are computed while an event waits are smaller. */
const COMPUTED_LENGTH_MAX = 1000;
/** So many states, gone through with one character, cost one unit. */
const STATES_PER_UNIT = 8;
const COMPILE_COST = 2_000;
const COMPILE_COST_PER_CHARACTER = 100;

/** The compiled pattern, or why there is none. */
export function compilePattern(pattern: string): Pattern | Failure {
  const tooLarge = `the pattern is too large: it may have ${STATES_MAX} states, a{500} has 500`;
  // Repetitions are written out when the pattern is compiled; these would take a second to find it too large.
  const counts = [...pattern.matchAll(/\{(?:\d+,)?(\d+)/g)].map(([, count]) => Number(count));
  if (counts.reduce((sum, count) => sum + count, 0) > STATES_MAX) return new Failure(tooLarge);
  try {
    const re2 = RE2JS.compile(pattern);
    return re2.programSize() > STATES_MAX ? new Failure(tooLarge) : new Pattern(re2);
  } catch (error) {
    const reason = error instanceof Error ? error.message : "bad pattern";
    return new Failure(reason.replace("error parsing regexp: ", ""));
  }
}

/** The pattern, compiled within the budget if it is computed, after the charge for going through the text. */
function use(text: string, given: string | Pattern): Pattern | Failure {
  let pattern: Pattern | Failure;
  if (given instanceof Pattern) pattern = given;
  else {
    charge(COMPILE_COST + given.length * COMPILE_COST_PER_CHARACTER);
    pattern = given.length > COMPUTED_LENGTH_MAX ? TOO_LONG : compilePattern(given);
  }
  if (pattern instanceof Pattern) charge(pattern.costOf(text.length));
  return pattern;
}

const TOO_LONG = new Failure(`a pattern that is computed has ${COMPUTED_LENGTH_MAX} characters at most`);

function matches(text: string, pattern: string | Pattern): boolean | Failure {
  const regex = use(text, pattern);
  return regex instanceof Failure ? regex : regex.re2.test(text);
}

/** A further search costs a part of what the first may cost. */
const SEARCH_AGAIN = 4;

/** The first match, or its group if the pattern has one. */
function extract(text: string, pattern: string | Pattern): Optional | Failure {
  const all = extractAll(text, pattern, 1);
  if (all instanceof Failure) return all;
  return all.length === 0 ? NONE : new Optional(all[0]);
}

function extractAll(text: string, pattern: string | Pattern, max: number): readonly string[] | Failure {
  const regex = use(text, pattern);
  if (regex instanceof Failure) return regex;
  const matcher = regex.re2.matcher(text);
  const group = matcher.groupCount();
  if (group > 1)
    return new Failure("the pattern has several groups; a group that is not asked for is written (?:…)");
  const found: string[] = [];
  while (found.length < max && matcher.find()) {
    charge(regex.costOf((text.length - matcher.start()) / SEARCH_AGAIN));
    const part = matcher.group(group);
    if (part !== null) found.push(part);
  }
  return found;
}

/** `\1` in the replacement is the text of the first group, `\0` the whole match. */
function replace(
  text: string,
  [pattern, by]: readonly [string | Pattern, string],
  count = -1,
): string | Failure {
  const regex = use(text, pattern);
  if (regex instanceof Failure) return regex;
  const matcher = regex.re2.matcher(text);
  const pieces: string[] = [];
  let end = 0;
  for (let done = 0; done !== count && matcher.find(); done += 1) {
    charge(regex.costOf((text.length - matcher.start()) / SEARCH_AGAIN) + (by.length >> 3));
    pieces.push(text.slice(end, matcher.start()));
    const bad =
      /\\([^0-9\\]|$)/.exec(by) ??
      [...by.matchAll(/\\(\d)/g)].find(([, group]) => Number(group) > matcher.groupCount());
    if (bad !== undefined && bad !== null)
      return new Failure(() => `the replacement ${show(by)} names no group with ${bad[0]}`);
    pieces.push(
      by.replace(/\\([0-9\\])/g, (_, group: string) =>
        group === "\\" ? "\\" : (matcher.group(Number(group)) ?? ""),
      ),
    );
    end = matcher.end();
  }
  pieces.push(text.slice(end));
  const result = pieces.join("");
  charge(result.length >> 3);
  return result;
}

export const REGEX_RULES: readonly Rule[] = [
  rule(".matches", ["string", "string"], "bool", matches),
  rule("matches", ["string", "string"], "bool", matches),
  rule("regex.extract", ["string", "string"], "optional", extract),
  rule("regex.extractAll", ["string", "string"], "list", (text, pattern) =>
    extractAll(text, pattern, Number.POSITIVE_INFINITY),
  ),
  rule("regex.replace", ["string", "string", "string"], "string", (text, pattern, by) =>
    replace(text, [pattern, by]),
  ),
  rule("regex.replace", ["string", "string", "string", "int"], "string", (text, pattern, by, count) =>
    replace(text, [pattern, by], count),
  ),
];

/** Functions whose second argument is a pattern. */
export const PATTERN_FUNCTIONS: ReadonlySet<string> = new Set(REGEX_RULES.map(({ name }) => name));
