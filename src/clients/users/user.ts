/** A user. Sessions hold on to it: its rules change under them, and take effect with their next request. */
import type { RuleSet } from "./rules.ts";
import type { Selector } from "./selector.ts";

export class User {
  /** Bytes, one character each. */
  readonly name: string;
  #rules: RuleSet;
  #isUnlimited: boolean;

  constructor(name: string, rules: RuleSet) {
    this.name = name;
    this.#rules = rules;
    this.#isUnlimited = isUnlimited(rules);
  }

  get rules(): Readonly<RuleSet> {
    return this.#rules;
  }

  /** Nothing is refused: the one thing that most requests need to know. */
  get isUnlimited(): boolean {
    return this.#isUnlimited;
  }

  /** Whether one of the user's selectors allows something. */
  allows(isAllowedBy: (selector: Selector) => boolean): boolean {
    return this.#isUnlimited || this.#rules.selectors.some(isAllowedBy);
  }

  /** Puts other rules in place of those the user has. */
  replace(rules: RuleSet): void {
    this.#rules = rules;
    this.#isUnlimited = isUnlimited(rules);
  }
}

function isUnlimited({ selectors }: RuleSet): boolean {
  return selectors.some((selector) => selector.isUnlimited);
}
