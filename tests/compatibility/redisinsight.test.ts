/** What RedisInsight asks of a server: when it connects, browses keys and shows its pages of analysis. */
import { describeAgainstRedis } from "./differential.ts";

describeAgainstRedis("the requests of RedisInsight", {
  "when it connects": `
    CLIENT SETNAME redisinsight-common-1f2e3d4c
    ?INFO
    ?INFO server
    ?COMMAND
    ?MODULE LIST
    DBSIZE
    CONFIG GET databases
    ACL WHOAMI
    ?ACL CAT
    PING
    !FT._LIST
    !SENTINEL masters
    SELECT 0
  `,
  "when it browses": `
    SET text "{\\"a\\":1}"
    SET number 12
    XADD stream 1-1 f v
    EXPIRE text 100
    ~SCAN 0 MATCH * COUNT 500
    ~SCAN 0 MATCH * COUNT 500 TYPE stream
    TYPE text
    TYPE stream
    TTL text
    TTL number
    ?MEMORY USAGE text SAMPLES 0
    ?MEMORY USAGE stream SAMPLES 0
    OBJECT ENCODING text
    OBJECT ENCODING stream
    STRLEN text
    GETRANGE text 0 4999
    GET text
    EXISTS text
    XLEN stream
    XREVRANGE stream + - COUNT 500
    XINFO STREAM stream
    XINFO GROUPS stream
    XGROUP CREATE stream g 0
    XINFO GROUPS stream
    XINFO CONSUMERS stream g
    XPENDING stream g
    RENAMENX text renamed
    PERSIST renamed
    UNLINK renamed
    DEL number
  `,
  "on its pages of analysis": `
    ?SLOWLOG GET 128
    SLOWLOG RESET
    CONFIG GET slowlog-log-slower-than
    CONFIG GET slowlog-max-len
    CONFIG SET slowlog-log-slower-than 10000
    CONFIG SET slowlog-max-len 128
    PUBSUB NUMPAT
    ?CLIENT LIST
    ?INFO keyspace
    ?MEMORY DOCTOR
    ?LATENCY LATEST
  `,
});
