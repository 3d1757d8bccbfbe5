/**
 * The tokens of logins, those given last. A token stands for a user, and holds no password: it ends when the user is
 * removed or disabled, or when the password it was given for is no longer one of the user's.
 */
import { createHash, randomBytes } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import { hashOf } from "../clients/users/rules.ts";
import type { User } from "../clients/users/user.ts";
import type { Users } from "../clients/users/users.ts";

/** The cookie that holds a login's token. */
export const COOKIE = "detent_token";
const TOKEN_LIFE_MS = 12 * 3_600_000;
const TOKENS_MAX = 10_000;

interface Login {
  readonly user: User;
  /** Of the password, as the user's rules have it. */
  readonly passwordHash: string;
  readonly untilMs: number;
}

export class LoginTokens {
  readonly #clock: Clock;
  readonly #users: Users;
  /** By the hash of the token: the tokens themselves are not kept. */
  readonly #logins = new Map<string, Login>();

  constructor(clock: Clock, users: Users) {
    this.#clock = clock;
    this.#users = users;
  }

  /** A token for a user that has just logged in with a password. */
  give(user: User, password: string): string {
    const token = randomBytes(32).toString("base64url");
    const untilMs = this.#clock.now() + TOKEN_LIFE_MS;
    this.#logins.set(digest(token), { user, passwordHash: hashOf(password), untilMs });
    for (const oldest of this.#logins.keys()) {
      if (this.#logins.size <= TOKENS_MAX) break;
      this.#logins.delete(oldest);
    }
    return token;
  }

  /** The user of a token; undefined for one that was never given or has ended. */
  find(token: string): User | undefined {
    const key = digest(token);
    const login = this.#logins.get(key);
    if (login === undefined) return undefined;
    if (this.#holds(login)) return login.user;
    this.#logins.delete(key);
    return undefined;
  }

  end(token: string): void {
    this.#logins.delete(digest(token));
  }

  #holds({ user, passwordHash, untilMs }: Login): boolean {
    const { isEnabled, hasNoPassword, passwords } = user.rules;
    const isThere = this.#users.find(user.name) === user && isEnabled;
    return isThere && untilMs >= this.#clock.now() && (hasNoPassword || passwords.includes(passwordHash));
  }
}

function digest(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}
