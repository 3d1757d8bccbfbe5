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
