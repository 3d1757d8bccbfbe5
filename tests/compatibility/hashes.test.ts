import { describeAgainstRedis } from "./differential.ts";
import { same } from "./script.ts";

/** So many fields and values. */
const pairs = (count: number, value = "v") =>
  Array.from({ length: count }, (_, i) => [`f${i}`, `${value}${i}`]).flat();

describeAgainstRedis("hashes", {
  "fields are set, read and removed": `
    HSET h a 1 b 2
    HSET h b 3 c 4
    HGET h a
    HGET h x
    HGET x a
    HGETALL h
    HKEYS h
    HVALS h
    HLEN h
    HMGET h a x c a
    HMGET x a b
    HEXISTS h a
    HEXISTS h x
    HEXISTS x a
    HSTRLEN h c
    HSTRLEN h x
    HSETNX h a 9
    HSETNX h d 5
    HSETNX n a 1
    HMSET h e 6 f 7
    HDEL h a x a
    HDEL x a
    HGETALL h
    HGETALL x
    HKEYS x
    HVALS x
    HLEN x
    HSET h "" "" "\\x00\\r\\n\\xff" "\\xff\\x00"
    HGETALL h
    OBJECT ENCODING h
    TYPE h
  `,
  "the last field takes the key with it": `
    HSET h a 1 b 2
    EXPIRE h 1000
    HDEL h a b
    EXISTS h
    HSET h a 1
    TTL h
    HDEL h a
    DBSIZE
  `,
  "arguments that do not fit are refused": `
    !HSET h
    !HSET h a
    !HSET h a 1 b
    !HMSET h a
    !HMSET h a 1 b
    !HSETNX h a
    !HGET h
    !HMGET h
    !HDEL h
    !HINCRBY h a
    !HINCRBY h a x
    !HINCRBY h a 1.5
    !HINCRBYFLOAT h a x
    !HINCRBYFLOAT h a nan
    !HINCRBYFLOAT h a inf
    !HSCAN h
    !HSCAN h x
    EXISTS h
  `,
  "keys of another type are refused": `
    SET s v
    !HSET s a 1
    !HSET s a
    !HMSET s a 1
    !HSETNX s a 1
    !HGET s a
    !HMGET s a
    !HGETALL s
    !HKEYS s
    !HVALS s
    !HLEN s
    !HEXISTS s a
    !HSTRLEN s a
    !HDEL s a
    !HINCRBY s a 1
    !HINCRBYFLOAT s a 1
    !HRANDFIELD s
    !HRANDFIELD s 1
    !HSCAN s 0
    HSET h a 1
    !GET h
    !APPEND h x
    !XADD h * a 1
  `,
  "fields count": `
    HINCRBY h a 5
    HINCRBY h a -7
    HSET h b x c 9223372036854775807 d " 1" e 01 f -9223372036854775808
    !HINCRBY h b 1
    !HINCRBY h c 1
    !HINCRBY h d 1
    !HINCRBY h e 1
    !HINCRBY h f -1
    HINCRBY h c -1
    HINCRBYFLOAT h a 1.5
    HINCRBYFLOAT h new 3.0e3
    HINCRBYFLOAT h a -0.5
    !HINCRBYFLOAT h b 1
    !HINCRBYFLOAT h d 1
    HGETALL h
  `,
  "fields are drawn": `
    HRANDFIELD x
    HRANDFIELD x 5
    HRANDFIELD x -5 WITHVALUES
    HSET h a 1
    HRANDFIELD h
    HRANDFIELD h 0
    HRANDFIELD h 1
    HRANDFIELD h 5
    HRANDFIELD h -3
    HRANDFIELD h 5 WITHVALUES
    HRANDFIELD h -2 withvalues
    HSET h b 2 c 3
    ~HRANDFIELD h 3
    ~HRANDFIELD h 100 WITHVALUES
    ?HRANDFIELD h
    !HRANDFIELD h x
    !HRANDFIELD h 1 x
    !HRANDFIELD h 1 WITHVALUES x
    !HRANDFIELD h 9223372036854775807 WITHVALUES
    !HRANDFIELD h -9223372036854775808
    !HRANDFIELD h -9223372036854775807 WITHVALUES
    ~HRANDFIELD h 9223372036854775807
  `,
  "a walk over a small one is one step": `
    HSCAN x 0
    HSCAN x 5 COUNT x
    HSET h a 1 bb 2 b3 3
    HSCAN h 0
    HSCAN h 0 COUNT 1
    HSCAN h 0 MATCH b*
    HSCAN h 0 MATCH b? COUNT 100
    !HSCAN h 0 COUNT 0
    !HSCAN h 0 COUNT x
    !HSCAN h 0 TYPE hash
    !HSCAN h 0 MATCH
    !HSCAN h 0 NOPE 1
    !HSCAN h -1x
  `,
  "the encoding is that of Redis": [
    `HSET h a 1
    OBJECT ENCODING h`,
    same("HSET", "h", "b", "x".repeat(64)),
    "OBJECT ENCODING h",
    same("HSET", "h", "b", "x".repeat(65)),
    `OBJECT ENCODING h
    HSET h b 1
    OBJECT ENCODING h`,
    same("HSET", "n", ...pairs(512)),
    `OBJECT ENCODING n
    HSETNX n more 1
    OBJECT ENCODING n
    HDEL n more
    OBJECT ENCODING n
    CONFIG SET hash-max-listpack-entries 2
    HSET m a 1 b 2
    OBJECT ENCODING m
    HINCRBY m c 1
    OBJECT ENCODING m
    CONFIG SET hash-max-ziplist-value 3
    HSET l a 123
    OBJECT ENCODING l
    HSET l a 1234
    OBJECT ENCODING l
    CONFIG SET hash-max-listpack-entries 512 hash-max-listpack-value 64
    COPY h g
    OBJECT ENCODING g
    RENAME g i
    OBJECT ENCODING i`,
  ],
  "large ones hold what they were given": [
    same("HSET", "h", ...pairs(300, "x".repeat(20))),
    same("HSET", "h", "long", "l".repeat(100_000), "f".repeat(2000), "v"),
    `HLEN h
    HGET h f17
    HGET h long
    HSTRLEN h long
    ~HGETALL h
    ~HKEYS h
    ~HVALS h
    HDEL h f1 f2 f3 long nope
    HLEN h
    HINCRBY h n 5
    HGET h n
    COPY h g
    ~HGETALL g
    RENAME h i
    ~HGETALL i
    HLEN h
    SELECT 1
    SELECT 0
    MOVE i 1
    SELECT 1
    ~HGETALL i
    DEL i
    HGETALL i`,
    same("HGET", "g", "f".repeat(2000)),
    same("HEXISTS", "g", "f".repeat(1999)),
    same("HINCRBY", "g", "f4", "1"),
  ],
  "events of keys follow": `
    HSET h a 1
    SUBSTR x 0 1
    OBJECT REFCOUNT h
    MULTI
    HSET h b 1
    HDEL h a b
    EXEC
    EXISTS h
  `,
});
