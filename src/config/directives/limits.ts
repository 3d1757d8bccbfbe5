/** What all clients together, or those of one user, may take of the server. */
import { directive } from "../directive.ts";
import { memory } from "../scalar-types.ts";
import { isEmptyText } from "../text-types.ts";
import { ok, refused, type ValueType } from "../value-type.ts";

/** What one user may take; 0 sets no limit. */
export interface UserLimit {
  /** The name; `*` is for each user that is not named. */
  readonly user: string;
  readonly connections: number;
  readonly requestsPerSecond: number;
}

const USER_LIMITS_FAULT =
  "Invalid user limits: give a user or *, connections and requests a second, both 0 or more, for each";

const userLimits: ValueType<readonly UserLimit[]> = {
  syntax: "(user \\| `*`) connections requests-per-second …",
  takes: "words",
  parse: (words) => {
    if (isEmptyText(words)) return ok([]);
    if (words.length % 3 !== 0) return refused(USER_LIMITS_FAULT);
    const limits = new Map<string, UserLimit>();
    for (let at = 0; at < words.length; at += 3) {
      const [user = "", connections = "", requests = ""] = words.slice(at, at + 3);
      if (user === "" || !isCount(connections) || !isCount(requests)) return refused(USER_LIMITS_FAULT);
      limits.set(user, { user, connections: Number(connections), requestsPerSecond: Number(requests) });
    }
    return ok([...limits.values()]);
  },
  print: (value) => value.map(wordsOf).join(" "),
  lines: (value) => [value.length === 0 ? '""' : value.map(wordsOf).join(" ")],
};

function isCount(word: string): boolean {
  return /^(?:0|[1-9]\d{0,8})$/.test(word);
}

function wordsOf({ user, connections, requestsPerSecond }: UserLimit): string {
  return `${user} ${connections} ${requestsPerSecond}`;
}

export const LIMITS = {
  maxmemory: directive(
    memory({ max: 18446744073709551615n }),
    0,
    "Memory the process may have of its own; pages of `data.mdb` do not count. Beyond it caches and tables shrink, then writes are answered with `-OOM`. Nothing is evicted. 0 sets no limit.",
  ),
  "sm-max-store-bytes": directive(
    memory(),
    0,
    "Bytes the store may hold. Beyond it writes are answered with `-OOM`; reads and deletions are served. 0 sets no limit.",
  ),
  "sm-user-limits": directive(
    userLimits,
    [],
    "Connections and requests a second that each of these users may have; `*` is each user that is not named; 0 sets no limit.",
  ),
};
