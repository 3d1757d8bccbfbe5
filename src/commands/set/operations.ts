/** The intersection, union and difference of sets. */
import { type Bytes, bytesOf } from "../../base/bytes.ts";
import { isInteger, membersOf, sortedIntegers } from "../../values/set-members.ts";
import type { Table } from "../../values/table.ts";
import type { Call } from "../handler.ts";
import { limitsOf, setAt } from "./sets.ts";

export type Sets = ReadonlyArray<Table | undefined>;

/** The sets at keys, each looked at, whatever the others are. @throws ReplyError WRONGTYPE */
export function setsAt(call: Call, keys: readonly Buffer[]): Sets {
  return keys.map((key) => setAt(call, key));
}

/** The members all sets have, at most `limit` of them. */
export function* intersection(sets: Sets, limit = Number.POSITIVE_INFINITY): Generator<Buffer> {
  const present = sets.filter((set) => set !== undefined).sort((a, b) => a.count - b.count);
  const [smallest, ...others] = present;
  if (smallest === undefined || present.length < sets.length) return;
  let found = 0;
  for (const member of membersOf(smallest)) {
    if (!others.every((other) => other.has(member))) continue;
    yield member;
    found += 1;
    if (found === limit) return;
  }
}

/** The members that at least one of the sets has. */
export function union(call: Call, sets: Sets): Buffer[] {
  const members = new Map<Bytes, Buffer>();
  for (const set of sets) {
    for (const member of set === undefined ? [] : membersOf(set)) members.set(bytesOf(member), member);
  }
  return inOrder(call, [...members.values()]);
}

/** The members of the first set that no other has. */
export function difference([first, ...others]: Sets): Buffer[] {
  if (first === undefined) return [];
  return membersOf(first).filter((member) => !others.some((other) => other?.has(member)));
}

/** Integers alone come in their order, as Redis holds them. */
function inOrder(call: Call, members: Buffer[]): Buffer[] {
  const areIntegers = members.length <= limitsOf(call).integersMax && members.every(isInteger);
  return areIntegers ? sortedIntegers(members) : members;
}
