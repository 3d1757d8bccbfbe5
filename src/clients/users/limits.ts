/** `sm-user-limits`: how many connections and requests a second a user may have. */
import type { Config } from "../../config/config.ts";
import type { UserLimit } from "../../config/directives/limits.ts";
import type { SessionList } from "../session-list.ts";
import type { User } from "./user.ts";

/** What a user may still do: as many requests as fit into a second at once, and more as time goes by. */
interface Allowance {
  requests: number;
  atMs: number;
}

export class UserLimits {
  readonly #config: Config;
  readonly #sessions: SessionList;
  #allowances = new WeakMap<User, Allowance>();
  /** The list the limits were found in last, and what was found. */
  #list: readonly UserLimit[] = [];
  #found = new Map<string, UserLimit | undefined>();

  constructor(config: Config, sessions: SessionList) {
    this.#config = config;
    this.#sessions = sessions;
  }

  /** Whether the user may have one more connection. O(sessions) for a user that has a limit. */
  admitsConnection(user: User): boolean {
    const { connections = 0 } = this.#limitOf(user) ?? {};
    if (connections === 0) return true;
    let count = 0;
    for (const session of this.#sessions.all()) if (session.user === user) count += 1;
    return count < connections;
  }

  /** Counts a request of the user; false: it is one too many. */
  admitsRequest(user: User, nowMs: number): boolean {
    // Nearly always there are none.
    if (this.#config.values["sm-user-limits"].length === 0) return true;
    const { requestsPerSecond: rate = 0 } = this.#limitOf(user) ?? {};
    if (rate === 0) return true;
    const allowance = this.#allowances.get(user) ?? { requests: rate, atMs: nowMs };
    this.#allowances.set(user, allowance);
    const earned = ((nowMs - allowance.atMs) / 1000) * rate;
    allowance.requests = Math.min(rate, allowance.requests + Math.max(0, earned));
    allowance.atMs = nowMs;
    if (allowance.requests < 1) return false;
    allowance.requests -= 1;
    return true;
  }

  /** How many requests a second the user may have; 0: as many as it likes. */
  requestsPerSecond(user: User): number {
    return this.#limitOf(user)?.requestsPerSecond ?? 0;
  }

  #limitOf(user: User): UserLimit | undefined {
    const list = this.#config.values["sm-user-limits"];
    if (list !== this.#list) {
      this.#list = list;
      this.#found = new Map(list.map((limit) => [limit.user, limit]));
      this.#allowances = new WeakMap();
    }
    return this.#found.get(user.name) ?? this.#found.get("*");
  }
}
