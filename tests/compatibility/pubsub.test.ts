import { describeConnections } from "./connections.ts";

/** A script for both protocols of the connection `s`, which subscribes. */
const bothProtocols = (scripts: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(scripts).flatMap(([title, script]) =>
      (["2", "3"] as const).map((protocol) => [
        `${title} (RESP${protocol})`,
        script.replaceAll(/^(\s*~?)([st])\b/gm, `$1$2${protocol}`),
      ]),
    ),
  );

describeConnections(
  "pub/sub",
  bothProtocols({
    "messages go to subscribers of channels and of patterns": `
      s SUBSCRIBE news "" "b\\x00\\xff"
      t PSUBSCRIBE n* news
      t SUBSCRIBE news
      # The order of patterns is that of a hash table in Redis.
      ~p2 PUBLISH news hello
      p2 PUBLISH nothing ""
      p2 PUBLISH "" x
      p2 PUBLISH "b\\x00\\xff" "\\r\\n\\x00"
      p2 PUBLISH elsewhere x
      s UNSUBSCRIBE news none
      ~p2 PUBLISH news again
      t PUNSUBSCRIBE n*
      ~p2 PUBLISH news again
      t PUNSUBSCRIBE
      t PUNSUBSCRIBE
      t UNSUBSCRIBE
      t UNSUBSCRIBE
      ~p2 PUBLISH news again
      t GET k
    `,
    "subscribing twice counts once": `
      s SUBSCRIBE a a b
      s SUBSCRIBE a
      s PSUBSCRIBE a
      p2 PUBLISH a x
      s UNSUBSCRIBE a a
      s PUNSUBSCRIBE b a
      p2 PUBLISH a x
      ~s UNSUBSCRIBE
      s SUBSCRIBE x y
      ~s UNSUBSCRIBE
    `,
    "shard channels are apart from channels": `
      s SSUBSCRIBE a b
      s SUBSCRIBE a
      p2 SPUBLISH a sharded
      p2 PUBLISH a x
      p2 SPUBLISH c x
      s SUNSUBSCRIBE c a
      s SUNSUBSCRIBE
      s SUNSUBSCRIBE
      p2 SPUBLISH a x
      s UNSUBSCRIBE
      s PING
    `,
    "a subscriber may do little else in RESP2 and anything in RESP3": `
      s SET k v
      s PING
      s PING x
      s SUBSCRIBE a
      s PING
      s PING x
      s PING x y
      s GET k
      s CLIENT ID x
      s CLIENT GETNAME
      s MULTI
      s DISCARD
      # What a session causes to be sent to itself comes behind the reply, as from Redis 7.2 on.
      ~s PUBLISH a own
      s NOSUCH x
      s GET
      s CONFIG GET save
      s SSUBSCRIBE a
      s UNSUBSCRIBE a
      s GET k
      s SUNSUBSCRIBE
      s GET k
      s PSUBSCRIBE x*
      s ECHO x
      s RESET
      s PING
      s GET k
      p2 PUBLISH a x
      p2 PUBLISH xa x
    `,
    "QUIT ends a subscriber": `
      s SUBSCRIBE a
      s QUIT
      p2 PUBLISH a x
      p2 PUBSUB CHANNELS
    `,
    "subscribing within MULTI": `
      s MULTI
      s SUBSCRIBE a b
      s PSUBSCRIBE p*
      s SSUBSCRIBE c
      s PUBLISH a own
      s UNSUBSCRIBE c
      s PING
      ~s EXEC
      p2 PUBLISH a x
      ~s UNSUBSCRIBE
      p2 MULTI
      p2 PUBLISH p1 1
      p2 PUBLISH p2 2
      p2 EXEC
      p2 MULTI
      p2 PUBLISH p1 1
      p2 DISCARD
    `,
    "CLIENT REPLY OFF and SKIP silence no messages": `
      s CLIENT REPLY SKIP
      s SUBSCRIBE a
      s UNSUBSCRIBE
      s CLIENT REPLY OFF
      s SUBSCRIBE a
      s PING
      p2 PUBLISH a x
      s UNSUBSCRIBE
      s CLIENT REPLY ON
      s PING
    `,
    "PUBSUB tells of channels, subscribers and patterns": `
      p2 PUBSUB CHANNELS
      p2 PUBSUB NUMPAT
      p2 PUBSUB NUMSUB
      p2 PUBSUB SHARDCHANNELS
      s SUBSCRIBE one two three
      s PSUBSCRIBE t* o*
      s SSUBSCRIBE shard other
      t SUBSCRIBE two
      t PSUBSCRIBE t*
      ~p2 PUBSUB CHANNELS
      ~p2 PUBSUB CHANNELS *
      ~p2 PUBSUB CHANNELS t*
      p2 PUBSUB CHANNELS none
      ~p2 PUBSUB SHARDCHANNELS
      p2 PUBSUB SHARDCHANNELS s*
      p2 PUBSUB NUMSUB
      p2 PUBSUB NUMSUB two one none two
      p2 PUBSUB SHARDNUMSUB
      p2 PUBSUB SHARDNUMSUB shard none
      p2 PUBSUB NUMPAT
      p2 PUBSUB numpat
      t RESET
      p2 PUBSUB NUMSUB two
      p2 PUBSUB NUMPAT
      p3 PUBSUB NUMSUB two
      p3 PUBSUB NUMPAT
    `,
    "requests that are refused": `
      s SUBSCRIBE
      s PSUBSCRIBE
      s SSUBSCRIBE
      s PUBLISH a
      s PUBLISH a b c
      s SPUBLISH a
      s PUBSUB
      s PUBSUB NOPE
      s PUBSUB CHANNELS a b
      s PUBSUB SHARDCHANNELS a b
      s PUBSUB NUMPAT a
    `,
  }),
);
