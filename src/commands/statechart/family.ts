/** What replies tell of the machines that one belongs to, and that belong to it. */
import { bufferOf } from "../../base/bytes.ts";
import { type ChildLink, linksOf, nameOfLink } from "../../machines/child-links.ts";
import { hasEnded } from "../../machines/record.ts";
import { childOf, linkSeen, type Relative } from "../../machines/relatives.ts";
import type { Scope, Subject } from "../../machines/subject.ts";
import { map, type Reply } from "../../protocol/reply.ts";

/** The key of the machine it belongs to. */
export function parentReply(call: Scope, { machine: { parent } }: Subject): Reply {
  const key = parent === undefined ? undefined : call.db.keyOf(parent.id);
  return key === undefined ? null : bufferOf(key);
}

/** Its children: what is called how, where, and what has become of it. */
export function childrenReply(call: Scope, { machine, record }: Subject): Reply[] {
  if (machine.childCount === 0) return [];
  return linksOf(call.db.transaction, record.id).map((link) => {
    const child = childOf(call.db, record.id, link);
    const { status, state } = linkSeen(link, child);
    return map([
      ["id", nameOfLink(link)],
      ["key", child === undefined ? null : bufferOf(child.key)],
      ["status", status],
      ["state", [...state]],
    ]);
  });
}

/** A child and how it is linked. */
export interface RunningChild {
  readonly link: ChildLink;
  readonly child: Relative;
}

/** The children of a machine that have not ended, in the order of their ids. */
export function runningChildren(call: Scope, { machine, record }: Subject): RunningChild[] {
  if (machine.childCount === 0) return [];
  return linksOf(call.db.transaction, record.id).flatMap((link) => {
    const child = childOf(call.db, record.id, link);
    return child === undefined || hasEnded(child.machine) ? [] : [{ link, child }];
  });
}
