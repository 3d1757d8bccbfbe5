/**
 * Replication, and what tunes the cluster of Redis. Detent has no replicas: what only tunes these is accepted, what would turn
 * them on is refused, since a server that claims to be a replica and is not does harm.
 */
import { type DirectiveOptions, directive, NO_EFFECT, NO_EFFECT_IMMUTABLE } from "../directive.ts";
import { bool, choice, integer, memory } from "../scalar-types.ts";
import { path, text, wordList } from "../text-types.ts";

const ALONE = "There are no replicas.";
const CLUSTER = "Servers of a cluster know each other by their database.";

const int = integer({ max: 2147483647 });
const port = integer({ max: 65535 });

function formerly(alias: string): DirectiveOptions {
  return { noEffect: true, aliases: [alias] };
}

export const REPLICATION = {
  replicaof: directive(wordList("host and port"), [], "Only empty: the server is its own master.", {
    immutable: true,
    aliases: ["slaveof"],
    refusal: "Detent does not replicate: it cannot be a replica of another server",
  }),
  masterauth: directive(text(), "", ALONE, { noEffect: true, sensitive: true }),
  masteruser: directive(text(), "", ALONE, NO_EFFECT),
  "replica-serve-stale-data": directive(bool, true, ALONE, formerly("slave-serve-stale-data")),
  "replica-read-only": directive(bool, true, ALONE, formerly("slave-read-only")),
  "replica-priority": directive(int, 100, ALONE, formerly("slave-priority")),
  "replica-announced": directive(bool, true, ALONE, NO_EFFECT),
  "replica-announce-ip": directive(text("address"), "", ALONE, formerly("slave-announce-ip")),
  "replica-announce-port": directive(port, 0, ALONE, formerly("slave-announce-port")),
  "replica-lazy-flush": directive(bool, false, ALONE, formerly("slave-lazy-flush")),
  "replica-ignore-maxmemory": directive(bool, true, ALONE, formerly("slave-ignore-maxmemory")),
  "replica-ignore-disk-write-errors": directive(bool, false, ALONE, NO_EFFECT),
  "propagation-error-behavior": directive(
    choice("ignore", "panic", "panic-on-replicas"),
    "ignore",
    ALONE,
    NO_EFFECT,
  ),
  "repl-diskless-sync": directive(bool, true, ALONE, NO_EFFECT),
  "repl-diskless-sync-delay": directive(int, 5, ALONE, NO_EFFECT),
  "repl-diskless-sync-max-replicas": directive(int, 0, ALONE, NO_EFFECT),
  "repl-diskless-load": directive(choice("disabled", "on-empty-db", "swapdb"), "disabled", ALONE, NO_EFFECT),
  "repl-disable-tcp-nodelay": directive(bool, false, ALONE, NO_EFFECT),
  "repl-ping-replica-period": directive(
    integer({ min: 1, max: 2147483647 }),
    10,
    ALONE,
    formerly("repl-ping-slave-period"),
  ),
  "repl-timeout": directive(integer({ min: 1, max: 2147483647 }), 60, ALONE, NO_EFFECT),
  "repl-backlog-size": directive(memory({ min: 1 }), 2 ** 20, ALONE, NO_EFFECT),
  "repl-backlog-ttl": directive(integer(), 3600, ALONE, NO_EFFECT),
  "min-replicas-to-write": directive(int, 0, ALONE, formerly("min-slaves-to-write")),
  "min-replicas-max-lag": directive(int, 10, ALONE, formerly("min-slaves-max-lag")),
  "cluster-config-file": directive(path(), "nodes.conf", CLUSTER, NO_EFFECT_IMMUTABLE),
  "cluster-node-timeout": directive(integer(), 15000, CLUSTER, NO_EFFECT),
  "cluster-port": directive(port, 0, CLUSTER, NO_EFFECT_IMMUTABLE),
  "cluster-announce-hostname": directive(text("host"), "", CLUSTER, NO_EFFECT),
  "cluster-announce-human-nodename": directive(text("name"), "", CLUSTER, NO_EFFECT),
  "cluster-announce-bus-port": directive(port, 0, CLUSTER, NO_EFFECT),
  "cluster-preferred-endpoint-type": directive(
    choice("ip", "hostname", "unknown-endpoint"),
    "ip",
    CLUSTER,
    NO_EFFECT,
  ),
  "cluster-migration-barrier": directive(int, 1, CLUSTER, NO_EFFECT),
  "cluster-replica-validity-factor": directive(int, 10, CLUSTER, formerly("cluster-slave-validity-factor")),
  "cluster-replica-no-failover": directive(bool, false, CLUSTER, formerly("cluster-slave-no-failover")),
  "cluster-allow-replica-migration": directive(bool, true, CLUSTER, NO_EFFECT),
  "cluster-allow-reads-when-down": directive(bool, false, CLUSTER, NO_EFFECT),
  "cluster-allow-pubsubshard-when-down": directive(bool, true, CLUSTER, NO_EFFECT),
  "cluster-require-full-coverage": directive(bool, true, CLUSTER, NO_EFFECT),
  "cluster-link-sendbuf-limit": directive(memory(), 0, CLUSTER, NO_EFFECT),
};
