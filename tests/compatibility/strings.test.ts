import { describeAgainstRedis } from "./differential.ts";
import { error, notAString, same } from "./script.ts";

describeAgainstRedis("GET, SET and their kin", {
  "GET and SET keep bytes as they are": `
    GET k
    SET k v
    GET k
    SET k "\\x00\\r\\n\\xff"
    GET k
    SET k ""
    GET k
    SET "" empty
    GET ""
    !GET
    !GET a b
    !SET k
  `,
  "SET takes conditions": `
    SET k 1 XX
    GET k
    SET k 1 NX
    SET k 2 nx
    SET k 2 Xx
    GET k
    SET k 3 GET
    SET new 1 GET
    SET k 4 NX GET
    SET fresh 4 NX GET
    GET fresh
    SET k 4 XX GET
    SET none 4 XX GET
    GET none
    SET k 5 GET GET XX XX
    !SET k 1 NX XX
    !SET k 1 XX NX
    !SET k 1 BOGUS
    !SET k 1 PERSIST
    !SET k 1 NX XX GET
  `,
  "SET takes an expiry": `
    SET k v EX 100
    TTL k
    SET k v PX 100000
    TTL k
    SET k v EXAT 33177117420
    EXPIRETIME k
    SET k v PXAT 33177117420123
    PEXPIRETIME k
    SET k w KEEPTTL
    PEXPIRETIME k
    SET k w KEEPTTL KEEPTTL GET
    SET k w
    TTL k
    SET k w KEEPTTL
    TTL k
    SET new w KEEPTTL
    TTL new
    SET k v EX 10 EX 100
    TTL k
    SET k v EX 10 NX
    SET past v PXAT 1
    GET past
    EXISTS past
    SET past v EXAT 1 GET
    SET past v EXAT 1 GET
    SET k v EXAT 9223372036854775
    EXPIRETIME k
    !SET k v EX
    !SET k v EX 0
    !SET k v EX -1
    !SET k v EX x
    !SET k v EX 1.5
    !SET k v EX 9223372036854775807
    !SET k v EX 9223372036854775
    !SET k v PX 9223372036854775807
    !SET k v PX 99999999999999999999
    !SET k v PX 0
    !SET k v EXAT 0
    !SET k v PXAT -5
    !SET k v EXAT 9223372036854776
    !SET k v EX 10 PX 10
    !SET k v EX 10 KEEPTTL
    !SET k v KEEPTTL EX 10
    !SET k v EXAT 10 PXAT 10
    !SET k v EX 10 BOGUS
    !SET k v NX EX 0
    !SET k v EX NX
  `,
  "SET checks options before types and types before writing": [
    notAString("stream"),
    `
    !SET stream v GET
    !SET stream v EX 0 GET
    !SET stream v NX GET
    EXISTS stream
    SET stream v NX
    SET stream v XX
    GET stream
  `,
  ],
  "SETNX, SETEX and PSETEX": `
    SETNX k 1
    SETNX k 2
    GET k
    SETEX k 100 v
    TTL k
    PSETEX k 100000 w
    TTL k
    GET k
    SETNX k 3
    TTL k
    !SETEX k 0 v
    !SETEX k -1 v
    !SETEX k x v
    !SETEX k 9223372036854775807 v
    !PSETEX k 0 v
    !PSETEX k 9223372036854775807 v
    !PSETEX k "" v
    !SETEX k 1
    !SETNX k
    !PSETEX k 1 v v
  `,
  "GETSET, GETDEL and GETEX": `
    GETSET k 1
    SETEX k 100 2
    GETSET k 3
    TTL k
    GETDEL k
    GETDEL k
    GETEX k
    GETEX k EX 0
    SET k v
    GETEX k
    TTL k
    GETEX k EX 100
    TTL k
    GETEX k PX 50000
    TTL k
    GETEX k EXAT 33177117420
    EXPIRETIME k
    GETEX k PXAT 33177117420001
    PEXPIRETIME k
    GETEX k
    PEXPIRETIME k
    GETEX k PERSIST
    TTL k
    GETEX k PERSIST PERSIST
    GETEX k EX 5 EX 100
    TTL k
    !GETEX k EX 0
    !GETEX k EX x
    !GETEX k PX -1
    !GETEX k EXAT 0
    !GETEX k EX 9223372036854775
    !GETEX k EX
    !GETEX k EX 1 PX 1
    !GETEX k EX 1 PERSIST
    !GETEX k PERSIST EX 1
    !GETEX k KEEPTTL
    !GETEX k NX
    !GETEX k GET
    GETEX k PXAT 1
    EXISTS k
    !GETEX
    !GETSET k
    !GETDEL
  `,
  "MGET, MSET and MSETNX": `
    MSET a 1 b 2 a 3
    MGET a b c a
    MSETNX c 1 d 2
    MSETNX d 1 e 2
    MGET c d e
    EXPIRE a 100
    MSET a 4
    TTL a
    MSETNX x 1 x 2
    GET x
    !MSET
    !MSET a
    !MSET a 1 b
    !MSETNX a 1 b
    !MGET
  `,
  "no command takes another type for a string": [
    notAString("s"),
    `
    !GET s
    !GETSET s v
    !GETDEL s
    !GETEX s
    !GETEX s EX 0
    !STRLEN s
    !APPEND s v
    !GETRANGE s 0 1
    !GETRANGE s 0 x
    !SUBSTR s 0 1
    !SETRANGE s 0 v
    !SETRANGE s -1 v
    !SETRANGE s 0 ""
    !INCR s
    !INCRBY s x
    !DECR s
    !DECRBY s 1
    !INCRBYFLOAT s 1
    !INCRBYFLOAT s x
    !LCS s none
    !LCS none s BOGUS
    MGET s none
    SETNX s v
    MSETNX s v
    EXISTS s
    MSET s v
    GET s
  `,
  ],
});

