/** What the sorted set commands share. */
import { bytesOf } from "../../base/bytes.ts";
import { parseDouble } from "../../base/double-text.ts";
import type { KeyEvent } from "../../keyspace/changes.ts";
import * as errors from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import type { Limits } from "../../values/encoding.ts";
import { Held } from "../../values/held.ts";
import { type Scored, SortedSet } from "../../values/sorted-set.ts";
import type { Call } from "../handler.ts";
import { heldAt, heldForWrite, heldOrNew } from "../held-values.ts";

/** The sorted set at a key that is read; undefined when there is no such key. @throws ReplyError WRONGTYPE */
export function sortedSetAt(call: Call, key: Buffer): SortedSet | undefined {
  const held = heldAt(call, key, "sortedSet");
  return held === undefined ? undefined : new SortedSet(held);
}

/** The sorted set at a key that parts are taken from. @throws ReplyError WRONGTYPE */
export function sortedSetForWrite(call: Call, key: Buffer): SortedSet | undefined {
  const held = heldForWrite(call, key, "sortedSet");
  return held === undefined ? undefined : new SortedSet(held);
}

/** The sorted set at a key, which need not be there yet. @throws ReplyError WRONGTYPE */
export function sortedSetOrNew(call: Call, key: Buffer): SortedSet {
  return new SortedSet(heldOrNew(call, key, "sortedSet"));
}

export function limitsOf({ server }: Call): Limits {
  const { values } = server.config;
  return { entriesMax: values["zset-max-listpack-entries"], bytesMax: values["zset-max-listpack-value"] };
}

/** Gives a member a score, in the form that Redis would keep the sorted set in; `before` is the score it has. */
export function putMember(
  set: SortedSet,
  member: Buffer,
  score: number,
  before: number | undefined,
  limits: Limits,
): void {
  set.set(member, score, before);
  if (before === undefined && (set.count > limits.entriesMax || member.length > limits.bytesMax))
    set.encoding = "full";
}

/** Adds members to a sorted set that has none of them. */
export function fillSortedSet(call: Call, set: SortedSet, members: readonly Scored[]): void {
  const limits = limitsOf(call);
  for (const { name, score } of members) putMember(set, name, score, undefined, limits);
}

/** Makes a key the sorted set of these members, whatever it was, or removes it where there are none; how many. */
export function storeScored(call: Call, key: Buffer, members: readonly Scored[], event: KeyEvent): number {
  if (members.length === 0) {
    call.db.remove(bytesOf(key), "del");
    return 0;
  }
  const set = new SortedSet(new Held(call.db, bytesOf(key), "sortedSet", undefined));
  fillSortedSet(call, set, members);
  set.save(event);
  return set.count;
}

/** A score as an argument. @throws ReplyError "value is not a valid float" */
export function scoreArgument(bytes: Buffer): number {
  const score = parseDouble(bytes.toString("latin1"));
  if (score === undefined) throw errors.notAFloat();
  return score;
}

export function double(value: number): Reply {
  return { kind: "double", value };
}

/** Members, with their scores if that is asked for: pairs in RESP3, by turns in RESP2. */
export function membersReply({ session }: Call, members: readonly Scored[], withScores: boolean): Reply {
  if (!withScores) return members.map(({ name }) => name);
  const pairs = members.map(({ name, score }) => [name, double(score)]);
  return session.protocol === 3 ? pairs : pairs.flat();
}
