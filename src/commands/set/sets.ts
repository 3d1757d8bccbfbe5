/** What the set commands share. */
import { bytesOf } from "../../base/bytes.ts";
import type { KeyEvent } from "../../keyspace/changes.ts";
import type { Reply } from "../../protocol/reply.ts";
import { Held } from "../../values/held.ts";
import { addMembers, type SetLimits } from "../../values/set-members.ts";
import { Table } from "../../values/table.ts";
import type { Call } from "../handler.ts";
import { heldAt, heldForWrite, heldOrNew } from "../held-values.ts";

/** The set at a key that is read; undefined when there is no such key. @throws ReplyError WRONGTYPE */
export function setAt(call: Call, key: Buffer): Table | undefined {
  const held = heldAt(call, key, "set");
  return held === undefined ? undefined : new Table(held);
}

/** The set at a key that parts are taken from. @throws ReplyError WRONGTYPE */
export function setForWrite(call: Call, key: Buffer): Table | undefined {
  const held = heldForWrite(call, key, "set");
  return held === undefined ? undefined : new Table(held);
}

/** The set at a key, which need not be there yet. @throws ReplyError WRONGTYPE */
export function setOrNew(call: Call, key: Buffer): Table {
  return new Table(heldOrNew(call, key, "set"));
}

export function limitsOf({ server }: Call): SetLimits {
  const { values } = server.config;
  return {
    integersMax: values["set-max-intset-entries"],
    entriesMax: values["set-max-listpack-entries"],
    bytesMax: values["set-max-listpack-value"],
  };
}

/** Adds members to a set, one by one, as what is to come is not known when the first is added. */
export function fillSet(call: Call, table: Table, members: readonly Buffer[]): void {
  const limits = limitsOf(call);
  for (const member of members) addMembers(table, [member], limits);
}

/** Makes a key the set of these members, whatever it was, or removes it where there are none; how many there are. */
export function storeMembers(call: Call, key: Buffer, members: readonly Buffer[], event: KeyEvent): number {
  if (members.length === 0) {
    call.db.remove(bytesOf(key), "del");
    return 0;
  }
  const table = new Table(new Held(call.db, bytesOf(key), "set", undefined));
  fillSet(call, table, members);
  table.save(event);
  return table.count;
}

/** A set in RESP3. */
export function setReply(items: readonly Buffer[]): Reply {
  return { kind: "set", items };
}
