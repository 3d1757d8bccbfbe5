import { describeConnections } from "./connections.ts";

/** A script whose requests are made by `c2` while `s3` listens to all there is; `prepare` comes before it listens. */
const heard = (prepare: string, script: string): string =>
  [
    "c2 CONFIG SET notify-keyspace-events KEAnm",
    ...lines(prepare).map((line) => `c2 ${line}`),
    "s3 PSUBSCRIBE __key*",
    ...lines(script).map((line) => (/^[a-z]\d /.test(line) ? line : `c2 ${line}`)),
  ].join("\n");

const lines = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

describeConnections("keyspace notifications", {
  "strings that are written": heard(
    "MSET n 1 old x",
    `
    SET k v
    SET k v
    SET k v EX 100
    SET k v PX 100000 GET
    SET k v NX
    SET k v KEEPTTL
    SET none v XX
    SET none v XX GET
    SET new v NX GET
    SETNX k v
    SETNX k2 v
    SETEX k 100 v
    PSETEX k3 100000 v
    GETSET k v
    GETSET k4 v
    GETDEL k4
    GETDEL k4
    GETEX k EX 100
    GETEX k PERSIST
    GETEX k
    GETEX nothing EX 10
    MSET a 1 b 2 a 3
    MSETNX c 1 d 2
    MSETNX c 1 e 2
    APPEND k more
    APPEND app x
    SETRANGE k 1 z
    SETRANGE sr 3 z
    SETRANGE sr2 0 ""
    INCR n
    DECR n
    INCRBY n 5
    DECRBY n 5
    INCRBYFLOAT n 0.5
    INCR n2
    INCRBYFLOAT n3 1
    INCR old
    SETEX k 0 v
    `,
  ),
  "strings that are read": heard(
    "SET k v",
    `
    GET k
    GET none
    MGET k none nope
    STRLEN none
    GETRANGE none 0 1
    SUBSTR none 0 1
    LCS none nope
    EXISTS none k none
    TYPE none
    TTL none
    PTTL none
    EXPIRETIME none
    PEXPIRETIME none
    TOUCH none k
    DUMP none
    OBJECT ENCODING none
    MEMORY USAGE none
    RANDOMKEY
    KEYS none
    SCAN 0 MATCH none
    `,
  ),
  "keys that come and go": heard(
    "MSET a 1 b 2 c 3 d 4 e 5 f 6",
    `
    DEL a none
    UNLINK b none c
    DEL none
    EXPIRE d 100
    EXPIRE d 100 NX
    PEXPIRE d 100000
    EXPIREAT d 99999999999
    PEXPIREAT d 99999999999000
    EXPIRE none 10
    PERSIST d
    PERSIST d
    PERSIST none
    EXPIRE d -1
    GET d
    RENAME e e2
    RENAME e2 f
    RENAME f f
    RENAME none x
    RENAMENX f g
    SET h 1
    RENAMENX g h
    COPY g i
    COPY g i
    COPY g i REPLACE
    COPY none x
    COPY g g DB 1
    MOVE g 1
    MOVE g2 1
    MOVE i 1
    MOVE i 1
    SET i x
    MOVE i 1
    TOUCH h
    RESTORE r 0 "\\x00\\x01v\\x0a\\x00\\xee\\x14\\xb5\\xa3\\xc1\\x9b\\xd0\\x14"
    c2 SELECT 1
    SET in1 v
    DEL in1
    SWAPDB 0 1
    FLUSHDB
    FLUSHALL
    `,
  ),
  "what a transaction does": heard(
    "SET a 1",
    `
    MULTI
    SET a 2
    INCR a
    GET none
    GET
    DEL a
    EXEC
    MULTI
    SET a 2
    INCR a
    GET none
    DEL a
    EXEC
    MULTI
    SET a 2
    DISCARD
    `,
  ),
  streams: heard(
    "SET str v",
    `
    XADD s 1-1 a 1
    XADD s 2-1 a 1
    XADD s 2-1 a 1
    XADD none NOMKSTREAM 1-1 a 1
    XADD s MAXLEN 1 3-1 a 1
    XADD s MAXLEN 1 4-1 a 1
    XADD str 1-1 a 1
    XLEN s
    XLEN none
    XRANGE none - +
    XREVRANGE none + -
    XINFO STREAM none
    XDEL s 4-1 9-9
    XDEL s 4-1
    XDEL none 4-1
    XADD s 5-1 a 1
    XADD s 6-1 a 1
    XTRIM s MAXLEN 5
    XTRIM s MAXLEN 1
    XTRIM none MAXLEN 1
    XTRIM s MAXLEN 0
    DEL s
    `,
  ),
  "only the classes that are chosen": `
    c2 SET k v
    s2 PSUBSCRIBE *
    c2 CONFIG SET notify-keyspace-events E$
    c2 SET k v EX 100
    c2 SET new v
    c2 DEL k
    c2 CONFIG SET notify-keyspace-events Kg
    c2 SET k v EX 100
    c2 DEL k
    c2 CONFIG SET notify-keyspace-events g$
    c2 SET k v
    c2 CONFIG SET notify-keyspace-events Km
    c2 GET none
    c2 CONFIG SET notify-keyspace-events Kn
    c2 SET fresh v
    c2 SET fresh v
    c2 CONFIG SET notify-keyspace-events ""
    c2 SET fresher v
  `,
  "a session hears of itself": `
    c3 CONFIG SET notify-keyspace-events KA
    c3 SUBSCRIBE __keyspace@0__:k
    # From Redis 7.2 on behind the reply.
    ~c3 SET k v EX 10
    ~c3 DEL k
    c3 CONFIG SET notify-keyspace-events ""
  `,
});
