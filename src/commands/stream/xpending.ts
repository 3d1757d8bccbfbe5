/** XPENDING key group [[IDLE ms] start end count [consumer]]: what was given out and not acknowledged. */
import * as errors from "../../protocol/errors.ts";
import { NULL_ARRAY, type Reply } from "../../protocol/reply.ts";
import { type Consumer, consumerAt, consumersOf, findConsumer } from "../../streams/consumers.ts";
import { type EntryId, ID_MIN } from "../../streams/entry-id.ts";
import { firstPendingId, lastPendingId, pendingEntries } from "../../streams/pending.ts";
import { argument, integer, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { idReply, intervalEnd, intervalStart } from "./ids.ts";
import { groupAt, type StreamAndGroup } from "./streams.ts";

export const xpending = {
  name: "XPENDING",
  run: (call) => {
    const { args } = call;
    const query = args.length === 3 ? undefined : parse(args);
    const key = argument(args, 1);
    const name = argument(args, 2);
    const found = groupAt(call, key, name);
    if (found === undefined) throw errors.noKeyOrGroup(key, name);
    return query === undefined ? summary(found) : listing(found, query, call.nowMs);
  },
} as const satisfies Handler;

interface Query {
  readonly minIdleMs: number;
  readonly from: EntryId;
  readonly to: EntryId;
  readonly count: number;
  readonly consumer: Buffer | undefined;
}

function parse(args: readonly Buffer[]): Query {
  if (args.length < 6 || args.length > 9) throw errors.syntaxError();
  const hasIdle = token(args[3]) === "IDLE";
  const minIdleMs = hasIdle ? Number(integer(argument(args, 4))) : 0;
  const start = hasIdle ? 5 : 3;
  if (hasIdle && args.length < 8) throw errors.syntaxError();
  const count = Number(integer(argument(args, start + 2)));
  const from = intervalStart(argument(args, start));
  const to = intervalEnd(argument(args, start + 1));
  return { minIdleMs, from, to, count, consumer: args[start + 3] };
}

function summary({ stream, group }: StreamAndGroup): Reply {
  if (group.pendingCount === 0) return [0, null, null, NULL_ARRAY];
  const consumers = consumersOf(stream, group).filter(({ pendingCount }) => pendingCount > 0);
  return [
    group.pendingCount,
    idReply(firstPendingId(group) ?? ID_MIN),
    idReply(lastPendingId(stream, group) ?? ID_MIN),
    consumers.map(({ name, pendingCount }) => [name, String(pendingCount)]),
  ];
}

function listing({ stream, group }: StreamAndGroup, query: Query, nowMs: number): Reply {
  let consumer: Consumer | undefined;
  if (query.consumer !== undefined) {
    consumer = findConsumer(stream, group, query.consumer);
    if (consumer === undefined) return [];
  }
  const replies: Reply[] = [];
  if (query.count <= 0) return replies;
  for (const pending of pendingEntries(stream, group, { from: query.from, to: query.to, consumer })) {
    const idleMs = Math.max(0, nowMs - pending.deliveredMs);
    if (idleMs < query.minIdleMs) continue;
    const { name } = consumerAt(stream, group, pending.consumer);
    replies.push([idReply(pending.id), name, idleMs, pending.deliveryCount]);
    if (replies.length >= query.count) break;
  }
  return replies;
}
