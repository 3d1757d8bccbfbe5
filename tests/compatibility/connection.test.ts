import { describeConnections } from "./connections.ts";
import { describeAgainstRedis } from "./differential.ts";

describeAgainstRedis("Connection commands", {
  "PING and ECHO": `
    PING
    PING hello
    !PING a b
    ECHO "\\x00\\r\\n\\xff"
    !ECHO
    !ECHO a b
  `,
  "AUTH without a password": `
    !AUTH x
    !AUTH nobody x
    AUTH default x
    !AUTH a b c
    !AUTH
  `,
  "HELLO checks its arguments": `
    !HELLO x
    !HELLO 1
    !HELLO 4
    !HELLO 99999999999999999999
    !HELLO 2 NOPE
    !HELLO 2 AUTH a
    !HELLO 2 AUTH nobody bad
    !HELLO 3 AUTH nobody bad SETNAME n
    !HELLO 2 SETNAME
    !HELLO 2 SETNAME "a b"
    CLIENT GETNAME
    =HELLO 2 AUTH default any SETNAME me
    CLIENT GETNAME
    ?HELLO
    =HELLO 3
    ?HELLO
    CLIENT GETNAME
  `,
  "CLIENT names and attributes": `
    CLIENT GETNAME
    CLIENT SETNAME me
    CLIENT GETNAME
    !CLIENT SETNAME "with space"
    !CLIENT SETNAME "line\\nbreak"
    CLIENT SETNAME ""
    CLIENT GETNAME
    ?CLIENT ID
    ?CLIENT INFO
    ?CLIENT LIST
    ?CLIENT LIST TYPE normal
    CLIENT LIST TYPE master
    CLIENT LIST TYPE slave
    CLIENT LIST TYPE pubsub
    CLIENT LIST TYPE replica
    !CLIENT LIST TYPE odd
    !CLIENT LIST TYPE
    !CLIENT LIST ID
    !CLIENT LIST ID x
    CLIENT LIST ID 999999999
    !CLIENT LIST BOGUS 1
    !CLIENT LIST ID 999999999 TYPE normal
    !CLIENT LIST TYPE normal ID 999999999
    CLIENT NO-EVICT on
    CLIENT NO-EVICT OFF
    !CLIENT NO-EVICT maybe
    !CLIENT NOPE
    !CLIENT
    !CLIENT ID x
    !CLIENT SETNAME
    !CLIENT GETNAME x
  `,
  "CLIENT KILL checks its arguments": `
    !CLIENT KILL 1.2.3.4:5
    !CLIENT KILL
    CLIENT KILL ID 999999999
    !CLIENT KILL ID x
    !CLIENT KILL ID 0
    !CLIENT KILL ID -1
    !CLIENT KILL TYPE odd
    CLIENT KILL TYPE pubsub
    CLIENT KILL TYPE replica
    CLIENT KILL ADDR 1.2.3.4:5
    CLIENT KILL LADDR 1.2.3.4:5
    !CLIENT KILL USER nobody
    !CLIENT KILL SKIPME perhaps
    !CLIENT KILL BOGUS 1
    !CLIENT KILL ID 1 TYPE
    CLIENT KILL ID 999999999 SKIPME no
    CLIENT KILL TYPE master SKIPME yes
    CLIENT KILL TYPE slave
    CLIENT KILL TYPE NORMAL ID 999999999
    CLIENT KILL USER default ADDR 1.2.3.4:5
    !CLIENT KILL MAXAGE 1
    !CLIENT KILL ID 1 2
    !CLIENT KILL ADDR
  `,
  "CLIENT UNBLOCK checks its arguments": `
    CLIENT UNBLOCK 999999999
    CLIENT UNBLOCK 999999999 TIMEOUT
    CLIENT UNBLOCK 999999999 error
    !CLIENT UNBLOCK x
    !CLIENT UNBLOCK x ERROR
    !CLIENT UNBLOCK x NOPE
    !CLIENT UNBLOCK 999999999 NOPE
    !CLIENT UNBLOCK 999999999 ERROR x
    !CLIENT UNBLOCK
  `,
  "CLIENT TRACKING checks its arguments": `
    CLIENT TRACKINGINFO
    CLIENT GETREDIR
    !CLIENT CACHING YES
    !CLIENT CACHING maybe
    !CLIENT TRACKING
    !CLIENT TRACKING maybe
    !CLIENT TRACKING ON bogus
    !CLIENT TRACKING ON REDIRECT
    !CLIENT TRACKING ON REDIRECT x
    !CLIENT TRACKING ON REDIRECT 999999999
    !CLIENT TRACKING ON PREFIX a
    !CLIENT TRACKING ON BCAST PREFIX a PREFIX ab
    !CLIENT TRACKING ON BCAST OPTIN
    !CLIENT TRACKING ON OPTIN OPTOUT
    CLIENT TRACKINGINFO
  `,
  "CLIENT PAUSE checks its arguments": `
    !CLIENT PAUSE x
    !CLIENT PAUSE -1
    !CLIENT PAUSE 10 SOME
    !CLIENT PAUSE 10 WRITE x
    !CLIENT PAUSE
    CLIENT PAUSE 1 WRITE
    CLIENT UNPAUSE
    CLIENT PAUSE 0
    CLIENT PAUSE 0 all
    CLIENT UNPAUSE
    !CLIENT UNPAUSE x
  `,
  "CLIENT REPLY checks its arguments": `
    CLIENT REPLY ON
    CLIENT REPLY on
    !CLIENT REPLY maybe
    !CLIENT REPLY
  `,
  "RESET forgets what the session knew": `
    CLIENT SETNAME me
    SELECT 3
    SET k v
    WATCH k
    MULTI
    GET k
    RESET
    CLIENT GETNAME
    GET k
    !EXEC
    !RESET x
  `,
  SELECT: `
    SELECT 0
    SELECT 15
    !SELECT 16
    !SELECT -1
    !SELECT x
    !SELECT
    !SELECT 99999999999999999999
  `,
});

describeConnections("CLIENT REPLY", {
  "SKIP leaves out the reply to RESET, and to nothing after it": `
    a2 CLIENT REPLY SKIP
    a2 RESET
    a2 PING
    a2 CLIENT REPLY SKIP
    a2 CLIENT REPLY SKIP
    a2 PING
    a2 PING
  `,
  "OFF ends with RESET, which is answered": `
    a2 CLIENT REPLY OFF
    a2 PING
    a2 RESET
    a2 PING
  `,
  "SKIP leaves out the reply of an error, and ON is always answered": `
    a2 CLIENT REPLY SKIP
    a2 NOSUCH
    a2 PING
    a2 CLIENT REPLY SKIP
    a2 CLIENT REPLY ON
    a2 PING
    a2 CLIENT REPLY SKIP
    a2 MULTI
    a2 RESET
    a2 PING
  `,
});
