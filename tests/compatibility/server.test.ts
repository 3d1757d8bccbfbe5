import { describeAgainstRedis } from "./differential.ts";

describeAgainstRedis("Server commands", {
  "TIME, LASTSAVE and INFO have the same form": `
    ?TIME
    !TIME x
    ?LASTSAVE
    ?INFO
    ?INFO server
    ?INFO SERVER clients
    ?INFO all
    ?INFO everything
    ?INFO default keyspace
    INFO nosuchsection
    INFO keyspace
    SET k v
    INFO keyspace
    EXPIRE k 1000
    SELECT 3
    SET l v
    # The mean time to live is not kept.
    ?INFO keyspace
    SELECT 0
    INFO cluster
  `,
  CONFIG: `
    CONFIG GET maxclients
    CONFIG GET MAXCLIENTS
    CONFIG GET nosuchdirective
    ~CONFIG GET maxmemory-policy maxmemory
    !CONFIG GET
    !CONFIG SET
    !CONFIG SET maxclients
    !CONFIG SET nosuch 1
    !CONFIG SET timeout x
    !CONFIG SET timeout -1
    !CONFIG SET timeout 1 timeout 2
    !CONFIG SET timeout 1 tcp-keepalive
    !CONFIG SET databases 3
    CONFIG SET timeout 100 tcp-keepalive 200
    CONFIG GET timeout
    CONFIG SET timeout 0
    CONFIG SET client-output-buffer-limit "normal 100mb 0 0"
    CONFIG GET client-output-buffer-limit
    CONFIG SET client-output-buffer-limit "normal 0 0 0"
    CONFIG RESETSTAT
    !CONFIG RESETSTAT x
    !CONFIG REWRITE
    !CONFIG NOPE
    !CONFIG
  `,
  "counters begin anew": `
    !GET
    SET k text
    !INCR k
    CONFIG RESETSTAT
    INFO errorstats
    !GET
    INFO errorstats
    !NOSUCH
    !INCR k
    INFO errorstats
  `,
  "SLOWLOG and LATENCY": `
    CONFIG SET slowlog-log-slower-than -1
    SLOWLOG RESET
    SLOWLOG LEN
    SLOWLOG GET
    SLOWLOG GET -1
    !SLOWLOG GET -2
    !SLOWLOG GET x
    !SLOWLOG NOPE
    CONFIG SET slowlog-log-slower-than 0
    SET k v
    CONFIG SET slowlog-log-slower-than -1
    ?SLOWLOG GET 1
    SLOWLOG RESET
    LATENCY LATEST
    LATENCY HISTORY command
    LATENCY RESET
    LATENCY RESET command
    !LATENCY HISTORY
    !LATENCY NOPE
  `,
  MODULE: `
    !MODULE
    !MODULE NOPE
    !MODULE LIST x
  `,
  "SAVE and its kin check their arguments": `
    !SAVE x
    !BGSAVE x
    !BGSAVE SCHEDULE x
    !LASTSAVE x
    !SHUTDOWN x
    !SHUTDOWN SAVE NOSAVE
    !SHUTDOWN ABORT NOW
    !SHUTDOWN ABORT
    !DEBUG SLEEP 0
  `,
});
