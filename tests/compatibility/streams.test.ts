import { describeAgainstRedis } from "./differential.ts";
import { same } from "./script.ts";

/** Appends entries 1-1, 2-1 … to s. */
const adds = (count: number, from = 1) =>
  Array.from({ length: count }, (_, i) => same("XADD", "s", `${from + i}-1`, "n", from + i));

describeAgainstRedis("XADD", {
  "ids ascend, and one that does not is refused": `
    XADD s 1-1 a 1
    XADD s 1-2 a 2 b 3
    XADD s 5 a x
    !XADD s 5 a x
    !XADD s 5-0 a x
    !XADD s 4-9 a x
    XADD s 5-1 a "\\x00\\r\\n\\xff"
    XADD s 007-08 a x
    XADD s " +9" "" ""
    XRANGE s - +
    XLEN s
  `,
  "partial ids get the next sequence number": `
    XADD s 3-* a 1
    XADD s 3-* a 1
    XADD s 0003-* a 1
    !XADD s 2-* a 1
    XADD s 4-18446744073709551615 a 1
    # Redis 7.0 words this refusal by whatever error came before it.
    ?XADD s 4-* a 1
    XADD s 5-* a 1
    XADD t 0-* a 1
    XADD t 0-* a 1
    XRANGE s - +
    XRANGE t - +
  `,
  "the last possible id can be given once": `
    XADD s 18446744073709551614-18446744073709551615 a 1
    ?XADD s * a 1
    XRANGE s - +
    XADD t 18446744073709551615-18446744073709551615 a 1
    !XADD t * a 1
    !XADD t 1-* a 1
    !XADD t 1-1 a 1
    XREVRANGE t + - COUNT 1
  `,
  "malformed ids and arguments are refused": `
    !XADD s
    !XADD s *
    !XADD s * a
    !XADD s * a 1 b
    !XADD s 1 a
    !XADD s 0-0 a 1
    !XADD s 0 a 1
    !XADD s x a 1
    !XADD s -1 a 1
    !XADD s - a 1
    !XADD s + a 1
    !XADD s 1-x a 1
    !XADD s 1- a 1
    !XADD s -* a 1
    !XADD s 1-** a 1
    !XADD s 1-1-1 a 1
    !XADD s (1 a 1
    !XADD s 18446744073709551616 a 1
    !XADD s 1-18446744073709551616 a 1
    !XADD s 1.5 a 1
    !XADD s "" a 1
    XLEN s
    SET k v
    !XADD k * a 1
    !XADD k 0-0 a 1
    !XLEN k
    !XRANGE k - +
    !XDEL k 1-1
    !XTRIM k MAXLEN 0
  `,
  "NOMKSTREAM makes no stream": `
    XADD s NOMKSTREAM 1-1 a 1
    XLEN s
    XADD s 1-1 a 1
    XADD s nomkstream 1-2 a 1
    XADD s NOMKSTREAM MAXLEN 1 1-3 a 1
    XRANGE s - +
  `,
  "trimming goes with it": `
    XADD s MAXLEN 2 1-1 a 1
    XADD s MAXLEN 2 1-2 a 1
    XADD s MAXLEN = 2 1-3 a 1
    XADD s maxlen ~ 2 1-4 a 1
    XADD s MINID 1-3 1-5 a 1
    XADD s MINID = 1-4 1-6 a 1
    XADD s MINID ~ 1-5 LIMIT 10 1-7 a 1
    XADD s MINID 9 1-8 a 1
    XLEN s
    XADD s MAXLEN 0 1-9 a 1
    XRANGE s - +
    XINFO STREAM s
    !XADD s MAXLEN 2 MINID 1 1-10 a 1
    !XADD s MAXLEN -1 1-10 a 1
    !XADD s MAXLEN x 1-10 a 1
    !XADD s MAXLEN 2 LIMIT 1 1-10 a 1
    !XADD s MAXLEN = 2 LIMIT 1 1-10 a 1
    !XADD s LIMIT 1 1-10 a 1
    !XADD s LIMIT 0 1-10
    !XADD s LIMIT -1 MAXLEN ~ 1 1-10 a 1
    !XADD s LIMIT x MAXLEN ~ 1 1-10 a 1
    !XADD s MINID x 1-10 a 1
    !XADD s MAXLEN ~ 1-10 a 1
    !XADD s MAXLEN 1-10 a 1
    !XADD s MAXLEN
    !XADD s MAXLEN ~ a b
    !XADD s LIMIT 0 1-10 a 1
    !XADD s MINID - 1-11 a 1
    !XADD s MINID + 1-12 a 1
    XLEN s
  `,
});

