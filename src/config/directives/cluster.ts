/** Several servers over one database. */
import { directive, IMMUTABLE } from "../directive.ts";
import { bool, integer } from "../scalar-types.ts";
import { text } from "../text-types.ts";

/** Shorter, and a pause of the process is taken for its end. */
const LEASE_MS_MIN = 500;
const LEASE_MS_MAX = 600_000;
const HOLD_MS_MAX = 60_000;

const port = integer({ max: 65535 });

export const LMDB = "lmdb";

export const CLUSTER = {
  store: directive(
    text("lmdb | postgres://user:password@host:port/database", (word) =>
      word === LMDB || /^postgres(ql)?:\/\/./.test(word)
        ? undefined
        : "argument must be 'lmdb' or the address of a database, postgres://user@host:5432/database",
    ),
    LMDB,
    "Where the data is: `lmdb`, in `dir`; or a PostgreSQL database, prepared by `detent cluster init`, that any number of servers share as a cluster. The hosts of a primary and its standbys are separated by commas, `postgres://user@a:5432,b:5432/database`: servers use the one that takes writes. A schema is chosen by `?options=-c%20search_path%3Dname`.",
    { immutable: true, sensitive: true },
  ),
  "cluster-enabled": directive(
    bool,
    false,
    "Implied by `store`: `yes` where servers share a database, `no` for a server alone. Any other value is refused.",
    IMMUTABLE,
  ),
  "cluster-lease": directive(
    integer({ min: LEASE_MS_MIN, max: LEASE_MS_MAX, unit: "milliseconds" }),
    2000,
    "How long an owner keeps its slots after it last renewed its lease, which it does three times in this time. The same on all servers of a cluster.",
    IMMUTABLE,
  ),
  "cluster-lease-margin": directive(
    integer({ min: 0, max: LEASE_MS_MAX, unit: "milliseconds" }),
    300,
    "How much earlier an owner that cannot renew its lease stops serving: the most that the clocks of servers and database may drift apart during a lease. Less than half of `cluster-lease`.",
    IMMUTABLE,
  ),
  "cluster-hold": directive(
    integer({ min: 0, max: HOLD_MS_MAX, unit: "milliseconds" }),
    1500,
    "How long requests wait while their slots change hands, from the first that finds them unserved, before they get `CLUSTERDOWN`; 0: they get it at once.",
  ),
  "cluster-require-standby": directive(
    bool,
    false,
    "Acknowledge a write only where the database has waited for a synchronous standby. While `synchronous_standby_names` is empty, writes wait, or are refused with `MISCONF`. A commit takes one more round trip. The same on all servers of a cluster.",
    IMMUTABLE,
  ),
  "cluster-announce-ip": directive(
    text("address"),
    "",
    "The address that other servers and clients are given for this one. Empty: the first of `bind`; where that is a wildcard the first address of this host that is not its loopback, and 127.0.0.1 while protected mode refuses other hosts.",
  ),
  "cluster-announce-port": directive(
    port,
    0,
    "The port that clients are given for this server; 0: the one it listens on.",
  ),
  "cluster-announce-tls-port": directive(
    port,
    0,
    "The TLS port that clients are given for this server; 0: the one it listens on.",
  ),
};

/** The address of a database without what is secret in it. */
export function shownAddress(url: string): string {
  return url.replace(/\/\/([^@/]*)@/, (_all, user: string) => `//${user.split(":")[0]}@`).replace(/\?.*/, "");
}
