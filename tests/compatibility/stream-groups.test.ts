import { describeAgainstRedis } from "./differential.ts";

describeAgainstRedis("XGROUP", {
  "groups are created, moved and destroyed": `
    !XGROUP CREATE s g $
    XGROUP CREATE s g $ MKSTREAM
    !XGROUP CREATE s g $
    !XGROUP CREATE s g 0 MKSTREAM
    XLEN s
    XADD s 1-1 a 1
    XADD s 2-1 a 2
    XGROUP CREATE s h 1-1
    XGROUP CREATE s i $ ENTRIESREAD 2
    XGROUP CREATE s j 0 entriesread 0
    XGROUP CREATE s k 1 ENTRIESREAD -1
    XINFO GROUPS s
    XINFO STREAM s
    XGROUP SETID s g 1-1
    XGROUP SETID s h $ ENTRIESREAD 2
    XGROUP SETID s i 0 ENTRIESREAD 5
    XGROUP SETID s j -
    XGROUP SETID s k +
    XINFO GROUPS s
    XGROUP DESTROY s g
    XGROUP DESTROY s g
    XINFO GROUPS s
    XGROUP CREATE s "" 0
    XGROUP CREATE s "\\x00\\xff" 0
    XINFO GROUPS s
  `,
  "what is not there or makes no sense is refused": `
    !XGROUP
    !XGROUP CREATE
    !XGROUP CREATE s
    !XGROUP CREATE s g
    !XGROUP CREATE s g x MKSTREAM
    !XGROUP CREATE s g - MKSTREAM
    !XGROUP CREATE s g + MKSTREAM
    !XGROUP CREATE s g 0 FOO
    !XGROUP CREATE s g 0 MKSTREAM FOO
    !XGROUP CREATE s g 0 ENTRIESREAD
    !XGROUP CREATE s g 0 MKSTREAM ENTRIESREAD -2
    !XGROUP CREATE s g 0 MKSTREAM ENTRIESREAD x
    !XGROUP SETID s g 0
    !XGROUP SETID s g
    !XGROUP DESTROY s g
    !XGROUP DESTROY s
    !XGROUP CREATECONSUMER s g c
    !XGROUP CREATECONSUMER s g
    !XGROUP DELCONSUMER s g c
    !XGROUP FOO s g
    XLEN s
    XADD s 1-1 a 1
    !XGROUP SETID s g 0
    !XGROUP SETID s g 0 MKSTREAM
    XGROUP DESTROY s g
    !XGROUP CREATECONSUMER s g c
    !XGROUP DELCONSUMER s g c
    XGROUP CREATE s g 0
    !XGROUP SETID s g x
    !XGROUP SETID s g 0 ENTRIESREAD -2
    !XGROUP SETID s g 0 ENTRIESREAD 1 ENTRIESREAD 2
    !XGROUP SETID s nog 0 ENTRIESREAD 1 ENTRIESREAD 2
    !XGROUP SETID nokey g 0 ENTRIESREAD 1 ENTRIESREAD 2
    !XGROUP CREATE s new 0 MKSTREAM MKSTREAM ENTRIESREAD 1
    !XGROUP CREATE nokey new 0 ENTRIESREAD 1 ENTRIESREAD 2
    XGROUP CREATE s new 0 MKSTREAM MKSTREAM
    !XINFO STREAM nokey FULL COUNT 1 x
    !XINFO STREAM nokey FOO
    !XINFO STREAM s FULL COUNT 1 x
    !XINFO STREAM s FULL COUNT
    !XINFO STREAM s FULL FOO 1
    !XINFO STREAM s FULL COUNT x
    !XINFO STREAM s FOO
    SET k v
    !XINFO STREAM k FOO
    !XGROUP CREATE k g 0
    !XGROUP CREATE k g 0 MKSTREAM
    !XGROUP SETID k g 0
    !XGROUP DESTROY k g
    !XGROUP CREATECONSUMER k g c
    !XGROUP DELCONSUMER k g c
    !XREADGROUP GROUP g c STREAMS k >
    !XACK k g 1-1
    !XPENDING k g
    !XCLAIM k g c 0 1-1
    !XAUTOCLAIM k g c 0 0
    !XINFO STREAM k
    !XINFO GROUPS k
    !XINFO CONSUMERS k g
    !XSETID k 1-1
    !XREAD STREAMS k 0
  `,
  "consumers are created and removed": `
    XADD s 1-1 a 1
    XADD s 2-1 a 2
    XGROUP CREATE s g 0
    XGROUP CREATECONSUMER s g c
    XGROUP CREATECONSUMER s g c
    XGROUP CREATECONSUMER s g ""
    XREADGROUP GROUP g c COUNT 1 STREAMS s >
    XREADGROUP GROUP g d STREAMS s >
    XGROUP DELCONSUMER s g c
    XGROUP DELCONSUMER s g c
    XPENDING s g
    XGROUP DELCONSUMER s g nobody
    XGROUP DELCONSUMER s g ""
    XINFO GROUPS s
    XGROUP DESTROY s g
    XGROUP CREATE s g 0
    XPENDING s g
    XREADGROUP GROUP g d STREAMS s 0
  `,
});