describeAgainstRedis("XRANGE and XREVRANGE", {
  "bounds are included, excluded, partial or open": [
    ...adds(10),
    `
    XADD s 11-5 a 1
    XADD s 11-7 a 1
    XRANGE s - +
    XREVRANGE s + -
    XRANGE s 3 5
    XRANGE s 3-1 5-0
    XRANGE s (3-1 (5-1
    XRANGE s (3 (5
    XRANGE s 11 11
    XRANGE s 11-6 11
    XREVRANGE s 11 11
    XREVRANGE s 11 11-6
    XREVRANGE s (11-7 (10
    XRANGE s 5 3
    XREVRANGE s 3 5
    XRANGE s - + COUNT 3
    XREVRANGE s + - COUNT 3
    XRANGE s - + COUNT 0
    XRANGE s - + COUNT -5
    XRANGE s - + COUNT 2 COUNT 4
    XRANGE s + -
    XRANGE nokey - +
    XRANGE nokey - + COUNT 0
    XRANGE s (0 (18446744073709551615-18446744073709551615
    !XRANGE s (18446744073709551615-18446744073709551615 +
    XRANGE s (18446744073709551615 +
    !XRANGE s - (0-0
    !XREVRANGE s (0-0 -
    !XREVRANGE s + (18446744073709551615-18446744073709551615
    XRANGE s - (0
    !XRANGE s (- +
    !XRANGE s - (+
    !XRANGE s x +
    !XRANGE s - x
    !XRANGE s ( +
    !XRANGE s - + COUNT
    !XRANGE s - + COUNT x
    !XRANGE s - + LIMIT 1
    !XRANGE s -
    !XREVRANGE s x y
  `,
  ],
});

describeAgainstRedis("XDEL and XTRIM", {
  "XDEL counts what was there": `
    XADD s 1-1 a 1
    XADD s 2-1 a 1
    XADD s 3-1 a 1
    XDEL s 1-1 1-1 9-9
    XDEL s 3
    XDEL s 3-1
    XINFO STREAM s
    XDEL s 2-1
    XINFO STREAM s
    XLEN s
    XLEN s
    !XADD s 3-1 a 1
    XDEL nokey 1-1
    !XDEL s
    !XDEL s x
    !XDEL s -
    !XDEL s +
    XDEL nokey x
    XADD s 4-1 a 1
    XINFO STREAM s
  `,
  "XTRIM removes exactly as many as it is asked to": [
    ...adds(30),
    `
    XTRIM s MAXLEN 40
    XTRIM s MAXLEN 25
    XTRIM s MAXLEN = 20
    XRANGE s - + COUNT 1
    XTRIM s MINID 15
    XTRIM s MINID = 15-2
    XRANGE s - + COUNT 1
    XTRIM s MINID 0
    XINFO STREAM s
    XTRIM s MAXLEN 0
    XINFO STREAM s
    XTRIM nokey MAXLEN 0
    !XTRIM s
    !XTRIM s MAXLEN
    !XTRIM s MAXLEN x
    !XTRIM s MAXLEN -1
    !XTRIM s MAXLEN 1 MINID 1
    !XTRIM s MAXLEN 1 LIMIT 5
    !XTRIM s LIMIT 5 MAXLEN 1
    !XTRIM s LIMIT 5
    !XTRIM s LIMIT 0 LIMIT 0
    !XTRIM s NOMKSTREAM MAXLEN 1
    !XTRIM s FOO 1
    !XTRIM s MINID x
    !XTRIM s MAXLEN ~
    !XTRIM s MAXLEN ~ 1 LIMIT
  `,
  ],
  "approximate trimming removes whole nodes": [
    ...adds(250),
    `
    XTRIM s MAXLEN ~ 160
    XTRIM s MAXLEN ~ 150
    XTRIM s MAXLEN ~ 149
    XTRIM s MINID ~ 150
    XTRIM s MINID ~ 201
    XLEN s
    XDEL s 201 202
    XTRIM s MINID ~ 240
    XDEL s 201-1 202-1
  `,
    ...adds(60, 300),
    `
    XTRIM s MAXLEN ~ 70
    XTRIM s MAXLEN ~ 60
    XLEN s
    XTRIM s MAXLEN ~ 0 LIMIT 5
    XTRIM s MAXLEN ~ 0 LIMIT 48
    XTRIM s MAXLEN ~ 0
    XLEN s
  `,
    ...adds(210, 1000),
    `
    XTRIM s MAXLEN ~ 0 LIMIT 150
    XTRIM s MAXLEN ~ 0 LIMIT 0
    XLEN s
  `,
  ],
  "a string is no stream, and a stream no string": `
    SET str v
    XADD s 1-1 a 1
    !XADD str 1-1 a 1
    !XLEN str
    !XRANGE str - +
    !XREVRANGE str + -
    !XDEL str 1-1
    !XTRIM str MAXLEN 1
    !XREAD STREAMS s str 0 0
    !XSETID str 1-1
    !GET s
    !GETDEL s
    !GETEX s
    !GETSET s v
    !GETRANGE s 0 1
    !SUBSTR s 0 1
    !STRLEN s
    !APPEND s v
    !SETRANGE s 0 v
    !INCR s
    !DECRBY s 1
    !INCRBYFLOAT s 1
    !LCS s str
    !SET s v GET
    !SET s v NX GET
    MGET s str
    SETNX s v
    MSETNX s v other v
    SET s v XX
    GET s
  `,
});
