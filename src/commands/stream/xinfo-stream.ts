/** XINFO STREAM key [FULL [COUNT count]]: what there is to know of a stream; FULL with entries, groups and consumers. */
import * as errors from "../../protocol/errors.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { type Consumer, consumerAt, consumersOf, type Group } from "../../streams/consumers.ts";
import { ID_MAX, ID_MIN } from "../../streams/entry-id.ts";
import { groupsOf } from "../../streams/groups.ts";
import { lagOf, READ_UNKNOWN } from "../../streams/lag.ts";
import { pendingEntries } from "../../streams/pending.ts";
import { entriesOf, nodeCount, type Stream } from "../../streams/streams.ts";
import { argument, integer, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { idReply } from "./ids.ts";
import { entryReply, rangeReply, streamAt } from "./streams.ts";

/** Entries of each kind that FULL shows when COUNT does not say otherwise. */
const FULL_COUNT_DEFAULT = 10;
const WHOLE = { from: ID_MIN, to: ID_MAX };

export const xinfoStream = {
  name: "XINFO|STREAM",
  run: (call) => {
    const { args } = call;
    const stream = streamAt(call, argument(args, 2));
    if (stream === undefined) throw errors.noSuchKey();
    const count = fullCount(args);
    const { header } = stream;
    const facts: Array<[string, Reply]> = [
      ["length", header.length],
      // There is no radix tree; Redis has one key per node, and clients expect the fields.
      ["radix-tree-keys", nodeCount(stream)],
      ["radix-tree-nodes", nodeCount(stream) + 1],
      ["last-generated-id", idReply(header.lastId)],
      ["max-deleted-entry-id", idReply(header.maxDeletedId)],
      ["entries-added", header.entriesAdded],
      ["recorded-first-entry-id", idReply(header.firstId)],
    ];
    if (count !== undefined) {
      facts.push(["entries", rangeReply(stream, WHOLE, count)]);
      facts.push(["groups", groupsOf(stream).map((group) => groupReply(stream, group, count))]);
    } else {
      facts.push(["groups", header.groupCount]);
      facts.push(["first-entry", edgeReply(stream, false)], ["last-entry", edgeReply(stream, true)]);
    }
    return map(facts);
  },
} as const satisfies Handler;

/** undefined: not FULL. @throws ReplyError when the options make no sense */
function fullCount(args: readonly Buffer[]): number | undefined {
  if (args.length === 3) return undefined;
  const hasCount = args.length === 6 && token(args[4]) === "COUNT";
  if (token(args[3]) !== "FULL" || (args.length !== 4 && !hasCount)) {
    throw errors.unknownSubcommandOrArity("XINFO", argument(args, 1));
  }
  if (!hasCount) return FULL_COUNT_DEFAULT;
  const count = Number(integer(argument(args, 5)));
  if (count < 0) return FULL_COUNT_DEFAULT;
  return count === 0 ? Number.POSITIVE_INFINITY : count;
}

function edgeReply(stream: Stream, reverse: boolean): Reply {
  for (const entry of entriesOf(stream, { ...WHOLE, reverse })) return entryReply(entry);
  return null;
}

function groupReply(stream: Stream, group: Group, count: number): Reply {
  const pending: Reply[] = [];
  for (const { id, consumer, deliveredMs, deliveryCount } of pendingEntries(stream, group, WHOLE)) {
    if (pending.length >= count) break;
    pending.push([idReply(id), consumerAt(stream, group, consumer).name, deliveredMs, deliveryCount]);
  }
  return map([
    ["name", group.name],
    ["last-delivered-id", idReply(group.lastId)],
    ["entries-read", group.entriesRead === READ_UNKNOWN ? null : group.entriesRead],
    ["lag", lagOf(stream.header, group) ?? null],
    ["pel-count", group.pendingCount],
    ["pending", pending],
    [
      "consumers",
      consumersOf(stream, group).map((consumer) => consumerReply({ stream, group, consumer, count })),
    ],
  ]);
}

interface ShownConsumer {
  readonly stream: Stream;
  readonly group: Group;
  readonly consumer: Consumer;
  /** Pending entries at most. */
  readonly count: number;
}

function consumerReply({ stream, group, consumer, count }: ShownConsumer): Reply {
  const pending: Reply[] = [];
  for (const { id, deliveredMs, deliveryCount } of pendingEntries(stream, group, { ...WHOLE, consumer })) {
    if (pending.length >= count) break;
    pending.push([idReply(id), deliveredMs, deliveryCount]);
  }
  return map([
    ["name", consumer.name],
    ["seen-time", consumer.seenMs],
    ["active-time", consumer.activeMs],
    ["pel-count", consumer.pendingCount],
    ["pending", pending],
  ]);
}
