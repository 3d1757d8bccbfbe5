import { describeConnections } from "./connections.ts";

describeConnections("client-side caching", {
  "a session is notified once of a key it has read": `
    w2 MSET a 1 b 2 c 3
    r3 CLIENT TRACKING ON
    r3 GET a
    r3 MGET b none
    w2 SET a 2
    w2 SET a 3
    w2 SET none v
    w2 DEL b
    r3 EXISTS a b c
    w2 EXPIRE a 100
    w2 RENAME a c
    r3 STRLEN c
    w2 GET c
    w2 SET c v KEEPTTL
    r3 TTL c
    w2 PERSIST none
    w2 APPEND c x
    r3 GET c
    r3 SET c own
    r3 INCR n
    r3 GET n
    r3 INCR n
    w2 INCR n
    r3 CLIENT TRACKING OFF
    r3 GET n
    w2 INCR n
  `,
  "a transaction is notified of what it changed before it read": `
    r3 CLIENT TRACKING ON
    r3 MULTI
    r3 SET q 1
    r3 GET q
    r3 EXEC
    w2 SET q 2
    r3 GET q
    r3 MULTI
    r3 SET q 3
    r3 GET q
    r3 SET q 4
    r3 EXEC
    w2 SET q 5
    r3 MULTI
    r3 GET q
    r3 SET q 6
    r3 EXEC
    w2 SET q 7
    r3 MULTI
    r3 MSET q 8 p 8
    r3 MGET q p
    r3 DEL p
    r3 EXEC
    w2 DEL p q
  `,
  streams: `
    w2 XADD s 1-1 a 1
    r3 CLIENT TRACKING ON
    r3 XLEN s
    w2 XADD s 2-1 a 1
    r3 XRANGE s - +
    w2 XDEL s 1-1
    r3 XREAD STREAMS s 0
    w2 XTRIM s MAXLEN 0
  `,
  "RESP2 is notified by way of another connection": `
    w2 MSET a 1 b 2
    r2 CLIENT TRACKING ON
    r2 GET a
    w2 SET a 2
    r2 CLIENT GETREDIR
    r2 CLIENT TRACKING ON REDIRECT {t2}
    r2 CLIENT TRACKING ON REDIRECT {t2} REDIRECT {t2}
    r2 GET a
    w2 SET a 2
    t2 SUBSCRIBE __redis__:invalidate
    r2 GET a
    w2 SET a 2
    w2 SET a 3
    r2 MGET a b
    w2 DEL a b
    r2 CLIENT TRACKING ON REDIRECT {t3}
    r2 GET a
    w2 SET a 2
    r2 CLIENT TRACKING ON REDIRECT {t2}
    w2 FLUSHALL
    r3 CLIENT TRACKING ON REDIRECT {t2}
    r3 GET a
    w2 SET a 2
    r3 GET a
    t2 QUIT
    w2 SET a 3
    r3 CLIENT TRACKING ON REDIRECT {t3} BCAST PREFIX a
    r2 CLIENT TRACKING OFF
    r2 CLIENT TRACKING ON REDIRECT {t3} BCAST
    w2 MSET a 1 b 2
    r2 CLIENT TRACKING ON REDIRECT 99999
    r2 CLIENT TRACKINGINFO
  `,
  "a flush invalidates everything": `
    w2 SET a 1
    r3 CLIENT TRACKING ON
    b3 CLIENT TRACKING ON BCAST
    r3 GET a
    w2 FLUSHDB
    w2 SET a 1
    r3 GET a
    w2 FLUSHALL
    r3 FLUSHALL
  `,
  "BCAST tells of all keys with a prefix": `
    w2 MSET user:1 a user:2 b other c
    r3 CLIENT TRACKING ON BCAST PREFIX user: PREFIX o
    a3 CLIENT TRACKING ON BCAST NOLOOP
    w2 SET user:1 x
    w2 MSET user:2 x other x none x
    w2 DEL user:1 user:2
    a3 SET user:1 x
    r3 SET user:1 x
    r3 CLIENT TRACKINGINFO
    r3 CLIENT TRACKING ON BCAST PREFIX z
    r3 CLIENT TRACKINGINFO
    w2 SET z x
    r3 CLIENT TRACKING OFF
    w2 SET z x
  `,
  "NOLOOP spares a session its own changes": `
    r3 CLIENT TRACKING ON NOLOOP
    r3 GET k
    r3 SET k v
    w2 SET k v
    r3 GET k
    w2 SET k v
  `,
  "OPTIN tracks what is asked for": `
    r3 CLIENT CACHING YES
    r3 CLIENT TRACKING ON OPTIN
    r3 CLIENT CACHING NO
    r3 CLIENT CACHING MAYBE
    r3 GET a
    r3 CLIENT CACHING YES
    r3 CLIENT TRACKINGINFO
    r3 GET b
    r3 GET c
    w2 MSET a 1 b 1 c 1
    r3 CLIENT CACHING YES
    r3 MULTI
    r3 GET a
    r3 GET b
    r3 EXEC
    r3 GET c
    w2 MSET a 1 b 1 c 1
  `,
  "OPTOUT tracks all but what is excepted": `
    r3 CLIENT TRACKING ON OPTOUT
    r3 CLIENT CACHING YES
    r3 GET a
    r3 CLIENT CACHING NO
    r3 CLIENT TRACKINGINFO
    r3 GET b
    r3 GET c
    w2 SET a 1
    w2 SET b 1
    w2 SET c 1
  `,
  "options that contradict each other": `
    r3 CLIENT TRACKINGINFO
    r2 CLIENT TRACKINGINFO
    r3 CLIENT GETREDIR
    r3 CLIENT TRACKING
    r3 CLIENT TRACKING MAYBE
    r3 CLIENT TRACKING ON NOPE
    r3 CLIENT TRACKING ON REDIRECT
    r3 CLIENT TRACKING ON REDIRECT x
    r3 CLIENT TRACKING ON PREFIX a
    r3 CLIENT TRACKING ON BCAST OPTIN
    r3 CLIENT TRACKING ON OPTIN OPTOUT
    r3 CLIENT TRACKING ON BCAST PREFIX ab PREFIX a
    r3 CLIENT TRACKING ON BCAST PREFIX a PREFIX ab
    r3 CLIENT TRACKING ON BCAST PREFIX a PREFIX b
    r3 CLIENT TRACKING ON BCAST PREFIX bc
    r3 CLIENT TRACKING ON
    r3 CLIENT TRACKING OFF NOLOOP
    r3 CLIENT TRACKING ON OPTIN
    r3 CLIENT TRACKING ON OPTOUT
    r3 CLIENT TRACKINGINFO
    r3 CLIENT TRACKING ON
    r3 CLIENT TRACKING ON OPTOUT NOLOOP
    r3 CLIENT TRACKINGINFO
    r2 CLIENT TRACKING ON BCAST
    r2 CLIENT TRACKINGINFO
    r2 CLIENT GETREDIR
    r3 RESET
    r3 CLIENT TRACKINGINFO
  `,
});
