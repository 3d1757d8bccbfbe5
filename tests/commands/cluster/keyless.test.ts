/**
 * What each command without keys does on a server of a cluster that holds several partitions. A new command has to be put into
 * the table: what it does there is a decision, and none that can be left to chance.
 */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { CATALOGUE, findByFullName } from "../../../src/catalogue/catalogue.ts";
import type { Command } from "../../../src/catalogue/command.ts";
import { hasKeys, keysOf } from "../../../src/catalogue/keys.ts";
import { needOf } from "../../../src/commands/cluster/placement.ts";
import { REFUSED_HANDLERS } from "../../../src/commands/cluster/refused.ts";
import { changesWhatIsShared } from "../../../src/commands/cluster/shared-commands.ts";
import { Turn } from "../../../src/server/turn.ts";
import type { TestClient } from "../../support/client.ts";
import { type PartitionedServer, startPartitionedServer } from "../../support/partitioned-server.ts";

/** It reads or writes all partitions that the server holds; with a request that shows it. */
const EVERYWHERE: Readonly<Record<string, readonly string[]>> = {
  DBSIZE: [],
  "CLUSTER|COUNTKEYSINSLOT": ["0"],
  "CLUSTER|GETKEYSINSLOT": ["0", "1"],
  DEBUG: ["DIGEST"],
  FLUSHALL: [],
  FLUSHDB: [],
  INFO: ["everything"],
  KEYS: ["*"],
  "MEMORY|STATS": [],
  RANDOMKEY: [],
  SCAN: ["0"],
  "SM.COUNT": [],
  "SM.MIGRATION|LIST": [],
  "SM.MIGRATION|STATUS": ["1"],
  "SM.OVERDUE": ["0"],
  "SM.REQUEUE": ["ALL"],
  "SM.SCAN": ["0"],
  "SM.STREAMS": [],
  "SM.VERIFY": [],
};

/** All partitions of the cluster, whoever holds them, through its log. */
const CLUSTER = new Set([
  "FUNCTION|DELETE",
  "FUNCTION|FLUSH",
  "FUNCTION|LOAD",
  "FUNCTION|RESTORE",
  "SM.DEF|CREATE",
  "SM.DEF|DEL",
  "SM.DEF|IMPORT",
  "SM.MIGRATION|PAUSE",
  "SM.MIGRATION|PLAN",
  "SM.MIGRATION|RESUME",
  "SM.MIGRATION|START",
  "SM.MIGRATION|UNDO",
]);

/** One partition: the first that the server holds, each of which has a copy of what these read; of EXEC and scripts, that of their keys. */
const ONE = new Set([
  "BGSAVE",
  "EVAL",
  "EVALSHA",
  "EVALSHA_RO",
  "EVAL_RO",
  "EXEC",
  "FCALL",
  "FCALL_RO",
  "FUNCTION|DUMP",
  "FUNCTION|LIST",
  "FUNCTION|STATS",
  "SAVE",
  "SM.DEF|CHECK",
  "SM.DEF|GET",
  "SM.DEF|GRAPH",
  "SM.DEF|LIST",
  "SM.DEMO",
  // Its run in the background looks into all partitions that the server holds.
  "SM.MIGRATION|WHATIF",
]);

