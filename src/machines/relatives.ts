/** What expressions of a machine see of its children and of the machine it belongs to. */
import { type Bytes, textOfBytes } from "../base/bytes.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import type { Relatives } from "../engine/types.ts";
import type { Database } from "../keyspace/database.ts";
import type { KeyRecord } from "../keyspace/records.ts";
import { type ChildLink, type ChildList, entriesOf, isList } from "./child-links.ts";
import { activeNames, decodeMachine, type MachineRecord, type ParentLink } from "./record.ts";

/** A machine where it stands. */
export interface Relative {
  readonly key: Bytes;
  readonly record: KeyRecord;
  readonly machine: MachineRecord;
}

/** A machine by the id of its object; undefined when there is none in the database. */
export function machineById(db: Database, id: number): Relative | undefined {
  const key = db.keyOf(id);
  const record = key === undefined ? undefined : db.find(key);
  if (key === undefined || record?.type !== "machine" || record.id !== id) return undefined;
  return { key, record, machine: decodeMachine(record) };
}

/** The child of a link; undefined when it is gone, or no longer belongs to the machine. */
export function childOf(db: Database, parentId: number, link: ChildLink): Relative | undefined {
  const child = link.child === undefined ? undefined : machineById(db, link.child);
  const parent = child?.machine.parent;
  const isOwn = parent?.id === parentId && parent.name === link.name && parent.index === link.index;
  return isOwn ? child : undefined;
}

/** What a machine has come to; undefined for nothing. */
export function outputOf({ snapshot }: MachineRecord): Json | undefined {
  return isJsonObject(snapshot) ? snapshot["o"] : undefined;
}

/**
 * Undefined for a machine without relatives, as most are. What is asked for is made once for a step: its children do not
 * change while it runs.
 */
export function relativesOf(
  db: Database,
  id: number,
  { parent, childCount }: Pick<MachineRecord, "parent" | "childCount">,
): Relatives | undefined {
  if (parent === undefined && childCount === 0) return undefined;
  let children: JsonObject | undefined;
  return {
    children: () => (children ??= childrenSeen(db, id)),
    parent: () => parentSeen(db, parent),
  };
}

function parentSeen(db: Database, link: ParentLink | undefined): JsonObject | null {
  const found = link === undefined ? undefined : machineById(db, link.id);
  if (found === undefined) return null;
  const { key, machine } = found;
  return { key: textOfBytes(key), state: activeNames(machine), status: machine.status };
}

/** O(number of children). */
function childrenSeen(db: Database, id: number): JsonObject {
  const seen: [string, JsonObject][] = [];
  let list: { readonly head: ChildList; readonly items: JsonObject[] } | undefined;
  const end = () => {
    if (list !== undefined) seen.push([list.head.name, listSeen(list.head, list.items)]);
    list = undefined;
  };
  for (const entry of entriesOf(db.transaction, id)) {
    if (isList(entry)) {
      end();
      list = { head: entry, items: [] };
      continue;
    }
    const child = linkSeen(entry, childOf(db, id, entry));
    if (entry.name === list?.head.name) list.items.push(child);
    else seen.push([entry.name, child]);
  }
  end();
  return Object.fromEntries(seen);
}

/** What is seen of one child; a type, because an interface is no JSON. */
export type ChildSeen = {
  readonly state: readonly string[];
  readonly status: string;
  readonly done: boolean;
  readonly output: Json;
};

/** What is seen of one child, of which the link is all that may be left. */
export function linkSeen(link: ChildLink, child: Relative | undefined): ChildSeen {
  if (child === undefined) {
    const { status, output = null } = link;
    return { state: [], status, done: status === "done", output };
  }
  const { machine } = child;
  const { status } = machine;
  return {
    state: activeNames(machine),
    status,
    done: status === "done",
    output: outputOf(machine) ?? null,
  };
}

function listSeen({ open }: ChildList, items: readonly JsonObject[]): JsonObject {
  const each = (name: string) => items.map((item): Json => item[name] ?? null);
  return { state: each("state"), status: each("status"), done: open === 0, output: each("output") };
}
