/** Members of sets: adds them with the encoding that Redis would use, and lists them in its order. */
import { parseInteger } from "../base/integer.ts";
import type { Limits } from "./encoding.ts";
import type { Table } from "./table.ts";

/** The limits beyond which a set changes its encoding. */
export interface SetLimits extends Limits {
  readonly integersMax: number;
}

/** The largest number of digits of a 64-bit integer. */
const INTEGER_BYTES_MAX = 20;

/** The encoding of an empty set follows from its first member and the number of members that will be added. */
function beginSet(table: Table, first: Buffer, expected: number, limits: SetLimits): void {
  if (table.count > 0) return;
  if (isInteger(first) && expected <= limits.integersMax) table.encoding = "integers";
  else table.encoding = expected <= limits.entriesMax ? "compact" : "full";
}

/** Adds a member; true when it is new. */
function addMember(table: Table, member: Buffer, limits: SetLimits): boolean {
  const { encoding, count } = table;
  if (!table.add(member)) return false;
  if (encoding === "full") return true;
  if (encoding === "integers" && isInteger(member)) {
    if (table.count > limits.integersMax) table.convert("full");
    return true;
  }
  const fits = count < limits.entriesMax && member.length <= limits.bytesMax;
  const integersFit =
    encoding === "compact" || limits.bytesMax >= INTEGER_BYTES_MAX || fitsAll(table, limits);
  table.convert(fits && integersFit ? "compact" : "full");
  return true;
}

/** Adds members to a set that may be empty; returns the number of new ones. */
export function addMembers(table: Table, members: readonly Buffer[], limits: SetLimits): number {
  const [first] = members;
  if (first === undefined) return 0;
  beginSet(table, first, members.length, limits);
  return members.filter((member) => addMember(table, member, limits)).length;
}

/** All members; a set of integers is in numeric order. */
export function membersOf(table: Table): Buffer[] {
  const members = Array.from(table.elements(), ({ name }) => name);
  return table.encoding === "integers" ? sortedIntegers(members) : members;
}

/** The members of a set of integers, in numeric order. */
export function sortedIntegers(members: readonly Buffer[]): Buffer[] {
  const numbers = members.map((member) => ({ member, value: parseInteger(member) ?? 0n }));
  numbers.sort((a, b) => (a.value < b.value ? -1 : a.value > b.value ? 1 : 0));
  return numbers.map(({ member }) => member);
}

export function isInteger(member: Buffer): boolean {
  return parseInteger(member) !== undefined;
}

function fitsAll(table: Table, { bytesMax }: Limits): boolean {
  for (const { name } of table.elements()) if (name.length > bytesMax) return false;
  return true;
}
