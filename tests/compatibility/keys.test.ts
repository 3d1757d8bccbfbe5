import { describeAgainstRedis } from "./differential.ts";
import { notAString, same } from "./script.ts";

describeAgainstRedis("keys", {
  "DEL, UNLINK, EXISTS and TOUCH count": [
    notAString("s"),
    `
    MSET a 1 b 2 c 3
    EXISTS a a none b s
    TOUCH a a none s
    DEL a none a
    UNLINK b none b s
    EXISTS a b s
    DBSIZE
    !DEL
    !UNLINK
    !EXISTS
    !TOUCH
    `,
  ],
  TYPE: `
    SET k v
    TYPE k
    TYPE none
    !TYPE
    !TYPE a b
  `,
  "KEYS matches patterns": [
    'MSET one 1 two 2 three 3 four 4 hello 5 hallo 6 hxllo 7 h*llo 8 "a\\xffb" 9 "" 10 [x] 11',
    ...[
      "*",
      "t*",
      "*o*",
      "h?llo",
      "h[ae]llo",
      "h[^e]llo",
      "h[a-b]llo",
      "h\\\\*llo",
      "none*",
      "[",
      "\\\\[x\\\\]",
      "",
      "**",
    ].map((pattern) => `~KEYS "${pattern}"`),
    '~KEYS "a\\xff*"',
    '~KEYS "a?b"',
    "SET gone v PXAT 1",
    "~KEYS gone*",
    "!KEYS",
    "!KEYS a b",
  ],
  "SCAN walks small databases in one step": `
    MSET a 1 b 2 c 3 xa 4
    ~SCAN 0 COUNT 100
    SCAN 0 COUNT 100 MATCH nothing
    SCAN 0 COUNT 100 MATCH b
    SCAN 0 MATCH b COUNT 100 TYPE string
    SCAN 0 count 100 match b type STRING
    SCAN 0 COUNT 100 MATCH b TYPE stream
    SCAN 0 COUNT 100 TYPE nosuchtype
    SCAN 0 MATCH a MATCH b COUNT 1 COUNT 100
    SCAN "" COUNT 100 MATCH b
    SCAN +0 COUNT 100 MATCH b
    !SCAN
    !SCAN x
    !SCAN " 0"
    !SCAN 0x
    !SCAN 1.5
    !SCAN 99999999999999999999
    !SCAN 0 COUNT
    !SCAN 0 COUNT 0
    !SCAN 0 COUNT -1
    !SCAN 0 COUNT x
    !SCAN 0 MATCH
    !SCAN 0 TYPE
    !SCAN 0 BOGUS x
    !SCAN 0 MATCH x BOGUS
    !SCAN x COUNT 0
  `,
  RANDOMKEY: `
    RANDOMKEY
    SET k v
    RANDOMKEY
    SET l v
    ?RANDOMKEY
    !RANDOMKEY k
  `,
  "RENAME and RENAMENX": [
    `
    !RENAME none x
    !RENAME none none
    !RENAMENX none x
    SET a 1 EX 100
    RENAME a a
    RENAMENX a a
    RENAME a b
    EXISTS a b
    TTL b
    SET c 3
    RENAMENX b c
    GET c
    RENAME b c
    GET c
    TTL c
    RENAMENX c d
    GET d
    DBSIZE
    SET e 1
    RENAME e d
    TTL d
    !RENAME a
    !RENAMENX a b c
    `,
    notAString("s"),
    "RENAME s t",
    "RENAMENX t d",
    "RENAME d t",
    "GET t",
  ],
  COPY: [
    `
    SET a 1 EX 100
    COPY a b
    GET b
    TTL b
    COPY a b
    SET a 2
    COPY a b
    COPY a b REPLACE
    GET b
    TTL b
    COPY none b
    COPY none b REPLACE
    COPY a a DB 1
    COPY a a DB 1
    COPY a a REPLACE DB 1
    COPY a z DB 0 DB 1
    !COPY a a
    !COPY none none
    !COPY a a DB 0
    !COPY a b DB
    !COPY a b DB x
    !COPY a b DB -1
    !COPY a b DB 16
    !COPY a b DB 99999999999
    !COPY a b DB 99999999999999999999
    !COPY a b BOGUS
    !COPY a b REPLACE BOGUS
    !COPY a b DB 99 BOGUS
    !COPY a
    SELECT 1
    GET a
    GET z
    DBSIZE
    `,
    same("SET", "long", "x".repeat(6000)),
    "COPY long longer DB 2",
    "SELECT 2",
    "STRLEN longer",
  ],
  "MOVE, SELECT and SWAPDB": `
    SET a 1 EX 100
    MOVE a 1
    EXISTS a
    MOVE a 1
    SET a 2
    MOVE a 1
    GET a
    !MOVE a 0
    !MOVE none 0
    !MOVE a x
    !MOVE a 16
    !MOVE a -1
    !MOVE a 99999999999
    !MOVE a
    SELECT 1
    GET a
    TTL a
    MOVE a 2
    DBSIZE
    SELECT 0
    SWAPDB 0 2
    TTL a
    SWAPDB 2 2
    SWAPDB 2 0
    GET a
    !SWAPDB x 0
    !SWAPDB 0 x
    !SWAPDB x y
    !SWAPDB 0 16
    !SWAPDB -1 0
    !SWAPDB 0 99999999999
    !SWAPDB 0
    !SELECT x
    !SELECT 16
    !SELECT -1
    !SELECT 99999999999
    !SELECT ""
    !SELECT
    SELECT 15
    DBSIZE
  `,
  "FLUSHDB and FLUSHALL": `
    SET a 1
    SELECT 1
    SET b 1
    FLUSHDB
    DBSIZE
    SELECT 0
    DBSIZE
    SELECT 1
    SET b 1
    FLUSHDB async
    FLUSHDB SYNC
    SET b 1
    FLUSHALL ASYNC
    FLUSHALL sync
    SELECT 0
    GET a
    DBSIZE
    !FLUSHDB BOGUS
    !FLUSHALL BOGUS
    !FLUSHALL SYNC ASYNC
    !FLUSHDB SYNC SYNC
    !DBSIZE x
  `,
});