// Redis 7.2 words the refusal of unbalanced lists as Detent does; 7.0 has another text.
describeAgainstRedis("XREADGROUP and XACK", {
  "new entries are pending until they are acknowledged": `
    XADD s 1-1 a 1
    XADD s 2-1 a 2 b 3
    XADD s 3-1 a 4
    XGROUP CREATE s g 0
    XREADGROUP GROUP g c COUNT 2 STREAMS s >
    XINFO GROUPS s
    XREADGROUP GROUP g d STREAMS s >
    XREADGROUP GROUP g d STREAMS s >
    XREADGROUP GROUP g c STREAMS s 0
    XREADGROUP GROUP g c COUNT 1 STREAMS s 0
    XREADGROUP GROUP g c STREAMS s 1-1
    XREADGROUP GROUP g d STREAMS s 0-0
    XREADGROUP GROUP g e STREAMS s 0
    XREADGROUP GROUP g c STREAMS s 18446744073709551615-18446744073709551615
    XPENDING s g
    XACK s g 1-1 1-1 9-9
    XACK s g 2-1 3
    XACK s g 3-1
    XPENDING s g
    XREADGROUP GROUP g c STREAMS s 0
    XACK nokey g 1-1
    XACK s nogroup 1-1
    XACK nokey g x
    !XACK s g x
    !XACK s g -
    !XACK s g
    XINFO GROUPS s
  `,
  "deleted entries are listed by their ids alone": `
    XADD s 1-1 a 1
    XADD s 2-1 a 2
    XGROUP CREATE s g 0
    XREADGROUP GROUP g c STREAMS s >
    XDEL s 1-1
    XREADGROUP GROUP g c STREAMS s 0
    XTRIM s MAXLEN 0
    XREADGROUP GROUP g c STREAMS s 0
    XPENDING s g
    XACK s g 1-1 2-1
    XREADGROUP GROUP g c STREAMS s 0
  `,
  "NOACK leaves nothing pending": `
    XADD s 1-1 a 1
    XADD s 2-1 a 2
    XGROUP CREATE s g 0
    XREADGROUP GROUP g c NOACK COUNT 1 STREAMS s >
    XREADGROUP GROUP g c COUNT 1 NOACK STREAMS s >
    XPENDING s g
    XREADGROUP GROUP g c NOACK STREAMS s 0
    XINFO GROUPS s
  `,
  "an entry that is read again after SETID changes hands": `
    XADD s 1-1 a 1
    XADD s 2-1 a 2
    XGROUP CREATE s g 0
    XREADGROUP GROUP g c STREAMS s >
    XREADGROUP GROUP g c STREAMS s 0
    XGROUP SETID s g 0
    XREADGROUP GROUP g d COUNT 1 STREAMS s >
    XPENDING s g
    XREADGROUP GROUP g c STREAMS s 0
    XREADGROUP GROUP g d STREAMS s 0
    XINFO GROUPS s
  `,
  "several streams are read at once": `
    XADD s 1-1 a 1
    XADD t 1-1 b 1
    XADD t 2-1 b 2
    XGROUP CREATE s g 0
    XGROUP CREATE t g 1-1
    XREADGROUP GROUP g c STREAMS s t > >
    XREADGROUP GROUP g c STREAMS s t > 0
    XREADGROUP GROUP g c STREAMS s t 0 >
    XREADGROUP GROUP g c STREAMS s t s > > 0
    XADD s 2-1 a 2
    XADD s 3-1 a 3
    XREADGROUP GROUP g c COUNT 1 STREAMS s s > >
  `,
  "arguments that make no sense are refused": `
    XADD s 1-1 a 1
    XGROUP CREATE s g 0
    !XREADGROUP
    !XREADGROUP GROUP g c
    !XREADGROUP GROUP g c STREAMS
    ?XREADGROUP GROUP g c STREAMS s
    ?XREADGROUP GROUP g c STREAMS s t >
    ?XREADGROUP GROUP g c STREAMS s > >
    !XREADGROUP STREAMS s >
    !XREADGROUP COUNT 1 BLOCK 0 NOACK STREAMS s >
    ?XREADGROUP COUNT 1 BLOCK 0 NOACK STREAMS s t >
    !XREADGROUP GROUP g c FOO STREAMS s >
    !XREADGROUP GROUP g c STREAMS s $
    !XREADGROUP GROUP g c STREAMS s x
    !XREADGROUP GROUP g c STREAMS s -
    !XREADGROUP GROUP nog c STREAMS s >
    !XREADGROUP GROUP g c STREAMS nokey >
    !XREADGROUP GROUP g c STREAMS s nokey > >
    !XREADGROUP GROUP g c STREAMS nokey $
    !XREADGROUP GROUP g c COUNT x STREAMS s >
    !XREADGROUP GROUP g c BLOCK x STREAMS s >
    !XREADGROUP GROUP g c BLOCK -1 STREAMS s >
    !XREADGROUP GROUP g c BLOCK 1.5 STREAMS s >
    !XREADGROUP GROUP g
    XREADGROUP GROUP g c COUNT -3 BLOCK 0 STREAMS s >
    XREADGROUP GROUP g c COUNT 0 STREAMS s 0
    XREADGROUP GROUP g c BLOCK 1 STREAMS s >
  `,
});

