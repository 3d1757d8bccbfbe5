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
    CONFIG GET rdb-key-save-delay
    CONFIG GET KEY-load-delay
    CONFIG GET *key-load* rdb-key-save-dela?
    CONFIG SET rdb-key-save-delay -5 key-load-delay 7
    !CONFIG SET key-load-delay 3000000000
    CONFIG GET key-load-delay
    CONFIG SET rdb-key-save-delay 0 key-load-delay 0
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
    !SLOWLOG GET 1 2
    !SLOWLOG LEN x
    !SLOWLOG RESET x
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
    LATENCY RESET command other
    LATENCY HISTORY nosuch
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
    !SHUTDOWN FORCE SAVE NOSAVE
    !SHUTDOWN ABORT FORCE
    !DEBUG SLEEP 0
  `,
  ACL: `
    ACL WHOAMI
    ~ACL CAT transaction
    ~ACL CAT STREAM
    ~ACL CAT string
    ~ACL CAT pubsub
    !ACL CAT nosuch
    !ACL CAT string x
    !ACL CAT nosuch x
    !ACL WHOAMI x
    !ACL NOPE
    !ACL
  `,
  "COMMAND and its subcommands": `
    !COMMAND COUNT x
    COMMAND INFO nosuch
    COMMAND INFO get nosuch strlen
    COMMAND DOCS nosuch
    ~COMMAND LIST FILTERBY PATTERN x*
    ~COMMAND LIST FILTERBY PATTERN X*
    ~COMMAND LIST FILTERBY PATTERN xgroup|*
    ~COMMAND LIST FILTERBY ACLCAT transaction
    COMMAND LIST FILTERBY ACLCAT nosuch
    COMMAND LIST FILTERBY MODULE nosuch
    COMMAND LIST FILTERBY PATTERN nosuch
    !COMMAND LIST FILTERBY nosuch x
    !COMMAND LIST FILTERBY
    !COMMAND LIST FILTERBY PATTERN
    !COMMAND LIST x
    COMMAND GETKEYS XREADGROUP GROUP g c STREAMS a b 0 0
    COMMAND GETKEYS XREAD COUNT 1 BLOCK 5 STREAMS a b 0 0
    COMMAND GETKEYS XREAD BLOCK STREAMS STREAMS a 0
    COMMAND GETKEYS XGROUP CREATE s g 0
    COMMAND GETKEYS XINFO STREAM s
    COMMAND GETKEYS XCLAIM s g c 0 1
    COMMAND GETKEYS RESTORE k 0 x
    !COMMAND GETKEYS PING x
    !COMMAND GETKEYS nosuch x
    !COMMAND GETKEYS GET a b
    !COMMAND GETKEYS
    COMMAND GETKEYSANDFLAGS XREADGROUP GROUP g c STREAMS a b 0 0
    COMMAND GETKEYSANDFLAGS XADD s * a 1
    COMMAND GETKEYSANDFLAGS SET k v
    COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 0 OVERFLOW SAT
    COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 0 SET u8 0 1
    COMMAND GETKEYSANDFLAGS BITFIELD k GET u8
    COMMAND GETKEYSANDFLAGS BITFIELD k OVERFLOW
    COMMAND GETKEYSANDFLAGS BITFIELD k
    COMMAND GETKEYS BITOP AND d a b
    !COMMAND GETKEYSANDFLAGS PING x
    !COMMAND GETKEYSANDFLAGS
    !COMMAND NOPE
  `,
});

describeAgainstRedis(
  "Commands that have to be allowed",
  {
    DEBUG: `
      DEBUG SLEEP 0
      DEBUG SLEEP 0.001
      DEBUG SET-ACTIVE-EXPIRE 0
      DEBUG SET-ACTIVE-EXPIRE 1
      SET k v
      DEBUG RELOAD
      GET k
      ?DEBUG DIGEST
      ?DEBUG OBJECT k
      !DEBUG OBJECT nokey
      !DEBUG NOPE
      !DEBUG SLEEP
      !DEBUG
    `,
    MODULE: `
      !MODULE LOAD /no/such/file.so
      !MODULE LOAD /no/such/file.so a b
      !MODULE LOADEX /no/such/file.so
      !MODULE LOADEX /no/such/file.so CONFIG a b ARGS c
      !MODULE LOADEX /no/such/file.so CONFIG a
      !MODULE LOADEX /no/such/file.so NOPE
      !MODULE UNLOAD nosuch
      !MODULE UNLOAD
      !MODULE LOAD
    `,
    SAVE: `
      SET k v
      SAVE
      ?LASTSAVE
      MULTI
      !SAVE
      !EXEC
    `,
  },
  {
    redis: ["--enable-debug-command", "yes", "--enable-module-command", "yes"],
    detent: { "enable-debug-command": "yes" },
  },
);

describeAgainstRedis("replication, of which there is none", {
  "ROLE and WAIT": `
    ROLE
    WAIT 0 0
    WAIT -1 0
    WAIT 1 10
    MULTI
    WAIT 1 0
    EXEC
    !WAIT x 0
    !WAIT 1 -1
    !WAIT 1 x
    !WAIT 1
    !ROLE x
  `,
});
