import { describeConnections } from "./connections.ts";

/** Scripts for both protocols of the connection `m`, which monitors. */
const scripts = {
  "requests are shown as they came, after they ran": `
    m MONITOR
    p2 set k "a b\\x01\\x7f\\xff\\n\\r\\t\\a\\b\\"\\\\"
    p2 GET k
    p2 SELECT 3
    p2 Set "" ""
    p3 NOSUCH x
    p3 GET
    p3 INCR ""
  `,
  "those of a transaction before its EXEC": `
    m MONITOR
    p2 MULTI
    p2 SET a 1
    p2 GET a
    p2 EXEC
    p2 MULTI
    p2 SET a 2
    p2 DISCARD
  `,
  "secrets and what administers are not": `
    m MONITOR
    p2 AUTH secret
    p2 AUTH default secret
    p2 CONFIG SET timeout 0
    p2 CONFIG GET nothing
    p2 SLOWLOG RESET
    p2 LATENCY RESET
    p2 COMMAND COUNT x
    p2 ECHO done
  `,
  "who monitors may not touch keys, and is shown its own requests": `
    m MONITOR
    m GET k
    m SET k v
    m PUBLISH c x
    m ECHO hello
  `,
  "RESET ends it": `
    m MONITOR
    p2 ECHO seen
    m RESET
    p2 ECHO unseen
  `,
  "not within MULTI": `
    p2 MULTI
    p2 MONITOR
    p2 EXEC
  `,
  "a request that waits is shown once": `
    m MONITOR
    p2 XREAD BLOCK 0 STREAMS s $
    p3 XADD s 1-1 f v
    p3 ECHO done
  `,
};

describeConnections(
  "MONITOR",
  Object.fromEntries(
    Object.entries(scripts).flatMap(([title, script]) =>
      (["2", "3"] as const).map((protocol) => [
        `${title} (RESP${protocol})`,
        script.replaceAll(/^(\s*)m\b/gm, `$1m${protocol}`),
      ]),
    ),
  ),
);
