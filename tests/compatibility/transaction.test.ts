import { describeConnections } from "./connections.ts";
import { describeAgainstRedis } from "./differential.ts";

describeAgainstRedis("Transactions", {
  "MULTI queues and EXEC runs": `
    MULTI
    SET k 1
    INCR k
    GET k
    EXEC
    GET k
    MULTI
    EXEC
    !EXEC
    !DISCARD
    MULTI
    SET k 5
    DISCARD
    GET k
  `,
  "a command that fails leaves the others": `
    SET k text
    MULTI
    SET other 1
    INCR k
    SET other 2
    EXEC
    GET other
  `,
  "what cannot be queued aborts": `
    MULTI
    SET k 1
    !NOSUCH a
    GET k
    !EXEC
    GET k
    MULTI
    !GET
    !EXEC
    MULTI
    !CONFIG NOPE
    !EXEC
    MULTI
    !SAVE
    !EXEC
    MULTI
    !SHUTDOWN
    !EXEC
    MULTI
    !GET
    DISCARD
    MULTI
    PING
    EXEC
  `,
  "MULTI and WATCH inside MULTI": `
    MULTI
    !MULTI
    !WATCH k
    SET k 1
    EXEC
    MULTI
    UNWATCH
    EXEC
    !MULTI x
    !EXEC x
    !DISCARD x
    !WATCH
    !UNWATCH x
  `,
  "SELECT within a transaction": `
    MULTI
    SELECT 4
    SET k four
    SELECT 0
    GET k
    EXEC
    GET k
    SELECT 4
    GET k
    DEL k
    SELECT 0
  `,
  "WATCH sees one's own changes": `
    SET k 1
    WATCH k
    SET k 2
    MULTI
    SET k 3
    EXEC
    GET k
    MULTI
    SET k 4
    EXEC
    WATCH k
    UNWATCH
    SET k 5
    MULTI
    GET k
    EXEC
    WATCH k
    SET k 6
    MULTI
    DISCARD
    MULTI
    GET k
    EXEC
  `,
  "WATCH and keys that are not there": `
    WATCH none
    MULTI
    PING
    EXEC
    WATCH none
    DEL none
    MULTI
    PING
    EXEC
    WATCH none
    SET none 1
    MULTI
    PING
    EXEC
    WATCH none
    DEL none
    MULTI
    PING
    EXEC
  `,
  "WATCH and databases that are emptied or exchanged": `
    WATCH k
    FLUSHALL
    MULTI
    PING
    EXEC
    SET k 1
    WATCH k
    FLUSHALL
    MULTI
    PING
    EXEC
    SET k 1
    WATCH k
    FLUSHDB
    MULTI
    PING
    EXEC
    SET k 1
    WATCH k
    SWAPDB 0 1
    MULTI
    PING
    EXEC
    WATCH k
    SWAPDB 0 1
    MULTI
    PING
    EXEC
    WATCH none
    SWAPDB 0 1
    MULTI
    PING
    EXEC
    FLUSHALL
  `,
  "WATCH and keys that expire": `
    SET k 1
    WATCH k
    EXPIRE k 100
    MULTI
    PING
    EXEC
    WATCH k
    PEXPIRE k -1
    MULTI
    PING
    EXEC
    SET k 1
    RENAME k l
    WATCH l
    RENAME l m
    MULTI
    PING
    EXEC
    WATCH m
    COPY m n
    MULTI
    PING
    EXEC
    WATCH m
    TOUCH m
    MULTI
    PING
    EXEC
  `,
});

// DEBUG SLEEP, not a wait of the test: neither server may remove the key meanwhile.
const EXPIRED = `
  a2 DEBUG SET-ACTIVE-EXPIRE 0
  a2 SET k v PX 1
  a2 DEBUG SLEEP 0.02
`;

describeConnections(
  "WATCH of a key that has expired",
  {
    "and is still there changes nothing": `${EXPIRED}
      a2 WATCH k
      a2 MULTI
      a2 GET k
      a2 EXEC
    `,
    "and is removed by others changes nothing": `${EXPIRED}
      a2 WATCH k
      b2 GET k
      b2 DEL k
      a2 MULTI
      a2 PING
      a2 EXEC
    `,
    "and is set by others changes it": `${EXPIRED}
      a2 WATCH k
      b2 SET k w
      a2 MULTI
      a2 PING
      a2 EXEC
    `,
    "and is flushed changes nothing": `${EXPIRED}
      a2 WATCH k
      b2 FLUSHALL
      a2 MULTI
      a2 PING
      a2 EXEC
    `,
    "since it was watched is a change": `
      a2 DEBUG SET-ACTIVE-EXPIRE 0
      a2 SET k v PX 20
      a2 WATCH k
      b2 DEBUG SLEEP 0.05
      a2 MULTI
      a2 PING
      a2 EXEC
    `,
    "which another watched before is a change for that one alone": `
      a2 DEBUG SET-ACTIVE-EXPIRE 0
      a2 SET k v PX 20
      a2 WATCH k
      b2 DEBUG SLEEP 0.05
      b2 WATCH k
      b2 MULTI
      b2 PING
      b2 EXEC
      a2 MULTI
      a2 PING
      a2 EXEC
    `,
  },
  { redis: ["--enable-debug-command", "yes"], detent: { "enable-debug-command": "yes" } },
);
