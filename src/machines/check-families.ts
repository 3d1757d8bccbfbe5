/** The part of the self-check that holds children against the links to them. */
import { type Bytes, readU32, readU64 } from "../base/bytes.ts";
import { prefixRange } from "../keyspace/layouts.ts";
import { decodeRecord } from "../keyspace/records.ts";
import type { OrderedReader } from "../storage/ordered-store.ts";
import { type ChildLink, type ChildList, decode, isAlive, isList, nameOfLink } from "./child-links.ts";
import { decodeMachine, type MachineRecord } from "./record.ts";

interface Found {
  readonly phys: number;
  readonly machine: MachineRecord;
}

/** What is wrong, a sentence each; of flushed databases machines go one by one. O(size of the store). */
export function checkFamilies(reader: OrderedReader, flushed: ReadonlySet<number>): string[] {
  const machines = new Map<number, Found>();
  for (const [key, value] of spaceOf(reader, "k")) {
    const record = decodeRecord(value);
    if (flushed.has(readU32(key, 1))) continue;
    if (record.type === "machine")
      machines.set(record.id, { phys: readU32(key, 1), machine: decodeMachine(record) });
  }
  const links = new Map<number, (ChildLink | ChildList)[]>();
  for (const [key, value] of spaceOf(reader, "f")) {
    const id = readU64(key, 1);
    const known = links.get(id);
    if (known === undefined) links.set(id, [decode(value)]);
    else known.push(decode(value));
  }
  return [...machines].flatMap(([id, { phys, machine }]) => [
    ...checkLinks(machine, links.get(id) ?? [], (child) => {
      const found = machines.get(child);
      return found?.phys === phys ? found.machine : undefined;
    }).map((finding) => `machine ${id}: ${finding}`),
    ...checkParentLink({ id, machine }, machine.parent && links.get(machine.parent.id)),
  ]);
}

/** What is wrong with the links of a machine. `childAt` finds a machine by the id of its object. */
export function checkLinks(
  { childCount }: MachineRecord,
  entries: readonly (ChildLink | ChildList)[],
  childAt: (id: number) => MachineRecord | undefined,
): string[] {
  const findings: string[] = [];
  const links = entries.flatMap((entry) => (isList(entry) ? [] : [entry]));
  if (links.length !== childCount) findings.push(`it counts ${childCount} children and has ${links.length}`);
  for (const head of entries.filter(isList)) {
    const items = links.filter(({ name, index }) => name === head.name && index !== undefined);
    const open = items.filter(({ status }) => status !== "done").length;
    if (items.length !== head.count || open !== head.open)
      findings.push(
        `its list '${head.name}' counts ${head.count}, ${head.open} of them open; there are ${items.length} and ${open}`,
      );
  }
  for (const link of links) {
    const child = link.child === undefined ? undefined : childAt(link.child);
    const called = nameOfLink(link);
    if (link.child === undefined) {
      if (link.status === "active") findings.push(`its child '${called}' is active and there is none`);
    } else if (child === undefined) findings.push(`its child '${called}' is missing`);
    else if (child.parent?.name !== link.name || child.parent.index !== link.index)
      findings.push(`its child '${called}' does not belong to it`);
    else if (child.status !== "suspended" && child.status !== link.status)
      findings.push(`its child '${called}' is ${child.status}, it has noted ${link.status}`);
    else if (child.status === "suspended" && !isAlive(link))
      findings.push(`its child '${called}' is suspended, it has noted ${link.status}`);
  }
  return findings;
}

function checkParentLink(
  { id, machine: { parent } }: { readonly id: number; readonly machine: MachineRecord },
  entries: readonly (ChildLink | ChildList)[] | undefined,
): string[] {
  if (parent === undefined) return [];
  const isKnown = entries?.some((entry) => !isList(entry) && entry.child === id) === true;
  return isKnown ? [] : [`machine ${id}: it belongs to machine ${parent.id}, which does not know it`];
}

function spaceOf(reader: OrderedReader, space: string): Iterable<readonly [Bytes, Buffer]> {
  const { from, to } = prefixRange(space);
  return reader.range(from, to);
}
