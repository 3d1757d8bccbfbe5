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
    !CLIENT LIST TYPE odd
    !CLIENT LIST TYPE
    !CLIENT LIST ID
    !CLIENT LIST ID x
    CLIENT LIST ID 999999999
    !CLIENT LIST BOGUS 1
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
  `,
  "CLIENT PAUSE checks its arguments": `
    !CLIENT PAUSE x
    !CLIENT PAUSE -1
    !CLIENT PAUSE 10 SOME
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
