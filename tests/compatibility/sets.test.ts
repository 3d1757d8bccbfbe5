import { expect, test } from "vitest";
import { startTestServer } from "../support/server.ts";
import { describeAgainstRedis } from "./differential.ts";
import { same } from "./script.ts";

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => String(from + i));
const names = (count: number) => Array.from({ length: count }, (_, i) => `member:${i}`);

describeAgainstRedis("sets", {
  "members are added, looked for and removed": `
    SADD s a b c a
    SADD s c d
    ~SMEMBERS s
    SCARD s
    SCARD x
    SMEMBERS x
    SISMEMBER s a
    SISMEMBER s x
    SISMEMBER x a
    SMISMEMBER s a x b
    SMISMEMBER x a b
    SREM s a x
    SREM x a
    ~SMEMBERS s
    SADD s "" "\\x00\\r\\n\\xff"
    ~SMEMBERS s
    SREM s "" b c d "\\x00\\r\\n\\xff"
    EXISTS s
    TYPE s
  `,
  "integers are in their order": [
    `SADD s 5 -3 10 5 007
    SREM s 007
    SADD t 5 -3 10 9223372036854775807 -9223372036854775808 0
    SMEMBERS t
    OBJECT ENCODING t
    SSCAN t 0
    SSCAN t 0 COUNT 1
    SSCAN t 0 MATCH -*
    SREM t 5
    SMEMBERS t
    SUNION t t
    SINTER t t
    SDIFF t x
    SUNIONSTORE n t
    SMEMBERS n
    OBJECT ENCODING n`,
    same("SADD", "m", ...numbers(512, 1000)),
    `OBJECT ENCODING m
    SMEMBERS m
    SSCAN m 0 MATCH 15*
    SINTER m m
    SADD m 1
    OBJECT ENCODING m
    ~SMEMBERS m
    SREM m 1 1000 1001
    OBJECT ENCODING m
    CONFIG SET set-max-intset-entries 3
    SADD few 1 2 3
    OBJECT ENCODING few
    SADD few 4
    OBJECT ENCODING few
    CONFIG SET set-max-intset-entries 512`,
  ],
  "arguments that do not fit, and keys of another type, are refused": `
    SET k v
    SADD s a
    !SADD s
    !SADD k a
    !SREM s
    !SREM k a
    !SCARD k
    !SMEMBERS k
    !SISMEMBER k a
    !SMISMEMBER k a
    !SMOVE k s a
    !SMOVE s k a
    SMOVE x k a
    !SPOP k
    !SPOP k 1
    !SPOP s x
    !SPOP s -1
    !SPOP s 1 2
    SPOP x
    SPOP x 3
    SPOP s 0
    !SRANDMEMBER k
    !SRANDMEMBER k 1
    !SRANDMEMBER s x
    !SRANDMEMBER s 1 2
    !SRANDMEMBER s -9223372036854775808
    !SSCAN k 0
    !SSCAN s x
    !SSCAN s 0 COUNT 0
    !SSCAN s 0 NOPE 1
    SSCAN x 0 NOPE
    !SINTER s k
    !SINTER x k
    !SUNION k s
    !SDIFF s k
    !SDIFF x k
    !SINTERSTORE d x k
    !SUNIONSTORE d s k
    !SDIFFSTORE d k
    !SINTERCARD 0 s
    !SINTERCARD x s
    !SINTERCARD -1 s
    !SINTERCARD 2 s
    !SINTERCARD 1 s LIMIT
    !SINTERCARD 1 s LIMIT -1
    !SINTERCARD 1 s LIMIT x
    !SINTERCARD 1 s NOPE 1
    !SINTERCARD 1 k
    SMEMBERS s
  `,
  "sets are combined": `
    SADD a 1 2 3 x
    SADD b 2 3 4 y
    SADD c 3 4 5 z
    ~SINTER a b
    SINTER a b c
    SINTER a x
    SINTER x a
    ~SINTER a
    ~SUNION a b c
    ~SUNION a x
    SUNION x
    ~SDIFF a b
    ~SDIFF a b c
    ~SDIFF a x
    SDIFF x a
    SINTERCARD 2 a b
    SINTERCARD 2 a b LIMIT 1
    SINTERCARD 2 a b LIMIT 0
    SINTERCARD 2 a b limit 5
    SINTERCARD 2 a x
    SINTERCARD 1 a
    SINTERSTORE d a b
    ~SMEMBERS d
    SUNIONSTORE d a b
    ~SMEMBERS d
    SDIFFSTORE a a b
    ~SMEMBERS a
    SET str v
    SUNIONSTORE str b c
    ~SMEMBERS str
    TYPE str
    EXPIRE str 100
    SUNIONSTORE str b
    TTL str
    SINTERSTORE str b x
    EXISTS str
    SDIFFSTORE d x b
    EXISTS d
    SUNIONSTORE n x
    EXISTS n
  `,
  "members are moved": `
    SADD a 1 2 x
    SMOVE a b x
    SMOVE a b x
    SMOVE a b nope
    SMOVE a a 1
    SMOVE a a nope
    SMOVE a b 1
    SMOVE a b 2
    EXISTS a
    ~SMEMBERS b
    SADD c 1
    SMOVE b c 1
    SMEMBERS c
  `,
  "members are drawn": `
    SADD s only
    SRANDMEMBER s
    SRANDMEMBER s 5
    SRANDMEMBER s -3
    SRANDMEMBER s 0
    SRANDMEMBER x
    SRANDMEMBER x 3
    SPOP s
    EXISTS s
    SADD s a b c
    ~SRANDMEMBER s 3
    ~SRANDMEMBER s 9223372036854775807
    ?SRANDMEMBER s 2
    ~SPOP s 3
    EXISTS s
    SADD s a b c
    ~SPOP s 100
    EXISTS s
  `,
  "large ones hold what they were given": [
    same("SADD", "s", ...names(600)),
    same("SADD", "t", ...numbers(400), ...names(300), "g".repeat(1100), "h".repeat(1100)),
    `SCARD s
    SISMEMBER s member:599
    SISMEMBER s member:600
    ~SMEMBERS s
    ~SINTER s t
    ~SDIFF t s
    ~SUNION t s
    SINTERCARD 2 s t
    SINTERSTORE d s t
    ~SMEMBERS d
    SREM s member:1 member:2 member:600
    SMOVE s t member:500
    SCARD t
    COPY t c
    ~SMEMBERS c
    RENAME c e
    ~SMEMBERS e
    ~SPOP e 100000
    EXISTS e`,
  ],
});

test("OBJECT ENCODING of a set says what Redis 7.2 says when it is small and not of integers", async () => {
  const server = await startTestServer();
  const client = await server.client();
  const encoding = async (key: string) => await client.call("OBJECT", "ENCODING", key);
  await client.call("SADD", "a", "x");
  expect(await encoding("a")).toBe("listpack");
  await client.call("SADD", "b", "1", "2");
  expect(await encoding("b")).toBe("intset");
  await client.call("SADD", "b", "x");
  expect(await encoding("b")).toBe("listpack");
  await client.call("SADD", "b", "y".repeat(65));
  expect(await encoding("b")).toBe("hashtable");
  await client.call("SADD", "c", ...names(128));
  expect(await encoding("c")).toBe("listpack");
  await client.call("SADD", "c", "one more");
  expect(await encoding("c")).toBe("hashtable");
  await client.call("SADD", "d", ...names(129));
  expect(await encoding("d")).toBe("hashtable");
  await client.call("SADD", "e", ...numbers(200));
  await client.call("SADD", "e", "x");
  expect(await encoding("e")).toBe("hashtable");
  await client.call("SINTERSTORE", "f", "a", "a");
  expect(await encoding("f")).toBe("listpack");
  await server.close();
});