/** Refused: with the error that a request reads. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  SELECT: ["1"],
  SWAPDB: ["0", "1"],
};

/** This server, and nothing of its partitions. */
const SERVER = new Set(
  `
  ACL|CAT ACL|DELUSER ACL|DRYRUN ACL|GENPASS ACL|GETUSER ACL|HELP ACL|LIST ACL|LOAD ACL|LOG ACL|SAVE
  ACL|SETUSER ACL|USERS ACL|WHOAMI ASKING AUTH CLIENT|CACHING CLIENT|GETNAME CLIENT|GETREDIR CLIENT|HELP
  CLIENT|ID CLIENT|INFO CLIENT|KILL CLIENT|LIST CLIENT|NO-EVICT CLIENT|NO-TOUCH CLIENT|PAUSE CLIENT|REPLY
  CLIENT|SETINFO CLIENT|SETNAME CLIENT|TRACKING CLIENT|TRACKINGINFO CLIENT|UNBLOCK CLIENT|UNPAUSE
  CLUSTER|COUNT-FAILURE-REPORTS CLUSTER|HELP CLUSTER|INFO CLUSTER|KEYSLOT CLUSTER|LINKS CLUSTER|MYID
  CLUSTER|MYSHARDID CLUSTER|NODES CLUSTER|REPLICAS CLUSTER|SHARDS CLUSTER|SLAVES CLUSTER|SLOTS COMMAND
  COMMAND|COUNT COMMAND|DOCS COMMAND|GETKEYS COMMAND|GETKEYSANDFLAGS COMMAND|HELP COMMAND|INFO COMMAND|LIST
  CONFIG|GET CONFIG|HELP CONFIG|RESETSTAT CONFIG|REWRITE CONFIG|SET DISCARD ECHO FUNCTION|HELP
  FUNCTION|KILL HELLO LASTSAVE LATENCY|DOCTOR LATENCY|GRAPH LATENCY|HELP LATENCY|HISTOGRAM LATENCY|HISTORY
  LATENCY|LATEST LATENCY|RESET MEMORY|DOCTOR MEMORY|HELP MEMORY|MALLOC-STATS MODULE|HELP MODULE|LIST
  MODULE|LOAD MODULE|LOADEX MODULE|UNLOAD MONITOR MULTI OBJECT|HELP PFSELFTEST PING PSUBSCRIBE PUBLISH
  PUBSUB|CHANNELS PUBSUB|HELP PUBSUB|NUMPAT PUBSUB|NUMSUB PUBSUB|SHARDCHANNELS PUBSUB|SHARDNUMSUB
  PUNSUBSCRIBE QUIT READONLY READWRITE RESET ROLE SCRIPT|EXISTS SCRIPT|FLUSH SCRIPT|HELP SCRIPT|KILL
  SCRIPT|LOAD SHUTDOWN SLOWLOG|GET SLOWLOG|HELP SLOWLOG|LEN SLOWLOG|RESET SM.DEF|HELP SM.MIGRATION|HELP
  SM.TEMPLATE SPUBLISH SSUBSCRIBE SUBSCRIBE SUNSUBSCRIBE TIME UNSUBSCRIBE UNWATCH WAIT WAITAOF XGROUP|HELP
  XINFO|HELP
`
    .trim()
    .split(/\s+/),
);

/** They need keys, though their shortest request does not show it: a number of keys, or a word in front of them. */
const ALWAYS_KEYED = new Set(
  "BLMPOP BZMPOP LMPOP PFMERGE SINTERCARD XREAD XREADGROUP ZDIFF ZDIFFSTORE ZINTER ZINTERCARD ZINTERSTORE ZMPOP ZUNION ZUNIONSTORE".split(
    " ",
  ),
);

/** Those that can be called without a key. */
function keyless(): readonly Command[] {
  return CATALOGUE.commands
    .flatMap((command) => [command, ...command.subcommands.values()])
    .filter(({ declaration }) => declaration.replySchema !== undefined)
    .filter((command) => !hasKeys(command) || (keysOf(command, shortest(command)) ?? []).length === 0)
    .filter(({ declaration }) => !ALWAYS_KEYED.has(declaration.name));
}

/** Its shortest request, with 0 for each argument. */
function shortest({ arity, declaration }: Command): readonly Buffer[] {
  const words = declaration.name.split("|");
  const missing = Math.max(0, Math.abs(arity) - words.length);
  return [...words, ...Array(missing).fill("0")].map((word) => Buffer.from(String(word)));
}

const isRefusedAlways = (name: string) => REFUSED_HANDLERS.some((handler) => handler.name === name);

let server: PartitionedServer;
let client: TestClient;

beforeAll(async () => {
  server = await startPartitionedServer({ config: { "enable-debug-command": "yes" } });
  client = await server.client();
});

afterAll(() => server.close());

test("each command without keys is in one place of the table", () => {
  const places = [...Object.keys(EVERYWHERE), ...CLUSTER, ...ONE, ...Object.keys(REFUSED), ...SERVER];
  const names = keyless()
    .map(({ declaration }) => declaration.name)
    .filter((name) => !isRefusedAlways(name));
  expect(places.toSorted()).toEqual(names.toSorted());
});

test.each(Object.entries(EVERYWHERE))(
  "%s looks into all partitions that the server holds",
  async (name, args) => {
    const everywhere = vi.spyOn(Turn.prototype, "everywhere");
    try {
      await client.call(...name.split("|"), ...args);
      expect(everywhere).toHaveBeenCalled();
    } finally {
      everywhere.mockRestore();
    }
  },
);

test.each([...CLUSTER])("%s changes all partitions of the cluster by its log", (name) => {
  const command = findByFullName(CATALOGUE, name);
  expect(command && changesWhatIsShared(command)).toBe(true);
});

test.each(Object.entries(REFUSED))("%s is refused", async (name, args) => {
  expect(await client.call(name, ...args)).toMatchObject({ message: expect.stringMatching(/^ERR /) });
});

test.each([...SERVER])("%s needs no partition", (name) => {
  const command = findByFullName(CATALOGUE, name);
  expect(command && needOf([{ command, args: shortest(command) }]).usesStore).toBe(false);
});
