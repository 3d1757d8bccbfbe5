import { expect, test } from "vitest";
import { startTestServer } from "../support/server.ts";
import { describeAgainstRedis } from "./differential.ts";
import { same } from "./script.ts";

describeAgainstRedis("SORT", {
  "lists, sets and sorted sets": `
    RPUSH l 3 1 10 -2 2.5 1
    SORT l
    SORT l DESC
    SORT l ASC
    SORT l ALPHA
    SORT l ALPHA DESC
    SORT l LIMIT 1 2
    SORT l LIMIT 0 100
    SORT l LIMIT 2 -1
    SORT l LIMIT -5 2
    SORT l LIMIT 10 2
    SORT l LIMIT 1 0
    SORT l LIMIT 0 3 DESC
    SORT none
    SORT none STORE d
    SADD s 5 2 9
    SORT s
    SORT s DESC LIMIT 0 2
    SORT s BY nosort LIMIT 0 2
    ZADD z 3 7 1 8 2 6
    SORT z
    SORT z BY nosort
    SORT z BY nosort DESC
    SORT z BY nosort DESC LIMIT 1 1
    SORT l BY nosort
    SORT l BY nosort DESC
    RPUSH w b a c "" B
    !SORT w
    SORT w ALPHA
    SORT w ALPHA DESC LIMIT 1 3
    SORT_RO l
    SORT_RO w ALPHA LIMIT 0 2
  `,
  "BY and GET": `
    RPUSH l 1 2 3 4
    MSET w_1 30 w_2 10 w_3 20 o_1 one o_2 two o_3 three
    HSET h_1 f x g 9
    HSET h_2 f y g 1
    HSET h_3 f z
    SORT l BY w_*
    SORT l BY w_* DESC
    SORT l BY w_* GET #
    SORT l BY w_* GET o_*
    SORT l BY w_* GET # GET o_* GET h_*->f
    SORT l BY h_*->g GET h_*->f
    SORT l BY h_*->f ALPHA
    SORT l BY h_*->f ALPHA DESC
    SORT l BY nosort GET o_*
    SORT l GET h_*
    SORT l GET o_*->f
    SORT l GET o_1
    SORT l GET h_*->
    SORT l GET *o_
    SORT l BY w_* LIMIT 1 2 GET o_*
    SET w_4 x
    !SORT l BY w_*
    SORT l BY w_* ALPHA
    SORT_RO l BY h_*->g GET #
  `,
  "the result is stored": `
    RPUSH l 3 1 2
    SORT l STORE d
    LRANGE d 0 -1
    SORT l DESC LIMIT 0 2 STORE d
    LRANGE d 0 -1
    MSET o_1 one o_3 three
    SORT l GET o_* STORE d
    LRANGE d 0 -1
    SORT l STORE l
    LRANGE l 0 -1
    SORT l LIMIT 5 1 STORE d
    EXISTS d
    SET d v
    EXPIRE d 100
    SADD s b a c
    SORT s BY nosort STORE d
    LRANGE d 0 -1
    TTL d
    SORT none STORE d
    EXISTS d
  `,
  "BY and GET are for users who may read all keys": `
    RPUSH k:l 2 1
    ACL SETUSER ann on >pw +@all ~k:*
    AUTH ann pw
    !SORT k:l BY w_*
    !SORT k:l GET #
    SORT k:l BY nosort
    SORT k:l
    SORT k:l STORE k:d
  `,
  "what makes no sense is refused": [
    `SET k v
    HSET h a 1
    RPUSH l 1
    !SORT k
    !SORT h
    !SORT
    !SORT l NOPE
    !SORT l LIMIT 1
    !SORT l LIMIT x 1
    !SORT l LIMIT 0 x
    !SORT l BY
    !SORT l GET
    !SORT l STORE
    !SORT_RO l STORE d
    !SORT_RO k
    COMMAND GETKEYS SORT l BY w_* STORE d
    COMMAND GETKEYS SORT_RO l`,
    same("RPUSH", "m", "nan"),
    "!SORT m",
    same("RPUSH", "n", " 1", "0x10", "", "2"),
    "SORT n",
  ],
});

test("SORT is refused when its STORE names a key that the user may not write", async () => {
  const server = await startTestServer();
  const client = await server.client();
  await client.call("ACL", "SETUSER", "ann", "on", ">pw", "+@all", "~k:*");
  await client.call("RPUSH", "k:l", "2", "1");
  await client.call("AUTH", "ann", "pw");
  const { bytes } = await client.exchange("SORT", "k:l", "STORE", "other");
  expect(bytes.toString()).toBe("-NOPERM No permissions to access a key\r\n");
  expect(await client.call("SORT", "k:l", "LIMIT", "0", "9", "STORE", "k:d")).toBe(2);
  await server.close();
});