describeAgainstRedis("XREAD", {
  "entries behind the ids are read": `
    XADD s 1-1 a 1
    XADD s 2-1 a 2 b 3
    XADD t 5-1 c 4
    XREAD STREAMS s 0
    XREAD STREAMS s 1-1
    XREAD STREAMS s 1
    XREAD STREAMS s 2-1
    XREAD STREAMS s $
    XREAD COUNT 1 STREAMS s t 0 0
    XREAD COUNT 0 STREAMS s t 0 0
    XREAD COUNT -1 STREAMS t s 0 1-1
    XREAD STREAMS s t nokey 2-1 0 0
    XREAD STREAMS nokey 0
    XREAD STREAMS nokey $
    XREAD STREAMS s s 0 1-1
    XREAD BLOCK 1 STREAMS s $
    XREAD BLOCK 1 STREAMS nokey 0
    XREAD BLOCK 0 STREAMS s 0
    XREAD STREAMS s 18446744073709551615-18446744073709551615
    XDEL s 2-1
    XREAD STREAMS s 1-1
    XREAD STREAMS s 0
    MULTI
    XREAD BLOCK 0 STREAMS s $
    XADD s 9-1 a 1
    XREAD BLOCK 0 STREAMS s 1-1
    EXEC
  `,
  "arguments that make no sense are refused": `
    XADD s 1-1 a 1
    !XREAD
    !XREAD STREAMS
    ?XREAD STREAMS s
    ?XREAD STREAMS s t 0
    !XREAD STREAMS s x
    !XREAD STREAMS s -
    !XREAD STREAMS s >
    !XREAD COUNT 1
    !XREAD COUNT 1 BLOCK 0 FOO STREAMS s 0
    !XREAD COUNT x STREAMS s 0
    !XREAD COUNT STREAMS s 0
    !XREAD BLOCK -1 STREAMS s 0
    !XREAD BLOCK x STREAMS s 0
    !XREAD GROUP g c STREAMS s 0
    !XREAD NOACK STREAMS s 0
    !XREAD BLOCK STREAMS s 0
    SET k v
    !XREAD STREAMS k 0
    !XREAD STREAMS s k 0 0
  `,
});

