/**
 * What RedisInsight 2 asks of a server: when it connects, browses keys of each type, on its workbench and on its pages of
 * analysis. What belongs to modules of Redis is refused as by a server without them.
 */
import { expect, test } from "vitest";
import { describeAgainstRedis, disconnect, withRedis } from "./differential.ts";

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
    ?ACL CAT dangerous
    ACL DRYRUN default GET key
    ACL DRYRUN default CLIENT LIST
    !ACL DRYRUN nobody GET key
    ?ACL LIST
    ACL USERS
    ?ACL GETUSER default
    CLIENT GETNAME
    ?CLIENT INFO
    ?CLIENT ID
    ?COMMAND DOCS get
    COMMAND INFO get
    ?COMMAND COUNT
    ?INFO replication
    ?INFO memory
    ?INFO stats
    ?INFO clients
    PING
    !FT._LIST
    !FT.INFO index
    !SENTINEL masters
    !CLUSTER INFO
    !CLUSTER NODES
    SELECT 0
    !SELECT 16
    SELECT 15
    DBSIZE
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
  "when it browses values of each type": `
    HSET hash a 1 b 2 c 3
    RPUSH list a b c d
    SADD set a b c
    ZADD zset 1 a 2 b 3 c
    ~SCAN 0 MATCH * COUNT 10000 TYPE hash
    ~SCAN 0 MATCH * COUNT 10000 TYPE list
    ~SCAN 0 MATCH * COUNT 10000 TYPE set
    ~SCAN 0 MATCH * COUNT 10000 TYPE zset
    ~SCAN 0 MATCH * COUNT 10000 TYPE string
    SCAN 0 MATCH * COUNT 10000 TYPE ReJSON-RL
    SCAN 0 MATCH * COUNT 10000 TYPE TSDB-TYPE
    SCAN 0 MATCH * COUNT 10000 TYPE graphdata
    SCAN 0 MATCH nothing:* COUNT 500
    TYPE hash
    TYPE list
    TYPE set
    TYPE zset
    TYPE nothing
    TTL nothing
    ?MEMORY USAGE hash SAMPLES 0
    ?MEMORY USAGE list SAMPLES 0
    ?MEMORY USAGE set SAMPLES 0
    ?MEMORY USAGE zset SAMPLES 0
    MEMORY USAGE nothing SAMPLES 0
    HLEN hash
    ~HSCAN hash 0 MATCH * COUNT 500
    ~HSCAN hash 0 MATCH b* COUNT 500
    HGET hash a
    HSET hash a 2
    HDEL hash a
    LLEN list
    LRANGE list 0 499
    LINDEX list 2
    LSET list 0 z
    !LSET list 9 z
    RPUSHX list e
    LPUSHX list y
    RPOP list 2
    LPOP list 1
    LPOP nothing
    SCARD set
    ~SSCAN set 0 MATCH * COUNT 500
    SADD set d
    SREM set a
    SISMEMBER set b
    ZCARD zset
    ZRANGE zset 0 499 WITHSCORES
    ZREVRANGE zset 0 499 WITHSCORES
    ZSCAN zset 0 MATCH * COUNT 500
    ZSCORE zset a
    ZADD zset XX CH 5 a
    ZADD zset NX 6 d
    ZREM zset a
    !HGET list a
    !GET hash
    !ZCARD set
    EXPIRE hash 100
    TTL hash
    RENAME list other
    !RENAME nothing other
    OBJECT ENCODING hash
    OBJECT ENCODING zset
    !JSON.TYPE hash .
    !JSON.GET hash .
    !TS.INFO hash
    !GRAPH.QUERY hash "MATCH (n) RETURN n"
  `,
  "in a stream and its groups": `
    XADD stream 1-1 f v
    XADD stream 2-1 f v g w
    XRANGE stream - + COUNT 500
    XREVRANGE stream 2-1 - COUNT 500
    XDEL stream 1-1
    XGROUP CREATE stream g 0 MKSTREAM
    XGROUP CREATE stream h $
    XGROUP CREATECONSUMER stream g c
    XREADGROUP GROUP g c COUNT 10 STREAMS stream >
    ?XPENDING stream g - + 500
    ?XPENDING stream g - + 500 c
    ?XINFO CONSUMERS stream g
    XINFO STREAM stream
    XCLAIM stream g d 0 2-1
    XACK stream g 2-1
    XGROUP SETID stream h 0
    XGROUP DELCONSUMER stream g c
    XGROUP DESTROY stream h
    !XINFO GROUPS nothing
    !XGROUP CREATE stream g 0
  `,
  "on its workbench": `
    SET a 1
    GET a
    EVAL "return redis.call('GET', KEYS[1])" 1 a
    MULTI
    INCR a
    GET a
    EXEC
    !NOSUCHCOMMAND x
    !GET
    !SET a
    !SUBSCRIBE
    PUBLISH channel message
    PUBSUB CHANNELS *
    PUBSUB NUMSUB channel
    PUBSUB SHARDCHANNELS
    SORT nothing
    ~KEYS *
    RANDOMKEY
    COPY a b
    DUMP nothing
    OBJECT FREQ nothing
    OBJECT IDLETIME nothing
    TOUCH a b
    FLUSHDB
    DBSIZE
  `,
  "on its pages of analysis": `
    ?SLOWLOG GET 128
    ?SLOWLOG GET
    ?SLOWLOG LEN
    ?CONFIG GET *
    ?CONFIG GET maxmemory*
    ?MEMORY STATS
    LATENCY RESET
    LATENCY HISTORY command
    ?LATENCY DOCTOR
    ?LATENCY HISTOGRAM
    ?CLIENT LIST TYPE normal
    ?INFO commandstats
    ?INFO everything
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

/** The fields of INFO that its overview of a database shows. */
const OVERVIEW = [
  ...[
    "redis_version",
    "redis_mode",
    "os",
    "arch_bits",
    "tcp_port",
    "uptime_in_seconds",
    "uptime_in_days",
    "role",
  ],
  ...[
    "connected_clients",
    "blocked_clients",
    "connected_slaves",
    "used_memory",
    "used_memory_rss",
    "used_memory_peak",
  ],
  ...[
    "used_memory_lua",
    "used_memory_dataset",
    "used_memory_overhead",
    "used_memory_startup",
    "total_system_memory",
  ],
  ...["maxmemory", "maxmemory_policy", "allocator_frag_ratio", "mem_fragmentation_ratio", "mem_allocator"],
  ...["total_connections_received", "total_commands_processed", "instantaneous_ops_per_sec"],
  ...[
    "instantaneous_input_kbps",
    "instantaneous_output_kbps",
    "total_net_input_bytes",
    "total_net_output_bytes",
  ],
  ...["keyspace_hits", "keyspace_misses", "expired_keys", "evicted_keys", "rejected_connections"],
  ...["used_cpu_sys", "used_cpu_user", "rdb_last_save_time", "rdb_changes_since_last_save", "aof_enabled"],
  ...["loading", "cluster_enabled", "db0"],
];

withRedis("the overview of RedisInsight", ({ connect }) => {
  test("finds each of its fields of INFO, a number where Redis has one", async () => {
    const pair = await connect(2);
    const [theirs, ours] = await Promise.all(
      [pair.redis, pair.detent].map(async (client) => {
        await client.call("SET", "k", "v");
        const lines = String(await client.call("INFO")).split("\r\n");
        return new Map(
          lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
        );
      }),
    );
    const kindOf = (value: string | undefined) =>
      value === undefined ? "missing" : Number.isNaN(Number(value)) ? "text" : "number";
    const shapes = (info: typeof theirs) => OVERVIEW.map((name) => `${name} ${kindOf(info?.get(name))}`);
    expect(shapes(ours)).toEqual(shapes(theirs));
    expect(shapes(theirs).filter((shape) => shape.endsWith("missing"))).toEqual([]);
    await disconnect(pair);
  });
});
