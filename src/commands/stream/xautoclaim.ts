/**
 * XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID]: takes over what others have left pending
 * for long, a page at a time: where to go on, what was claimed, and ids of entries that are no longer there.
 */

import { giveUpSpent } from "../../machines/given-up.ts";
import * as errors from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import type { Consumer } from "../../streams/consumers.ts";
import { type EntryId, ID_MAX, ID_MIN } from "../../streams/entry-id.ts";
import { saveGroup } from "../../streams/groups.ts";
import { pendingEntries, putPending, removePending } from "../../streams/pending.ts";
import type { PendingEntry } from "../../streams/pending-page.ts";
import { entryAt } from "../../streams/streams.ts";
import { argument, parseInteger, token } from "../arguments.ts";
import type { Handler } from "../handler.ts";
import { look } from "../values.ts";
import { seenConsumer } from "./consumers.ts";
import { idReply, intervalStart } from "./ids.ts";
import { entryReply, groupOf, type StreamAndGroup } from "./streams.ts";

const COUNT_DEFAULT = 100;
/** Redis' own bound: beyond it its arithmetic would overflow. */
const COUNT_MAX = (2n ** 63n - 1n) / 16n;
/** Pending entries looked at for each that may be claimed. */
const LOOKS_PER_CLAIM = 10;

export const xautoclaim = {
  name: "XAUTOCLAIM",
  run: (call) => {
    const { args, nowMs } = call;
    const key = argument(args, 1);
    const name = argument(args, 2);
    const record = look(call, key);
    const query = parse(args);
    const found = groupOf(call, key, name, record);
    if (found === undefined) throw errors.noKeyOrGroup(key, name);
    const { stream, group } = found;
    const consumer = seenConsumer(found, argument(args, 3));
    const { pending, cursor } = page(found, query, nowMs);
    const claimed: Reply[] = [];
    const deleted: Reply[] = [];
    for (const entry of pending) {
      const isSpent = !query.isJustId && giveUpSpent(call, stream, entry);
      const reply = isSpent ? undefined : claimEntry(found, consumer, entry, query.isJustId);
      if (isSpent) removePending(stream, group, entry.id);
      if (reply === undefined) deleted.push(idReply(entry.id));
      else claimed.push(reply);
    }
    if (claimed.length > 0) consumer.activeMs = nowMs;
    saveGroup(stream, group);
    return [idReply(cursor), claimed, deleted];
  },
} as const satisfies Handler;

interface Query {
  readonly minIdleMs: bigint;
  readonly from: EntryId;
  readonly count: number;
  readonly isJustId: boolean;
}

function parse(args: readonly Buffer[]): Query {
  const minIdleMs = parseInteger(argument(args, 4));
  if (minIdleMs === undefined) throw errors.invalidMinIdleForAutoclaim();
  const from = intervalStart(argument(args, 5));
  let count = COUNT_DEFAULT;
  let isJustId = false;
  for (let index = 6; index < args.length; index += 1) {
    const option = token(args[index]);
    if (option === "JUSTID") isJustId = true;
    else if (option === "COUNT" && index + 1 < args.length) {
      index += 1;
      const given = parseInteger(argument(args, index)) ?? 0n;
      if (given < 1n || given > COUNT_MAX) throw errors.countNotPositive();
      count = Number(given);
    } else throw errors.syntaxError();
  }
  return { minIdleMs, from, count, isJustId };
}

/** The pending entries of this call: those idle for long enough or no longer there; and where the next call begins. */
function page({ stream, group }: StreamAndGroup, query: Query, nowMs: number) {
  const pending: PendingEntry[] = [];
  let looks = query.count * LOOKS_PER_CLAIM;
  for (const entry of pendingEntries(stream, group, { from: query.from, to: ID_MAX })) {
    if (looks === 0 || pending.length === query.count) return { pending, cursor: entry.id };
    looks -= 1;
    const isIdle = BigInt(nowMs - entry.deliveredMs) >= query.minIdleMs;
    if (isIdle || entryAt(stream, entry.id) === undefined) pending.push(entry);
  }
  return { pending, cursor: ID_MIN };
}

/** undefined when the entry is no longer there; it is then no longer pending either. */
function claimEntry(
  { stream, group }: StreamAndGroup,
  consumer: Consumer,
  before: PendingEntry,
  isJustId: boolean,
): Reply | undefined {
  const { id } = before;
  const fields = entryAt(stream, id);
  if (fields === undefined) {
    removePending(stream, group, id);
    return undefined;
  }
  const deliveryCount = before.deliveryCount + (isJustId ? 0n : 1n);
  const deliveredMs = stream.db.nowMs;
  putPending(stream, group, { id, consumer: consumer.number, deliveredMs, deliveryCount });
  return isJustId ? idReply(id) : entryReply({ id, fields });
}
