/**
 * XREADGROUP GROUP group consumer [COUNT count] [BLOCK ms] [NOACK] STREAMS key [key …] id [id …]: entries for a
 * consumer of a group. `>` gives it new ones, which are pending from then on; an id gives it what it has pending.
 */
import { bytesOf } from "../../base/bytes.ts";
import { giveUpSpent } from "../../machines/given-up.ts";
import * as errors from "../../protocol/errors.ts";
import { NULL_ARRAY, type Reply } from "../../protocol/reply.ts";
import type { StreamEntry } from "../../streams/chunk.ts";
import type { Consumer } from "../../streams/consumers.ts";
import { type EntryId, ID_MAX, idAfter } from "../../streams/entry-id.ts";
import { saveGroup } from "../../streams/groups.ts";
import { advanceGroup } from "../../streams/lag.ts";
import { pendingEntries, putPending, removePending } from "../../streams/pending.ts";
import { entryAt, takeEntries } from "../../streams/streams.ts";
import type { Call, Handler, Wait } from "../handler.ts";
import { deadlineOf } from "../wait.ts";
import { seenConsumer } from "./consumers.ts";
import { exactId, idReply } from "./ids.ts";
import { readArguments } from "./read-arguments.ts";
import { entryReply, groupAt, readReply, type StreamAndGroup } from "./streams.ts";

export const xreadgroup = {
  name: "XREADGROUP",
  run: (call) => {
    const query = parse(call);
    const reply = read(call, query);
    if (reply !== undefined) return reply;
    const { blockMs } = query;
    if (blockMs === undefined || !call.mayWait) return NULL_ARRAY;
    const kept = keptQuery(query);
    const wait: Wait = {
      kind: "wait",
      keys: kept.positions.map(({ key }) => bytesOf(key)),
      deadlineMs: deadlineOf(call.nowMs, blockMs),
      onTimeout: NULL_ARRAY,
      retry: (later) => (hasNews(later, kept) ? read(later, kept) : undefined) ?? wait,
    };
    return wait;
  },
} as const satisfies Handler;

interface Position {
  readonly key: Buffer;
  /** undefined: new entries. */
  readonly after: EntryId | undefined;
  /** The group as it was found; undefined: it is to be looked up. */
  readonly place: StreamAndGroup | undefined;
}

interface Query {
  readonly group: Buffer;
  readonly consumer: Buffer;
  readonly positions: readonly Position[];
  readonly count: number;
  readonly blockMs: number | undefined;
  readonly isNoAck: boolean;
}

function parse(call: Call): Query {
  const { group, streams, count, blockMs, isNoAck } = readArguments(call, "xreadgroup");
  if (group === undefined) throw errors.missingGroup();
  const positions = streams.map(({ key, id }) => {
    const place = openGroup(call, key, group.name);
    // A key may be named twice: what was read first changes what is found then.
    return { key, after: startOf(id), place: streams.length === 1 ? place : undefined };
  });
  return { group: group.name, consumer: group.consumer, positions, count, blockMs, isNoAck };
}

/** The query with bytes of its own, for later: the request's are written over. */
function keptQuery(query: Query): Query {
  return {
    ...query,
    group: Buffer.from(query.group),
    consumer: Buffer.from(query.consumer),
    positions: query.positions.map(({ key, after }) => ({ key: Buffer.from(key), after, place: undefined })),
  };
}

function openGroup(call: Call, key: Buffer, name: Buffer): StreamAndGroup {
  const found = groupAt(call, key, name);
  if (found === undefined) throw errors.noGroupToRead(key, name);
  return found;
}

function startOf(id: Buffer): EntryId | undefined {
  if (id.length === 1 && id[0] === NEW) return undefined;
  switch (id.toString("latin1")) {
    case "$":
      throw errors.lastIdInGroup();
    case "+":
      throw errors.lastEntryInGroup();
    default: {
      // To Redis the highest id is what `>` stands for.
      const after = exactId(id);
      return after === ID_MAX ? undefined : after;
    }
  }
}

const NEW = ">".charCodeAt(0);

/** True when a stream has entries that the group was not given. @throws ReplyError when a group is gone */
function hasNews(call: Call, query: Query): boolean {
  const news = query.positions.map(({ key }) => {
    const { stream, group } = openGroup(call, key, query.group);
    return newEntries({ stream, group }, 1).length > 0;
  });
  return news.includes(true);
}

function newEntries({ stream, group }: StreamAndGroup, count: number): StreamEntry[] {
  if (group.lastId >= stream.header.lastId) return [];
  const from = idAfter(group.lastId);
  return from === undefined ? [] : takeEntries(stream, { from, to: ID_MAX }, count);
}

/** What there is to read; undefined when there is nothing. */
function read(call: Call, query: Query): Reply | undefined {
  const found: Array<readonly [Buffer, Reply]> = [];
  for (const { key, after, place: known } of query.positions) {
    const place = known ?? openGroup(call, key, query.group);
    const consumer = seenConsumer(place, query.consumer);
    const entries =
      after === undefined
        ? deliver(place, consumer, query)
        : deliverAgain(call, place, { consumer, after, count: query.count });
    saveGroup(place.stream, place.group);
    if (entries.length > 0 || after !== undefined) found.push([key, entries]);
  }
  return found.length === 0 ? undefined : readReply(call, found);
}

/** Gives a consumer the next entries of the group. */
function deliver({ stream, group }: StreamAndGroup, consumer: Consumer, { count, isNoAck }: Query): Reply[] {
  const entries = newEntries({ stream, group }, count);
  const deliveredMs = stream.db.nowMs;
  for (const { id } of entries) {
    advanceGroup(stream.header, group, id);
    // It may be pending already, after XGROUP SETID has taken the group back: then it changes hands.
    if (!isNoAck)
      putPending(stream, group, { id, consumer: consumer.number, deliveredMs, deliveryCount: 1n });
  }
  if (entries.length > 0) consumer.activeMs = deliveredMs;
  return entries.map(entryReply);
}

interface Page {
  readonly consumer: Consumer;
  readonly after: EntryId;
  readonly count: number;
}

/** Gives a consumer once more what it has pending behind an id; of entries that are no longer there, the id alone. */
function deliverAgain(
  call: Call,
  { stream, group }: StreamAndGroup,
  { consumer, after, count }: Page,
): Reply[] {
  const from = idAfter(after);
  if (from === undefined) return [];
  const pending = [];
  for (const entry of pendingEntries(stream, group, { from, to: ID_MAX, consumer })) {
    pending.push(entry);
    if (pending.length >= count) break;
  }
  return pending.map((entry) => {
    const isSpent = giveUpSpent(call, stream, entry);
    if (isSpent) removePending(stream, group, entry.id);
    const fields = isSpent ? undefined : entryAt(stream, entry.id);
    if (fields === undefined) return [idReply(entry.id), NULL_ARRAY];
    const again = { ...entry, deliveredMs: stream.db.nowMs, deliveryCount: entry.deliveryCount + 1n };
    putPending(stream, group, again);
    return entryReply({ id: entry.id, fields });
  });
}