describeAgainstRedis("expiry", {
  "EXPIRE, PEXPIRE, EXPIREAT and PEXPIREAT set it": `
    EXPIRE none 10
    SET k v
    EXPIRE k 100
    TTL k
    PEXPIRE k 200000
    TTL k
    EXPIREAT k 33177117420
    TTL none
    EXPIRETIME k
    PEXPIRETIME k
    PEXPIREAT k 33177117420999
    EXPIRETIME k
    PEXPIRETIME k
    PERSIST k
    PERSIST k
    PERSIST none
    TTL k
    PTTL k
    EXPIRETIME k
    PEXPIRETIME k
    TTL none
    PTTL none
    EXPIRETIME none
    PEXPIRETIME none
    EXPIREAT k 9223372036854775
    EXPIRETIME k
    GET k
  `,
  "times are exact up to 64 bits": `
    SET k v PXAT 9007199254740993
    PEXPIRETIME k
    PEXPIREAT k 9007199254740994 GT
    PEXPIREAT k 9007199254740994 GT
    PEXPIREAT k 9007199254740995 LT
    PEXPIRETIME k
    PEXPIREAT k 9007199254740991 LT
    PEXPIRETIME k
    PEXPIREAT k 9223372036854775807
    PEXPIRETIME k
    EXPIRETIME k
    COPY k l
    PEXPIRETIME l
    RENAME l m
    PEXPIRETIME m
    GETEX m PXAT 9223372036854775001
    PEXPIRETIME m
    SET m w KEEPTTL
    PEXPIRETIME m
    PERSIST m
    PEXPIRETIME m
    SET m v EXAT 9223372036854775
    PEXPIRETIME m
    DEL m
    !PEXPIRE k 9223372036854775807
    PEXPIREAT k -9223372036854775808
    EXISTS k
  `,
  "times that have passed remove the key": `
    SET a 1
    EXPIRE a 0
    EXISTS a
    SET a 1
    EXPIRE a -1
    EXISTS a
    SET a 1
    PEXPIRE a -100
    EXISTS a
    SET a 1
    EXPIREAT a 1
    EXISTS a
    SET a 1
    EXPIREAT a 0
    EXISTS a
    SET a 1
    PEXPIREAT a -5
    EXISTS a
    SET a 1
    EXPIRE a -9223372036854775
    EXISTS a
    SET a 1
    PEXPIRE a -9223372036854775808
    EXISTS a
    DBSIZE
  `,
  "NX, XX, GT and LT are conditions": `
    SET k v
    EXPIRE k 100 XX
    EXPIRE k 100 GT
    TTL k
    EXPIRE k 100 LT
    TTL k
    PERSIST k
    EXPIRE k 100 NX
    EXPIRE k 200 NX
    TTL k
    EXPIRE k 50 GT
    EXPIRE k 100000 GT
    TTL k
    EXPIRE k 200000 LT
    EXPIRE k 100 LT
    TTL k
    EXPIRE k 200 xx
    EXPIRE k 300 XX GT
    EXPIRE k 250 GT XX GT
    EXPIRE k 250 XX LT
    TTL k
    EXPIREAT k 33177117420 GT
    PEXPIREAT k 33177117420000 GT
    PEXPIREAT k 33177117420000 LT
    PEXPIREAT k 33177117420001 GT
    PEXPIRETIME k
    EXPIRE none 100 NX
    PEXPIRE k 100000 NX
    PEXPIRE k 100000 GT
    PEXPIRE k 100000 xx lt
    PEXPIRE k 200000 GT
    PEXPIREAT k 33177117420000 NX
    PEXPIREAT k 33177117420000 XX
    PERSIST k
    PEXPIRE k 100000 XX
    PEXPIRE k 100000 GT
    PEXPIRE k 100000 LT
    TTL k
    EXPIRE k -1 GT
    EXPIRE k -1 LT
    EXISTS k
    !EXPIRE k 100 NX XX
    !EXPIRE k 100 NX GT
    !EXPIRE k 100 LT NX
    !EXPIRE k 100 GT LT
    !EXPIRE k 100 XX GT LT
    !EXPIRE k 100 NX GT LT
    !EXPIRE k 100 BOGUS
    !EXPIRE k 100 nx ""
    !EXPIRE k x BOGUS
    !EXPIRE k x NX XX
    !EXPIRE k x GT LT
    !PEXPIREAT k x NX GT
    !PEXPIRE k 1 NX XX
    !PEXPIRE k 1 GT LT
    !PEXPIRE k 1 BOGUS
    !EXPIREAT k 1 BOGUS
    !PEXPIREAT k 1 BOGUS
  `,
  "what is not a time is refused": [
    "SET k v",
    ...["EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT"].flatMap((name) => [
      `!${name} k x`,
      `!${name} k 1.5`,
      `!${name} k ""`,
      `!${name} k 99999999999999999999`,
      `!${name} none x`,
      `!${name} k`,
      `!${name}`,
    ]),
    "!EXPIRE k 9223372036854775807",
    "!EXPIRE k 9223372036854775",
    "!EXPIRE k -9223372036854775808",
    "!EXPIRE none 9223372036854775807",
    "!PEXPIRE k 9223372036854775807",
    "!EXPIREAT k 9223372036854775807",
    "!EXPIREAT k -9223372036854775808",
    "TTL k",
    ...["TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME", "PERSIST"].flatMap((name) => [
      `!${name}`,
      `!${name} k k`,
    ]),
  ],
  "writes keep or drop it as Redis does": [
    ...[
      "SET k 2",
      "GETSET k 2",
      "MSET k 2",
      "APPEND k 2",
      "SETRANGE k 0 2",
      "INCR k",
      "INCRBYFLOAT k 1",
      "SETNX k 2",
    ].flatMap((write) => ["SET k 1 EX 100", write, "TTL k"]),
    "SET k 1 EX 100",
    "COPY k l",
    "RENAME k m",
    "MOVE m 3",
    "TTL l",
    "SELECT 3",
    "TTL m",
  ],
});
