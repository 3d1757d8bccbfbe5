/** Hashes, sets, lists and sorted sets as wholes: for DUMP and RESTORE. */
import { type Bytes, bytesOf } from "../../base/bytes.ts";
import type { DumpedCollection } from "../../dump/collection.ts";
import type { ExpiryTime } from "../../keyspace/expiry-time.ts";
import type { KeyRecord } from "../../keyspace/records.ts";
import { Held, isCollection } from "../../values/held.ts";
import { List } from "../../values/list.ts";
import { addMembers, membersOf } from "../../values/set-members.ts";
import { SortedSet } from "../../values/sorted-set.ts";
import { Table } from "../../values/table.ts";
import type { Call } from "../handler.ts";
import { setFields } from "../hash/hashes.ts";
import { growing } from "../list/lists.ts";
import { limitsOf } from "../set/sets.ts";
import { putMember, limitsOf as scoredLimits } from "../sorted-set/sorted-sets.ts";

/** All that a record's object holds; undefined when it is none of these types. */
export function collectionOf(call: Call, key: Buffer, record: KeyRecord): DumpedCollection | undefined {
  if (!isCollection(record)) return undefined;
  const held = new Held(call.db, bytesOf(key), record.type, record);
  switch (record.type) {
    case "hash":
      return {
        kind: "hash",
        pairs: Array.from(new Table(held).elements(), ({ name, value }) => [name, value]).flat(),
      };
    case "list": {
      const list = new List(held);
      return { kind: "list", elements: list.range(0, list.count - 1) };
    }
    case "set":
      return { kind: "set", members: membersOf(new Table(held)) };
    case "sortedSet": {
      const members = Array.from(new SortedSet(held).elements(), ({ name, score }) => ({
        member: name,
        score,
      }));
      return { kind: "sortedSet", members };
    }
  }
}

/** Makes a key that holds nothing hold all of this. */
export function restoreCollection(
  call: Call,
  key: Bytes,
  value: DumpedCollection,
  expireAtMs: ExpiryTime,
): void {
  const held = new Held(call.db, key, value.kind, undefined, expireAtMs);
  switch (value.kind) {
    case "hash": {
      const table = new Table(held);
      setFields(call, table, value.pairs);
      table.save("restore");
      return;
    }
    case "list": {
      const list = new List(held);
      for (const element of value.elements) {
        growing(call, list, [element]);
        list.push("right", element);
      }
      list.save("restore");
      return;
    }
    case "sortedSet": {
      const set = new SortedSet(held);
      const limits = scoredLimits(call);
      for (const { member, score } of value.members) putMember(set, member, score, undefined, limits);
      set.save("restore");
      return;
    }
    case "set": {
      const table = new Table(held);
      const limits = limitsOf(call);
      for (const member of value.members) addMembers(table, [member], limits);
      table.save("restore");
      return;
    }
  }
}
