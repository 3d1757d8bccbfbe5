/** The users of the server, by name. The user `default` is always there and always the same object. */
import { timingSafeEqual } from "node:crypto";
import type { Catalogue } from "../../catalogue/catalogue.ts";
import type { Config } from "../../config/config.ts";
import { describeUser } from "./describe.ts";
import { hasSpaces } from "./patterns.ts";
import {
  applyRules,
  copyRuleSet,
  hashOf,
  mergeSelectors,
  newRuleSet,
  type RuleContext,
  type RuleSet,
} from "./rules.ts";
import { User } from "./user.ts";

export const DEFAULT_NAME = "default";

export interface UsersOptions {
  readonly catalogue: Catalogue;
  readonly config: Config;
}

export class Users {
  readonly #options: UsersOptions;
  readonly #users = new Map<string, User>();
  readonly default: User;

  /** A table with the default user alone, whose password is `requirepass`. */
  constructor(options: UsersOptions) {
    this.#options = options;
    this.default = new User(DEFAULT_NAME, this.defaultRules());
    this.#users.set(DEFAULT_NAME, this.default);
  }

  /** True when a session that has not logged in may do nothing. */
  get needsLogin(): boolean {
    const { hasNoPassword, isEnabled } = this.default.rules;
    return !(hasNoPassword && isEnabled);
  }

  get context(): RuleContext {
    const { catalogue, config } = this.#options;
    return { catalogue, hasAllChannels: config.get("acl-pubsub-default") === "allchannels" };
  }

  find(name: string): User | undefined {
    return this.#users.get(name);
  }

  /** In the order of their names. */
  all(): readonly User[] {
    return [...this.#users.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Whom a name and a password belong to; undefined when they belong to nobody who may log in. */
  authenticate(name: string, password: string): User | undefined {
    const user = this.#users.get(name);
    const digest = Buffer.from(hashOf(password));
    if (user === undefined || !user.rules.isEnabled) return undefined;
    const { hasNoPassword, passwords } = user.rules;
    // All are compared, so that the time says nothing about which one it was.
    const equal = passwords.filter((hash) => timingSafeEqual(digest, Buffer.from(hash)));
    return hasNoPassword || equal.length > 0 ? user : undefined;
  }

  /** What a user would be after these rules, or the text that says which of them is at fault. */
  changed(name: string, words: readonly string[]): RuleSet | string {
    const { context } = this;
    const merged = mergeSelectors(words);
    if (typeof merged === "number") {
      return `Unmatched parenthesis in acl selector starting at '${words[merged]}'.`;
    }
    const user = this.#users.get(name);
    const rules = user === undefined ? newRuleSet(context) : copyRuleSet(user.rules);
    const fault = applyRules(rules, merged, context);
    return fault === undefined ? rules : `Error in ACL SETUSER modifier ${fault}`;
  }

  /** Gives a user other rules; makes it if there is none. */
  put(name: string, rules: RuleSet): void {
    const user = this.#users.get(name);
    if (user === undefined) this.#users.set(name, new User(name, rules));
    else user.replace(rules);
  }

  /** The user that was removed; the default one never is. */
  remove(name: string): User | undefined {
    const user = this.#users.get(name);
    if (user === undefined || user === this.default) return undefined;
    this.#users.delete(name);
    return user;
  }

  /** What the default user is when nothing but `requirepass` speaks of it. */
  defaultRules(): RuleSet {
    const { context } = this;
    const rules = newRuleSet(context);
    const password = this.#options.config.get("requirepass");
    applyRules(rules, ["+@all", "~*", "&*", "on", passwordRule(password)], context);
    return rules;
  }

  /** `requirepass` was set: it is the default user's only password. */
  setDefaultPassword(password: string): void {
    const rules = copyRuleSet(this.default.rules);
    applyRules(rules, ["resetpass", passwordRule(password)], this.context);
    this.default.replace(rules);
  }

  /** Lines of a file that make these users again. */
  lines(): readonly string[] {
    return this.all().map((user) => `user ${user.name} ${describeUser(user.rules)}`);
  }
}

/** The rule for a `requirepass`. */
function passwordRule(password: string): string {
  return password === "" ? "nopass" : `>${password}`;
}

/** Whether a user may be called so. */
export function isUserName(name: string): boolean {
  return !hasSpaces(name);
}
