/**
 * Where in a cluster a request may run: decided before its handler runs, in one place for all of them, by the slots of its
 * keys. A server that owns the slots of a request runs it; any other one names the owner, and its own store is empty. So a
 * request without keys that reads or writes the store goes to the owner too: an answer from an empty store
 * would be wrong, and clients follow a redirection whatever the command.
 */
import type { Command } from "../../catalogue/command.ts";
import { FLAG, hasFlag } from "../../catalogue/command.ts";
import { hasKeys, keysOf } from "../../catalogue/keys.ts";
import type { Session } from "../../clients/session.ts";
import { slotOf } from "../../cluster/slots.ts";
import type { ClusterView } from "../../cluster/view.ts";
import * as errors from "../../protocol/errors.ts";
import type { ReplyError } from "../../protocol/reply-error.ts";
import { token } from "../arguments.ts";
import type { ServerContext } from "../server-context.ts";
import { slotNamed } from "./slot-option.ts";
import { portFor } from "./topology.ts";

export interface PlacedRequest {
  readonly command: Command;
  readonly args: readonly Buffer[];
}

/** What a request needs, all its keys together. */
export interface Need {
  /** The first slot of its keys; undefined where it has none. */
  readonly slot: number | undefined;
  /** The slots beside the first one. */
  readonly otherSlots: readonly number[];
  /** Whether it reads or writes the store. */
  readonly usesStore: boolean;
  /** It writes nothing. */
  readonly isRead: boolean;
}

/** Commands of shard channels, which any server of a shard may run: messages reach all of them. */
const SHARD_CHANNELS: ReadonlyMap<string, (args: readonly Buffer[]) => readonly Buffer[]> = new Map([
  ["ssubscribe", (args: readonly Buffer[]) => args.slice(1)],
  ["sunsubscribe", (args: readonly Buffer[]) => args.slice(1)],
  ["spublish", (args: readonly Buffer[]) => args.slice(1, 2)],
]);

/** What uses the store beside reads and writes; a script does whatever keys it names. */
const USES_STORE = new Set([
  "bgsave",
  "cluster|countkeysinslot",
  "cluster|getkeysinslot",
  "eval",
  "evalsha",
  "fcall",
  "fcall_ro",
  "function|dump",
  "function|list",
  "function|stats",
  "save",
]);

const DEBUG_OF_STORE = new Set(["DIGEST", "OBJECT", "RELOAD"]);

/** Reads and writes that every server answers alike: the blank machine, and what is refused in a cluster wherever it is asked. */
const USES_NOTHING = new Set(["SM.TEMPLATE", "swapdb"]);

const NONE: readonly number[] = [];

/** What requests need that run together, such as those of a transaction. */
export function needOf(requests: readonly PlacedRequest[]): Need {
  let slot: number | undefined;
  let otherSlots: number[] | undefined;
  let usesStore = false;
  const isRead = requests.every(({ command }) => hasFlag(command, FLAG.READONLY));
  for (const { command, args } of requests) {
    const keys = hasKeys(command) ? (keysOf(command, args) ?? []).map(({ key }) => key) : [];
    const named = slotNamed(command, args);
    if (keys.length > 0 || usesStoreWithoutKeys(command, args)) usesStore = true;
    const slots = [...keys, ...(SHARD_CHANNELS.get(command.name)?.(args) ?? [])].map(slotOf);
    for (const own of named === undefined ? slots : [...slots, named]) {
      slot ??= own;
      if (own === slot) continue;
      otherSlots ??= [];
      otherSlots.push(own);
    }
  }
  return { slot, otherSlots: otherSlots ?? NONE, usesStore, isRead };
}

function usesStoreWithoutKeys(command: Command, [, subcommand]: readonly Buffer[]): boolean {
  if (USES_NOTHING.has(command.name)) return false;
  if (command.name === "debug") return DEBUG_OF_STORE.has(token(subcommand));
  return USES_STORE.has(command.name) || hasFlag(command, FLAG.WRITE | FLAG.READONLY);
}

type PlacedServer = Pick<ServerContext, "cluster" | "partitions">;

/** Why this server does not run a request that needs this; undefined where it does. */
export function misplaced(
  { cluster, partitions }: PlacedServer,
  { slot, otherSlots, usesStore, isRead }: Need,
  session: Pick<Session, "isReplicaReader" | "isSecure" | "mayCrossSlots">,
  nowMonotonicMs: number,
): ReplyError | undefined {
  if (cluster === undefined) return undefined;
  const isCrossSlot = otherSlots.length > 0 && !session.mayCrossSlots;
  if (!usesStore) return isCrossSlot ? errors.crossSlot() : undefined;
  const asked = askedSlot({ cluster, partitions }, { slot, otherSlots }, isCrossSlot, nowMonotonicMs);
  const owner = cluster.ownerOf(asked);
  if (owner === undefined) return errors.slotNotServed();
  if (isCrossSlot) return errors.crossSlot();
  if (!cluster.ownsSlot(asked)) {
    // A client that reads from replicas would send the request to a replica again after MOVED.
    const redirect = session.isReplicaReader && isRead ? errors.ask : errors.moved;
    return redirect(asked, owner.host, portFor(session, owner));
  }
  const held = partitions.of(asked);
  // Granted, but not read yet; or the lease may have ended.
  if (held === undefined || !cluster.isServing(held.number, nowMonotonicMs)) return errors.clusterIsDown();
  // One transaction is of one partition.
  return otherSlots.every((other) => partitions.of(other) === held) ? undefined : errors.crossSlot();
}

/** The partition that nobody serves, of a request that is refused because of that; undefined where nothing is known of it. */
export function unserved(
  { cluster, partitions }: PlacedServer,
  need: Need,
  { mayCrossSlots }: Pick<Session, "mayCrossSlots">,
  nowMonotonicMs: number,
): number | undefined {
  if (cluster === undefined) return undefined;
  const isCrossSlot = need.otherSlots.length > 0 && !mayCrossSlots;
  const slot = askedSlot({ cluster, partitions }, need, isCrossSlot, nowMonotonicMs);
  return cluster.partitionOf(slot)?.partition;
}

interface AskedServer {
  readonly cluster: ClusterView;
  readonly partitions: PlacedServer["partitions"];
}

/** The slot that decides where a request may run. */
function askedSlot(
  { cluster, partitions }: AskedServer,
  { slot, otherSlots }: Pick<Need, "slot" | "otherSlots">,
  isCrossSlot: boolean,
  nowMonotonicMs: number,
): number {
  const first = slot ?? storeSlot({ cluster, partitions }, nowMonotonicMs);
  if (isCrossSlot) return first;
  // Whose requests may cross slots needs all of them here.
  return [first, ...otherSlots].find((each) => !cluster.ownsSlot(each)) ?? first;
}

/** The slot that stands for all keys of a server: one that it serves, else one that it owns, else the first there is. */
function storeSlot({ cluster, partitions }: AskedServer, nowMonotonicMs: number): number {
  const { home } = partitions;
  // Nearly always the home serves.
  if (cluster.ownsSlot(home.firstSlot) && cluster.isServing(home.number, nowMonotonicMs))
    return home.firstSlot;
  const served = partitions.all.find(({ number }) => cluster.isServing(number, nowMonotonicMs));
  const own = served ?? cluster.partitions.find(({ ownerId }) => ownerId === cluster.ownId);
  return (own ?? cluster.partitions[0])?.firstSlot ?? 0;
}
