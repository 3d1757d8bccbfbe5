/**
 * XCLAIM key group consumer min-idle-time id [id …] [IDLE ms] [TIME unix-time-ms] [RETRYCOUNT count] [FORCE] [JUSTID]
 * [LASTID id]: takes pending entries over from other consumers.
 */

import { giveUpSpent } from "../../machines/given-up.ts";
import * as errors from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import type { Consumer } from "../../streams/consumers.ts";
import type { EntryId } from "../../streams/entry-id.ts";
import { saveGroup } from "../../streams/groups.ts";
import { findPending, putPending, removePending } from "../../streams/pending.ts";
import type { PendingEntry } from "../../streams/pending-page.ts";
import { entryAt } from "../../streams/streams.ts";
import { argument, parseInteger, token } from "../arguments.ts";
import type { Call, Handler } from "../handler.ts";
import { seenConsumer } from "./consumers.ts";
import { exactId, idReply, parseExactId } from "./ids.ts";
import { entryReply, groupAt, type StreamAndGroup } from "./streams.ts";

export const xclaim = {
  name: "XCLAIM",
  run: (call) => {
    const { args, nowMs } = call;
    const key = argument(args, 1);
    const name = argument(args, 2);
    const found = groupAt(call, key, name);
    if (found === undefined) throw errors.noKeyOrGroup(key, name);
    const claim = parse(args, nowMs);
    const { stream, group } = found;
    if (claim.lastId !== undefined && claim.lastId > group.lastId) group.lastId = claim.lastId;
    const consumer = seenConsumer(found, argument(args, 3));
    const replies: Reply[] = [];
    for (const id of claim.ids) {
      if (!claim.isJustId && giveUpClaimed(call, found, id, claim.minIdleMs)) continue;
      const reply = claimEntry(found, consumer, { id, claim, nowMs });
      if (reply !== undefined) replies.push(reply);
    }
    if (replies.length > 0) consumer.activeMs = nowMs;
    saveGroup(stream, group);
    return replies;
  },
} as const satisfies Handler;

interface Claim {
  readonly minIdleMs: bigint;
  readonly ids: readonly EntryId[];
  /** What the entries get as the time of their delivery. */
  readonly deliveredMs: number;
  /** undefined: one more than it was. */
  readonly retryCount: bigint | undefined;
  readonly isForced: boolean;
  readonly isJustId: boolean;
  readonly lastId: EntryId | undefined;
}

/** Gives up a task that would be delivered once too often; true when it is then no longer pending. */
function giveUpClaimed(
  call: Call,
  { stream, group }: StreamAndGroup,
  id: EntryId,
  minIdleMs: bigint,
): boolean {
  const before = findPending(stream, group, id);
  const isIdle = before !== undefined && BigInt(call.nowMs - before.deliveredMs) >= minIdleMs;
  if (!isIdle || !giveUpSpent(call, stream, before)) return false;
  removePending(stream, group, id);
  return true;
}

/** The reply for an entry; undefined when it was not claimed. */
function claimEntry(
  { stream, group }: StreamAndGroup,
  consumer: Consumer,
  { id, claim, nowMs }: { readonly id: EntryId; readonly claim: Claim; readonly nowMs: number },
): Reply | undefined {
  const before = findPending(stream, group, id);
  const fields = entryAt(stream, id);
  if (fields === undefined) {
    // A pending entry that is no longer there has nothing left to be done.
    removePending(stream, group, id);
    return undefined;
  }
  if (before === undefined && !claim.isForced) return undefined;
  if (before !== undefined && BigInt(nowMs - before.deliveredMs) < claim.minIdleMs) return undefined;
  putPending(stream, group, claimed(id, before, consumer, claim));
  return claim.isJustId ? idReply(id) : entryReply({ id, fields });
}

function claimed(
  id: EntryId,
  before: PendingEntry | undefined,
  consumer: Consumer,
  { retryCount, isJustId, deliveredMs }: Claim,
): PendingEntry {
  const counted = (before?.deliveryCount ?? 1n) + (isJustId ? 0n : 1n);
  return { id, consumer: consumer.number, deliveredMs, deliveryCount: retryCount ?? counted };
}

function parse(args: readonly Buffer[], nowMs: number): Claim {
  const minIdleMs = claimInteger(argument(args, 4), "min-idle-time argument");
  const ids: EntryId[] = [];
  let index = 5;
  for (; index < args.length; index += 1) {
    const id = parseExactId(argument(args, index));
    if (id === undefined) break;
    ids.push(id);
  }
  const options: Options = {
    deliveredMs: BigInt(nowMs),
    retryCount: undefined,
    isForced: false,
    isJustId: false,
    lastId: undefined,
  };
  for (; index < args.length; index += 1) {
    const option = token(args[index]);
    if (option === "FORCE") options.isForced = true;
    else if (option === "JUSTID") options.isJustId = true;
    else if (VALUED.has(option) && index + 1 < args.length) {
      index += 1;
      readValue(options, { option, value: argument(args, index), nowMs });
    } else throw errors.unknownClaimOption(argument(args, index));
  }
  // A time that cannot be is taken for now, as Redis does.
  const isPossible = options.deliveredMs >= 0n && options.deliveredMs <= BigInt(nowMs);
  return { ...options, minIdleMs, ids, deliveredMs: isPossible ? Number(options.deliveredMs) : nowMs };
}

interface Options {
  deliveredMs: bigint;
  retryCount: bigint | undefined;
  isForced: boolean;
  isJustId: boolean;
  lastId: EntryId | undefined;
}

/** `option` and `value` as they are in the request. */
function readValue(
  options: Options,
  { option, value, nowMs }: { readonly option: string; readonly value: Buffer; readonly nowMs: number },
): void {
  if (option === "LASTID") {
    options.lastId = exactId(value);
    return;
  }
  const number = claimInteger(value, `${option} option argument`);
  if (option === "RETRYCOUNT") options.retryCount = number < 0n ? undefined : number;
  else options.deliveredMs = option === "IDLE" ? BigInt(nowMs) - number : number;
}

const VALUED = new Set(["IDLE", "TIME", "RETRYCOUNT", "LASTID"]);

/** @throws ReplyError that names what is no integer */
function claimInteger(arg: Buffer, what: string): bigint {
  const value = parseInteger(arg);
  if (value === undefined) throw errors.invalidClaimArgument(what);
  return value;
}