describeAgainstRedis("XPENDING", {
  "a summary and listings": `
    XADD s 1-1 a 1
    XADD s 2-1 a 2
    XADD s 3-1 a 3
    XADD s 4-1 a 4
    XGROUP CREATE s g 0
    XPENDING s g
    XPENDING s g - + 10
    XREADGROUP GROUP g d COUNT 2 STREAMS s >
    XREADGROUP GROUP g c COUNT 1 STREAMS s >
    XGROUP CREATECONSUMER s g idle
    XPENDING s g
    XPENDING s g - + 0
    XPENDING s g - + -1
    XPENDING s g + - 10
    XPENDING s g - + 10 nobody
    XPENDING s g IDLE 100000000 - + 10
    XPENDING s g IDLE 100000000 - + 10 d
    XPENDING s g 4 + 10
    ?XPENDING s g - + 10
    ?XPENDING s g IDLE 0 - + 10 d
    XCLAIM s g c 0 1-1 2-1 3-1 TIME 9999999999999999 JUSTID
    XPENDING s g
    !XPENDING s
    !XPENDING s g -
    !XPENDING s g - +
    ?XPENDING s g - + 10 c x
    !XPENDING s g IDLE 5
    !XPENDING s g IDLE 5 - +
    !XPENDING s g IDLE x - + 10
    !XPENDING s g IDLE 5 - + 10 c x
    !XPENDING s g - + x
    !XPENDING s g x + 10
    !XPENDING s g - x 10
    !XPENDING s g (18446744073709551615-18446744073709551615 + 10
    !XPENDING s g - (0-0 10
    !XPENDING nokey g
    !XPENDING s nog
    !XPENDING s nog - + 10
  `,
});