describeAgainstRedis("parts of strings", {
  "APPEND and STRLEN": `
    APPEND k ""
    EXISTS k
    APPEND k ab
    APPEND k "\\x00c"
    GET k
    STRLEN k
    STRLEN none
    EXPIRE k 100
    APPEND k d
    TTL k
    !APPEND k
    !STRLEN
    !STRLEN a b
  `,
  "GETRANGE and SUBSTR": [
    "SET k 0123456789",
    ...[
      "0 -1",
      "0 3",
      "-3 -1",
      "-3 3",
      "3 -3",
      "5 2",
      "-1 -5",
      "-100 2",
      "5 100",
      "100 200",
      "10 10",
      "9 9",
    ].flatMap((range) => [`GETRANGE k ${range}`, `SUBSTR k ${range}`]),
    ...["0 -1", "-1 0"].flatMap((range) => [`GETRANGE none ${range}`, `SET e ""`, `GETRANGE e ${range}`]),
    "GETRANGE k -9223372036854775808 9223372036854775807",
    "GETRANGE k 9223372036854775807 9223372036854775807",
    "GETRANGE k -9223372036854775808 -9223372036854775808",
    "!GETRANGE k a 1",
    "!GETRANGE k 0 1.0",
    "!GETRANGE none 0 99999999999999999999",
    "!GETRANGE k 0",
    "!SUBSTR k 0",
  ],
  SETRANGE: `
    SETRANGE k 3 abc
    GET k
    SETRANGE k 0 X
    SETRANGE k 6 YZ
    GET k
    SETRANGE k 2 ""
    SETRANGE none 10 ""
    EXISTS none
    EXPIRE k 100
    SETRANGE k 1 "\\xff"
    TTL k
    GET k
    !SETRANGE k -1 x
    !SETRANGE k x x
    !SETRANGE none -1 ""
    !SETRANGE k 536870912 x
    !SETRANGE k 536870911 xy
    !SETRANGE k 9223372036854775807 x
    !SETRANGE k 0
    STRLEN k
  `,
  "long strings": [
    same("SET", "k", "x".repeat(5000)),
    "STRLEN k",
    "GETRANGE k 4990 -1",
    same("APPEND", "k", "y".repeat(5000)),
    "GETRANGE k 4998 5002",
    "SETRANGE k 4096 zz",
    same("GETRANGE", "k", 4090, 4100),
    same("SETRANGE", "short", 10000, "end"),
    "STRLEN short",
    "SET k small",
    "GET k",
    error("INCR", "short"),
    "GETDEL short",
    "DBSIZE",
  ],
});

describeAgainstRedis("LCS", {
  "finds what Redis finds": [
    "MSET a ohmytext b mynewtext",
    ...["", "LEN", "IDX", "IDX MINMATCHLEN 4", "IDX MINMATCHLEN 4 WITHMATCHLEN", "IDX WITHMATCHLEN"].map(
      (options) => `LCS a b ${options}`,
    ),
    "LCS a b IDX MINMATCHLEN -5",
    "LCS a b IDX MINMATCHLEN 9223372036854775807 WITHMATCHLEN",
    "LCS a b MINMATCHLEN 100 WITHMATCHLEN",
    "LCS a b LEN WITHMATCHLEN",
    "LCS a b idx Idx len_".replace(" len_", ""),
    "LCS a none",
    "LCS none none IDX",
    "LCS none a LEN",
    "LCS a a IDX WITHMATCHLEN",
    "!LCS a b LEN IDX",
    "!LCS a b MINMATCHLEN",
    "!LCS a b MINMATCHLEN x",
    "!LCS a b BOGUS",
    "!LCS a",
    "MSET x abcbdab y bdcaba",
    ...["", "LEN", "IDX", "IDX WITHMATCHLEN"].map((options) => `LCS x y ${options}`),
    "MSET x aaaaaaaaaa y aaabaaa",
    ...["", "IDX WITHMATCHLEN"].map((options) => `LCS x y ${options}`),
    same("SET", "long", "ab".repeat(20_000)),
    error("LCS", "long", "long"),
  ],
});

describeAgainstRedis("the longest string", {
  "proto-max-bulk-len is its limit": [
    "CONFIG SET proto-max-bulk-len 1048576",
    same("SET", "k", "x".repeat(1_048_575)),
    "APPEND k y",
    "!APPEND k z",
    'APPEND k ""',
    "SETRANGE k 1048575 z",
    "!SETRANGE k 1048576 z",
    "!SETRANGE k 1048575 zz",
    "!SETRANGE none 1048576 z",
    'SETRANGE none 1048576 ""',
    "STRLEN k",
    same("SET", "a", "ab".repeat(250)),
    "!LCS k a",
    "LCS a a LEN",
    "APPEND a 0123456789012",
    "!LCS a a LEN",
    "CONFIG SET proto-max-bulk-len 536870912",
  ],
});
