/** Random requests of most kinds, for tests that hold one server against another: they draw the names, and what is written. */

/** Definitions that the requests name, by their id: to be created in this order. */
const PART =
  '{"initial":"in","states":{"in":{"on":{"END":"out"},"after":{"3s":"out"}},"out":{"type":"final"}}}';
const LAMP = JSON.stringify({
  initial: "off",
  context: { n: 0 },
  states: {
    off: { on: { GO: { target: "on", actions: [{ assign: { n: "context.n + 1" } }] }, PAIR: "both" } },
    on: {
      on: { GO: "off", TASK: { actions: [{ task: { name: "t", data: "{'n': context.n}" } }] } },
      after: { "2s": "off" },
    },
    both: { invoke: { src: "part", id: "p" }, on: { "xstate.done.actor.p": "off", GO: "off" } },
  },
});

export const RANDOM_DEFINITIONS: ReadonlyArray<readonly [id: string, definition: string]> = [
  ["part", PART],
  ["lamp", LAMP],
];

/** Of keys alone. Words in braces are drawn. */
export const KEY_REQUESTS = requests(
  `SET {k} {v}|SET {k} {v} PX 3000|GET {k}|INCR {k}|APPEND {k} {v}|DEL {k} {k}|EXISTS {k} {k}|MGET {k} {k} {k}
RENAME {k} {k}|COPY {k} {k}|TYPE {k}|TTL {k}|PEXPIRE {k} 2500|PERSIST {k}|TOUCH {k}|OBJECT ENCODING {k}
DUMP {k}|SORT {l} ALPHA
RPUSH {l} {v} {v}|LPUSH {l} {v}|LPOP {l}|LRANGE {l} 0 -1|LMOVE {l} {l} LEFT RIGHT|LINSERT {l} BEFORE {v} x|LREM {l} 0 {v}
HSET {h} {v} {v} {k} {v}|HGETALL {h}|HDEL {h} {v}|HINCRBY {h} n 1|HRANDFIELD {h} 2
SADD {s} {v} {k} {d}|SREM {s} {v}|SMEMBERS {s}|SPOP {s}|SRANDMEMBER {s}|SUNIONSTORE {s} {s} {s}|SINTER {s} {s}
ZADD {z} 1 {v} 2 {k}|ZRANGE {z} 0 -1 WITHSCORES|ZINCRBY {z} 1 {v}|ZPOPMIN {z}|ZUNIONSTORE {z} 2 {z} {z}|ZRANK {z} {v}
XADD {x} * f {v}|XLEN {x}|XRANGE {x} - +|XTRIM {x} MAXLEN 3|XGROUP CREATE {x} g 0 MKSTREAM|XREADGROUP GROUP g c COUNT 2 STREAMS {x} >
XPENDING {x} g|XREAD COUNT 3 STREAMS {x} {x} 0 0
SM.CREATE {m} lamp|SM.SEND {m} GO|SM.SEND {m} GO ID {v}|SM.SEND {m} GO DEF lamp|SM.SEND {m} PAIR|SM.SEND {m} TASK|SM.SEND {m}:p END
SM.STATE {m}|SM.GET {m}|SM.HISTORY {m}|SM.WHY {m} GO|SM.UNDO {m}|SM.SUSPEND {m} why|SM.RESUME {m}
SM.CHILDREN {m}|SM.TIMERS {m}|SM.PATCH {m} [{"op":"add","path":"/n","value":7}]
WATCH {k}|MULTI|MULTI|EXEC|EXEC|EXEC|DISCARD|PUBLISH news {v}|CLIENT SETNAME {v}|CLIENT GETNAME|PING|ECHO {v}
EVAL script.a 2 {k} {l} {v}|EVAL script.b 1 {m}|PFADD {k} {v}|SETBIT {k} 7 1|GEOADD {z} 13 38 {v}`,
);

/** Of whole databases, and of streams that a server names. */
export const WHOLE_REQUESTS = requests(
  `RANDOMKEY|DBSIZE|KEYS *|SCAN 0|SELECT {d}|MOVE {k} 1|SWAPDB 0 1
SM.COUNT lamp|SM.SCAN 0 DEF lamp STATE on|XLEN sm:changes:lamp|XRANGE sm:changes:lamp - + COUNT 5|EVAL script.c 0`,
);

function requests(lines: string): readonly (readonly string[])[] {
  return lines.split(/[|\n]/).map((line) => line.split(" "));
}

const SCRIPTS: Readonly<Record<string, string>> = {
  "script.a": `local was = redis.call('GET', KEYS[1]) redis.call('SET', KEYS[1], ARGV[1])
    local ok = redis.pcall('RPUSH', KEYS[2], ARGV[1]) redis.call('PUBLISH', 'news', ARGV[1]) return {was, ok, redis.call('TIME')}`,
  "script.b": `local ok, error = pcall(redis.call, 'SM.SEND', KEYS[1], 'GO') return {tostring(ok), redis.pcall('SM.STATE', KEYS[1])}`,
  "script.c": `redis.call('SELECT', 1) return {redis.call('DBSIZE'), math.random(1000), redis.call('RANDOMKEY')}`,
};

const DRAWN: Readonly<Record<string, readonly string[]>> = {
  k: ["a", "b", "c", "q"],
  v: ["1", "2", "v", "w".repeat(60)],
  d: ["0", "1"],
  l: ["l1", "l2"],
  h: ["h1", "h2"],
  s: ["s1", "s2"],
  z: ["z1", "z2"],
  x: ["x1", "x2"],
  m: ["m1", "m2", "m3"],
};

/** Draws one of some items. @throws RangeError where there is none */
export function drawerOf(random: () => number): <T>(items: readonly T[]) => T {
  return <T>(items: readonly T[]): T => {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new RangeError("nothing to draw from");
    return item;
  };
}

/** The arguments of a request whose words were drawn. */
export function argumentsOf(
  request: readonly string[],
  drawn: <T>(items: readonly T[]) => T,
  name: (drawnName: string) => string = (drawnName) => drawnName,
): string[] {
  return request.map((word) => {
    const letter = word.slice(1, -1);
    const names = DRAWN[letter];
    if (/^\{.\}$/.test(word) && names !== undefined)
      return NO_KEYS.has(letter) ? drawn(names) : name(drawn(names));
    return SCRIPTS[word] ?? word.replace(/^\{m\}/, () => name(drawn(["m1", "m2"])));
  });
}

/** What is drawn and no key. */
const NO_KEYS = new Set(["v", "d"]);