describeAgainstRedis("XCLAIM and XAUTOCLAIM", {
  "XCLAIM moves entries between consumers": `
    XADD s 1-1 a 1
    XADD s 2-1 a 2
    XADD s 3-1 a 3
    XADD s 4-1 a 4
    XGROUP CREATE s g 0
    XREADGROUP GROUP g c COUNT 3 STREAMS s >
    XCLAIM s g d 0 1-1
    XCLAIM s g d 0 1-1 9-9 4-1
    XCLAIM s g d 100000000 2-1
    XCLAIM s g d -5 2-1 JUSTID
    XCLAIM s g d 0 4-1 FORCE
    XCLAIM s g d 0 4-1 FORCE RETRYCOUNT 7
    XPENDING s g
    XCLAIM s g e 0 1-1 2-1 IDLE 50000 JUSTID
    XPENDING s g IDLE 40000 - + 10 c
    XCLAIM s g e 60000 1-1 JUSTID
    XCLAIM s g e 40000 1-1 JUSTID
    XCLAIM s g e 0 1-1 TIME 1000 RETRYCOUNT 3 justid force
    XCLAIM s g e 0 1-1 TIME -5 RETRYCOUNT -3 JUSTID
    XCLAIM s g e 0 3-1 LASTID 4-1
    XINFO GROUPS s
    XCLAIM s g e 0 3-1 LASTID 2-1
    XINFO GROUPS s
    XDEL s 3-1
    XCLAIM s g e 0 3-1
    XCLAIM s g e 0 3-1 FORCE
    XPENDING s g
    XADD s 5-1 a 5
    XCLAIM s g f 0 5-1 FORCE JUSTID
    XPENDING s g
    XREADGROUP GROUP g f STREAMS s 0
    !XCLAIM s g c 0
    !XCLAIM s g c
    !XCLAIM s g c x 1-1
    !XCLAIM s g c 0 x
    !XCLAIM s g c 0 1-1 FOO
    !XCLAIM s g c 0 1-1 IDLE
    !XCLAIM s g c 0 1-1 IDLE x
    !XCLAIM s g c 0 1-1 TIME x
    !XCLAIM s g c 0 1-1 RETRYCOUNT x
    !XCLAIM s g c 0 1-1 LASTID x
    !XCLAIM s g c 0 1-1 LASTID
    !XCLAIM s g c 0 1-1 JUSTID 2-1
    !XCLAIM s nog c 0 1-1
    !XCLAIM nokey g c 0 1-1
    !XCLAIM nokey g c x 1-1
  `,
  "XAUTOCLAIM goes through what is pending in pages": `
    XADD s 1-1 a 1
    XADD s 2-1 a 2
    XADD s 3-1 a 3
    XADD s 4-1 a 4
    XADD s 5-1 a 5
    XGROUP CREATE s g 0
    XREADGROUP GROUP g c STREAMS s >
    XAUTOCLAIM s g d 0 - COUNT 2
    XAUTOCLAIM s g d 0 3-1 COUNT 2 JUSTID
    XAUTOCLAIM s g d 0 5-1
    XAUTOCLAIM s g d 0 (5-1
    XAUTOCLAIM s g d 100000000 0 COUNT 1
    XAUTOCLAIM s g d -7 (1-1 COUNT 1 JUSTID
    XDEL s 1-1 3-1
    XAUTOCLAIM s g e 0 0 COUNT 3
    XAUTOCLAIM s g e 100000000 0
    XDEL s 2-1
    XAUTOCLAIM s g e 100000000 0
    XPENDING s g
    XAUTOCLAIM s g e 0 0
    XAUTOCLAIM s g e 0 9
    XAUTOCLAIM s g e 0 0 JUSTID COUNT 1 COUNT 9
    !XAUTOCLAIM s g e 0
    !XAUTOCLAIM s g e x 0
    !XAUTOCLAIM s g e 0 x
    !XAUTOCLAIM s g e 0 (18446744073709551615-18446744073709551615
    !XAUTOCLAIM s g e 0 0 COUNT
    !XAUTOCLAIM s g e 0 0 COUNT 0
    !XAUTOCLAIM s g e 0 0 COUNT -1
    !XAUTOCLAIM s g e 0 0 COUNT x
    !XAUTOCLAIM s g e 0 0 COUNT 9223372036854775807
    !XAUTOCLAIM s g e 0 0 FOO
    !XAUTOCLAIM s nog e 0 0
    !XAUTOCLAIM nokey g e 0 0
    XPENDING s g
  `,
});

