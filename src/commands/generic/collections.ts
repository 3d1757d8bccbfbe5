/** Hashes, sets, lists and sorted sets as wholes: for DUMP and RESTORE. */
import { type Bytes, bytesOf } from "../../base/bytes.ts";
import type { DumpedCollection } from "../../dump/collection.ts";
import type { ExpiryTime } from "../../keyspace/expiry-time.ts";
import type { KeyRecord } from "../../keyspace/records.ts";
import { Held, isCollection } from "../../values/held.ts";
import { List } from "../../values/list.ts";
import { membersOf } from "../../values/set-members.ts";
import { SortedSet } from "../../values/sorted-set.ts";
import { Table } from "../../values/table.ts";
import type { Call } from "../handler.ts";
import { setFields } from "../hash/hashes.ts";
import { fillList } from "../list/lists.ts";
import { fillSet } from "../set/sets.ts";
import { fillSortedSet } from "../sorted-set/sorted-sets.ts";

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
    case "sortedSet":
      return { kind: "sortedSet", members: [...new SortedSet(held).elements()] };
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
      fillList(call, list, value.elements);
      list.save("restore");
      return;
    }
    case "sortedSet": {
      const set = new SortedSet(held);
      fillSortedSet(call, set, value.members);
      set.save("restore");
      return;
    }
    case "set": {
      const table = new Table(held);
      fillSet(call, table, value.members);
      table.save("restore");
      return;
    }
  }
}
