/**
 * Directives of Redis 7 that have nothing to act on here: memory policies, encodings, threads, processes. They are
 * accepted, checked and remembered, so that existing files load and dashboards find what they ask for.
 */
import { directive, NO_EFFECT, NO_EFFECT_IMMUTABLE } from "../directive.ts";
import { bool, choice, integer, memory, memoryOrPercent } from "../scalar-types.ts";
import { numberList, text } from "../text-types.ts";

const MEMORY = "The store is on disk: nothing is evicted.";
const LAZY = "Freeing is part of a commit and never blocks on memory.";
const ENCODING = "Values have one encoding.";
/** Of a form that values have for OBJECT ENCODING. */
const SAID = "Only the reply of OBJECT ENCODING depends on it, not how a value is stored.";
const DEFRAG = "There is no allocator to defragment.";
const PROCESS = "A process of Node has no such setting.";
const CPU = "Threads are not bound to processors.";

const TESTS = "Only the tests of Redis have a use for it. CONFIG GET lists it only under its full name.";
const HIDDEN = { noEffect: true, hidden: true } as const;

const INT_MAX = 2147483647;
const int = integer({ max: INT_MAX });
const signedInt = integer({ min: -2147483648, max: INT_MAX });

export const COMPATIBILITY = {
  "maxmemory-policy": directive(
    choice(
      "volatile-lru",
      "volatile-lfu",
      "volatile-random",
      "volatile-ttl",
      "allkeys-lru",
      "allkeys-lfu",
      "allkeys-random",
      "noeviction",
    ),
    "noeviction",
    MEMORY,
    NO_EFFECT,
  ),
  "maxmemory-samples": directive(integer({ min: 1, max: INT_MAX }), 5, MEMORY, NO_EFFECT),
  "maxmemory-eviction-tenacity": directive(integer({ max: 100 }), 10, MEMORY, NO_EFFECT),
  "maxmemory-clients": directive(memoryOrPercent, 0, "Each client has its own limits.", NO_EFFECT),
  "lfu-log-factor": directive(int, 10, MEMORY, NO_EFFECT),
  "lfu-decay-time": directive(int, 1, MEMORY, NO_EFFECT),
  "lazyfree-lazy-eviction": directive(bool, false, LAZY, NO_EFFECT),
  "lazyfree-lazy-expire": directive(bool, false, LAZY, NO_EFFECT),
  "lazyfree-lazy-server-del": directive(bool, false, LAZY, NO_EFFECT),
  "lazyfree-lazy-user-del": directive(bool, false, LAZY, NO_EFFECT),
  "lazyfree-lazy-user-flush": directive(bool, false, LAZY, NO_EFFECT),
  "active-expire-effort": directive(
    integer({ min: 1, max: 10 }),
    1,
    "Expiry reads an index by due time and needs no sampling.",
    NO_EFFECT,
  ),
  "hash-max-listpack-entries": directive(integer(), 512, SAID, { aliases: ["hash-max-ziplist-entries"] }),
  "hash-max-listpack-value": directive(memory(), 64, SAID, { aliases: ["hash-max-ziplist-value"] }),
  "list-max-listpack-size": directive(signedInt, -2, SAID, { aliases: ["list-max-ziplist-size"] }),
  "list-compress-depth": directive(int, 0, ENCODING, NO_EFFECT),
  "set-max-intset-entries": directive(integer(), 512, SAID),
  "set-max-listpack-entries": directive(integer(), 128, SAID),
  "set-max-listpack-value": directive(integer(), 64, SAID),
  "zset-max-listpack-entries": directive(integer(), 128, SAID, { aliases: ["zset-max-ziplist-entries"] }),
  "zset-max-listpack-value": directive(memory(), 64, SAID, { aliases: ["zset-max-ziplist-value"] }),
  "hll-sparse-max-bytes": directive(
    memory(),
    3000,
    "Bytes up to which a HyperLogLog has the sparse form; a longer one takes 12 KB.",
  ),
  "stream-node-max-bytes": directive(
    memory(),
    4096,
    "Streams are stored in another way; only `stream-node-max-entries` counts, for trimming.",
    NO_EFFECT,
  ),
  "stream-node-max-entries": directive(
    integer(),
    100,
    "Entries of a node, the unit in which `~` trims a stream. 0: a node has no end.",
  ),
  activedefrag: directive(bool, false, DEFRAG, NO_EFFECT),
  "active-defrag-cycle-min": directive(integer({ min: 1, max: 99 }), 1, DEFRAG, NO_EFFECT),
  "active-defrag-cycle-max": directive(integer({ min: 1, max: 99 }), 25, DEFRAG, NO_EFFECT),
  "active-defrag-threshold-lower": directive(integer({ max: 1000 }), 10, DEFRAG, NO_EFFECT),
  "active-defrag-threshold-upper": directive(integer({ max: 1000 }), 100, DEFRAG, NO_EFFECT),
  "active-defrag-ignore-bytes": directive(memory({ min: 1 }), 100 * 2 ** 20, DEFRAG, NO_EFFECT),
  "active-defrag-max-scan-fields": directive(integer({ min: 1 }), 1000, DEFRAG, NO_EFFECT),
  activerehashing: directive(bool, true, "There is no table to rehash.", NO_EFFECT),
  hz: directive(int, 10, "Timers are exact; there is no periodic round.", NO_EFFECT),
  "dynamic-hz": directive(bool, true, "Timers are exact; there is no periodic round.", NO_EFFECT),
  "io-threads": directive(integer({ min: 1, max: 128 }), 1, PROCESS, NO_EFFECT_IMMUTABLE),
  "io-threads-do-reads": directive(bool, false, PROCESS, NO_EFFECT_IMMUTABLE),
  "set-proc-title": directive(bool, true, PROCESS, NO_EFFECT_IMMUTABLE),
  "proc-title-template": directive(
    text("template"),
    "{title} {listen-addr} {server-mode}",
    PROCESS,
    NO_EFFECT,
  ),
  supervised: directive(
    choice("upstart", "systemd", "auto", "no"),
    "no",
    "A service manager needs no notice: the process stays in the foreground.",
    NO_EFFECT_IMMUTABLE,
  ),
  "syslog-enabled": directive(bool, false, "The log goes to a file or standard output.", NO_EFFECT_IMMUTABLE),
  "syslog-ident": directive(
    text(),
    "redis",
    "The log goes to a file or standard output.",
    NO_EFFECT_IMMUTABLE,
  ),
  "syslog-facility": directive(
    choice("user", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"),
    "local0",
    "The log goes to a file or standard output.",
    NO_EFFECT_IMMUTABLE,
  ),
  "oom-score-adj": directive(choice("no", "yes", "relative", "absolute"), "no", PROCESS, NO_EFFECT),
  "oom-score-adj-values": directive(
    numberList({
      syntax: "three integers -2000 to 2000",
      count: 3,
      min: -2000,
      max: 2000,
      fault: "Invalid oom-score-adj-values, elements must be between -2000 and 2000.",
    }),
    [0, 200, 800],
    PROCESS,
    NO_EFFECT,
  ),
  "disable-thp": directive(bool, true, PROCESS, NO_EFFECT_IMMUTABLE),
  "jemalloc-bg-thread": directive(bool, true, PROCESS, NO_EFFECT),
  "crash-log-enabled": directive(bool, true, "A crash is always logged.", NO_EFFECT),
  "crash-memcheck-enabled": directive(bool, true, PROCESS, NO_EFFECT),
  "ignore-warnings": directive(text("warnings"), "", PROCESS, NO_EFFECT),
  "locale-collate": directive(text("locale"), "", "Strings are compared byte by byte.", NO_EFFECT),
  server_cpulist: directive(text("processors"), "", CPU, NO_EFFECT_IMMUTABLE),
  bio_cpulist: directive(text("processors"), "", CPU, NO_EFFECT_IMMUTABLE),
  aof_rewrite_cpulist: directive(text("processors"), "", CPU, NO_EFFECT_IMMUTABLE),
  bgsave_cpulist: directive(text("processors"), "", CPU, NO_EFFECT_IMMUTABLE),
  "rdb-key-save-delay": directive(signedInt, 0, TESTS, HIDDEN),
  "key-load-delay": directive(signedInt, 0, TESTS, HIDDEN),
  "socket-mark-id": directive(integer({ max: 4294967295 }), 0, PROCESS, NO_EFFECT_IMMUTABLE),
  "bind-source-addr": directive(
    text("address"),
    "",
    "The server opens no connections to replicas or nodes.",
    NO_EFFECT,
  ),
  "sanitize-dump-payload": directive(
    choice("no", "yes", "clients"),
    "no",
    "What RESTORE reads is always checked.",
    NO_EFFECT,
  ),
  "enable-protected-configs": directive(
    choice("no", "yes", "local"),
    "no",
    "The directives it protects are immutable.",
    NO_EFFECT_IMMUTABLE,
  ),
};