describeAgainstRedis("XINFO", {
  "lag follows reads, deletions and trims": `
    XADD s 1-1 a 1
    XADD s 2-1 a 2
    XADD s 3-1 a 3
    XADD s 4-1 a 4
    XADD s 5-1 a 5
    XGROUP CREATE s g1 0
    XGROUP CREATE s g2 0
    XREADGROUP GROUP g1 c COUNT 1 STREAMS s >
    XINFO GROUPS s
    XDEL s 3-1
    XINFO GROUPS s
    XREADGROUP GROUP g1 c COUNT 1 STREAMS s >
    XREADGROUP GROUP g2 c COUNT 1 STREAMS s >
    XINFO GROUPS s
    XREADGROUP GROUP g1 c COUNT 1 STREAMS s >
    XINFO GROUPS s
    XADD s 6-1 a 6
    XREADGROUP GROUP g1 c STREAMS s >
    XINFO GROUPS s
    XTRIM s MINID 5
    XINFO GROUPS s
    XREADGROUP GROUP g2 c COUNT 1 STREAMS s >
    XINFO GROUPS s
    XTRIM s MAXLEN 0
    XINFO GROUPS s
    XGROUP CREATE s g3 2-1
    XGROUP CREATE s g4 $
    XADD s 7-1 a 7
    XINFO GROUPS s
    XREADGROUP GROUP g4 c STREAMS s >
    XINFO GROUPS s
    XGROUP CREATE e g 0 MKSTREAM
    XINFO GROUPS e
  `,
  "arguments that make no sense are refused": `
    XADD s 1-1 a 1
    XGROUP CREATE s g 0
    !XINFO
    !XINFO STREAM
    !XINFO STREAM nokey
    !XINFO STREAM s FOO
    !XINFO STREAM s FULL COUNT
    !XINFO STREAM s FULL COUNT x
    !XINFO STREAM s FULL FOO 1
    !XINFO STREAM s FULL COUNT 1 2
    !XINFO GROUPS
    !XINFO GROUPS nokey
    !XINFO GROUPS s x
    !XINFO CONSUMERS s
    !XINFO CONSUMERS nokey g
    !XINFO CONSUMERS s nog
    !XINFO FOO s
    XINFO CONSUMERS s g
    XINFO STREAM s FULL
    XINFO STREAM s FULL COUNT 0
    XINFO STREAM s full count 1
    XADD s 2-1 a 1
    XADD s 3-1 a 1
    XINFO STREAM s FULL COUNT 2
    XINFO STREAM s FULL COUNT -2
  `,
});

describeAgainstRedis("XSETID", {
  "what a stream knows of its past is set": `
    XADD s 1-1 a 1
    XADD s 2-1 a 2
    !XSETID s 1-1
    XSETID s 5-1
    !XADD s 5-1 a 1
    XSETID s 6-1 ENTRIESADDED 10
    XSETID s 6-1 ENTRIESADDED 12 MAXDELETEDID 4-1
    XINFO STREAM s
    XSETID s 7-1 MAXDELETEDID 0-0
    XINFO STREAM s
    !XSETID s 7-1 ENTRIESADDED 1
    !XSETID s 7-1 ENTRIESADDED -1
    !XSETID s 7-1 ENTRIESADDED x
    !XSETID s 7-1 MAXDELETEDID 8-1
    !XSETID s 7-1 MAXDELETEDID x
    !XSETID s 7-1 ENTRIESADDED
    !XSETID s 7-1 FOO 1
    !XSETID s x
    !XSETID s -
    !XSETID s
    !XSETID nokey 1-1
    XTRIM s MAXLEN 0
    XSETID s 7-1 ENTRIESADDED 0
    XSETID s 9223372036854775808-1 ENTRIESADDED 9223372036854775807
    XINFO STREAM s
  `,
});

describeAgainstRedis("streams as keys", {
  "they are copied, renamed, moved and removed with all they have": `
    XADD s 1-1 a 1
    XADD s 2-1 a 2
    XADD s 3-1 a 3
    XGROUP CREATE s g 0
    XREADGROUP GROUP g c COUNT 2 STREAMS s >
    TYPE s
    OBJECT ENCODING s
    COPY s t
    XACK t g 1-1
    XDEL t 3-1
    XPENDING s g
    XPENDING t g
    XRANGE s - +
    XRANGE t - +
    RENAME s u
    XREADGROUP GROUP g c STREAMS u >
    XPENDING u g
    EXISTS s
    MOVE u 1
    SELECT 1
    XPENDING u g
    XREADGROUP GROUP g c STREAMS u 0
    XINFO GROUPS u
    DEL u
    XLEN u
    XADD u 1-1 a 1
    XINFO GROUPS u
    SET u v
    DEL u
    SELECT 0
    COPY t s REPLACE
    XINFO GROUPS s
    EXPIRE s 100
    XADD s 9-1 a 9
    TTL s
    FLUSHALL
    XLEN s
    SCAN 0 TYPE stream
    XADD s 1-1 a 1
    SCAN 0 TYPE stream
  `,
});
