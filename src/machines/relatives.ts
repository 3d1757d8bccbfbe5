/** What expressions of a machine see of its children and of the machine it belongs to. */
import { textOfBytes } from "../base/bytes.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import type { Relatives } from "../engine/types.ts";
import type { Database } from "../keyspace/database.ts";
import { type ChildLink, type ChildList, entriesOf, isList } from "./child-links.ts";
import { activeNames, decodeMachine, type MachineRecord, type ParentLink } from "./record.ts";

/** A machine by the id of its object; undefined when there is none in the database. */
export function machineById(db: Database, id: number): MachineRecord | undefined {
  const key = db.keyOf(id);
  const record = key === undefined ? undefined : db.find(key);
  return record?.type === "machine" && record.id === id ? decodeMachine(record) : undefined;
}

/** The child of a link; undefined when it is gone, or belongs to the machine no more. */
export function childOf(db: Database, parentId: number, link: ChildLink): MachineRecord | undefined {
  const machine = link.child === undefined ? undefined : machineById(db, link.child);
  return machine?.parent?.id === parentId && isOf(machine.parent, link) ? machine : undefined;
}

export function isOf(parent: ParentLink, { name, index }: ChildLink): boolean {
  return parent.name === name && parent.index === index;
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
  const key = link === undefined ? undefined : db.keyOf(link.id);
  const machine = link === undefined ? undefined : machineById(db, link.id);
  if (key === undefined || machine === undefined) return null;
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
    } else if (list !== undefined && entry.name === list.head.name) list.items.push(linkSeen(db, id, entry));
    else seen.push([entry.name, linkSeen(db, id, entry)]);
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

/** What is seen of one child. */
export function linkSeen(db: Database, parentId: number, link: ChildLink): ChildSeen {
  const machine = childOf(db, parentId, link);
  if (machine === undefined) {
    const { status, output = null } = link;
    return { state: [], status, done: status === "done", output };
  }
  const { snapshot, status } = machine;
  const output = (isJsonObject(snapshot) ? snapshot["o"] : undefined) ?? null;
  return { state: activeNames(machine), status, done: status === "done", output };
}

function listSeen({ open }: ChildList, items: readonly JsonObject[]): JsonObject {
  const each = (name: string) => items.map((item): Json => item[name] ?? null);
  return { state: each("state"), status: each("status"), done: open === 0, output: each("output") };
}
