/**
 * The children of machines. Steps of a parent create and stop them; their ends, failures and removals are reported to
 * the parent. Whatever changes a child leaves a notice (keyspace/transaction.ts), and the parent compares its link with
 * the child. So it does not matter which command has ended, failed or removed the child.
 */
import { assert } from "../base/assert.ts";
import { type Bytes, textOfBytes } from "../base/bytes.ts";
import { EventData } from "../base/event-data.ts";
import { doneActorEvent, errorActorEvent, STOP_EVENT } from "../engine/event-names.ts";
import { snapshotToJson } from "../engine/snapshot.ts";
import { trailOf } from "../engine/trail.ts";
import type { NewChild } from "../engine/types.ts";
import type { Notice } from "../keyspace/transaction.ts";
import * as errors from "../protocol/errors.ts";
import { ReplyError } from "../protocol/reply-error.ts";
import {
  type ChildLink,
  type ChildStatus,
  childUnder,
  dropEntries,
  entriesOf,
  isAlive,
  isList,
  keyOfChild,
  linkOf,
  linksOf,
  nameOfLink,
  putEntry,
} from "./child-links.ts";
import { definitionAt, type StoredDefinition } from "./definitions.ts";
import { failedOf } from "./failures.ts";
import { dropWaiting, STOPPED } from "./inbox.ts";
import { eventsKept, forgetKept } from "./kept-events.ts";
import type { Creation } from "./making.ts";
import { activeNames, hasEnded, type MachineRecord } from "./record.ts";
import { childOf, outputOf } from "./relatives.ts";
import { deedRefusal } from "./rights.ts";
import { unwatchMachine } from "./sla-index.ts";
import { findSubject, type Scope, type Subject, subjectOf } from "./subject.ts";
import { disarmAll, writeRecord } from "./writing.ts";

/** How deep children are nested below the first machine. */
const DEPTH_MAX = 8;

/** How often one event may replace a child; beyond that, machines create each other in a circle. */
const REPLACED_MAX = 100;

/** A change of a child that must be reported to its parent. */
export interface ChildNews {
  /** Id of the parent's object. */
  readonly parent: number;
  /** The key of the child, as a string. */
  readonly by: string;
  readonly event: string;
  readonly data: EventData | undefined;
  readonly trace: string | undefined;
}

/** The functions that apply what children cause. */
export interface ChildrenHost {
  /** Creates a machine and applies the effects of its first macrostep. @throws ReplyError */
  create(key: Bytes, creation: Creation): void;
  tell(news: ChildNews): void;
  /** The children under a name that are about to be stopped. */
  stopping(parentId: number, name: string): readonly ChildLink[];
  /** Whether the machine has a transition for an internal event in its current state. */
  takes(subject: Subject, event: string): boolean;
}

export class Children {
  readonly #scope: Scope;
  readonly #host: ChildrenHost;
  readonly #replaced = new Map<string, number>();

  constructor(scope: Scope, host: ChildrenHost) {
    this.#scope = scope;
    this.#host = host;
  }

  /** Creates a child, or a list of children; returns the parent afterwards. @throws ReplyError EXECFAIL */
  spawn(parent: Subject, child: NewChild): Subject {
    const { id: name, inputs } = child;
    const { transaction } = this.#scope.db;
    const parentId = parent.record.id;
    const depth = (parent.machine.parent?.depth ?? 0) + 1;
    if (depth > DEPTH_MAX)
      throw failure(`the child '${name}': machines may have ${DEPTH_MAX} others above them`);
    const definition = this.#definitionOf(child);
    const childCount = parent.machine.childCount - this.#clear(parentId, name) + inputs.length;
    const max = this.#scope.server.config.get("sm-children-max");
    if (childCount > max)
      throw failure(`the machine would have ${childCount} children, sm-children-max is ${max}`);
    const counted =
      childCount === parent.machine.childCount
        ? parent
        : writeRecord(this.#scope, parent, { ...parent.machine, childCount }, undefined);
    if (child.isList) {
      putEntry(transaction, parentId, { name, count: inputs.length, open: inputs.length });
      if (inputs.length === 0) this.#tellOutputs(parentId, name, textOfBytes(parent.key), undefined);
    }
    for (const [index, context] of inputs.entries()) {
      const link = child.isList ? { name, index } : { name };
      this.#make(counted, { link, depth, definition, context });
    }
    return findSubject(this.#scope, parent.key) ?? counted;
  }

  #definitionOf({ src, id }: NewChild): StoredDefinition {
    try {
      return definitionAt(this.#scope.db, src);
    } catch (error) {
      throw error instanceof ReplyError ? failure(`the child '${id}': ${error.message}`) : error;
    }
  }

  #make(
    parent: Subject,
    child: Required<Pick<Creation, "definition" | "context">> & {
      readonly link: Pick<ChildLink, "name" | "index">;
      readonly depth: number;
    },
  ): void {
    const { link, depth, definition, context } = child;
    const { db, databases } = this.#scope;
    const parentId = parent.record.id;
    const called = nameOfLink(link);
    const key = keyOfChild(parent.key, link);
    if (key === undefined) throw failure(`the child '${called}': ${errors.cannotHaveChildren().text}`);
    if (db.find(key) !== undefined)
      throw failure(`BUSYKEY the key '${textOfBytes(key)}' of the child '${called}' holds something else`);
    const savepoint = databases.transaction.savepoint();
    const by = textOfBytes(parent.key);
    try {
      const id = `${definition.name}:${definition.version}`;
      const refusal = deedRefusal(this.#scope, parent.machine, { kind: "create", definition: id });
      if (refusal !== undefined) throw new ReplyError(`${refusal.code} ${refusal.message}`);
      const creation = {
        definition,
        context,
        by,
        expireAtMs: 0,
        parent: { id: parentId, ...link, depth },
      } as const;
      this.#host.create(key, creation);
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      const { code, text: message } = error;
      const reason = failure(`the child '${called}': ${message}`);
      // The parent can handle an error of the definition by `onError`, but not the limit of one event.
      if (code === "EXECFAIL" && message.startsWith(TOO_MUCH)) throw error;
      if (!this.#host.takes(parent, errorActorEvent(link.name))) throw reason;
      databases.rollback(savepoint);
      putEntry(db.transaction, parentId, { ...link, status: "failed" });
      this.#tellError(parentId, link, { by: textOfBytes(key), code, message });
      return;
    }
    const record = db.find(key);
    assert(record?.type === "machine", "the child that was made");
    putEntry(db.transaction, parentId, { ...link, child: record.id, status: "active" });
    // The child may have ended at once. Its end is reported before the next child is created.
    this.look({ phys: db.phys, to: parentId, ...link });
  }

  /** Removes the ended children under a name; returns their number. @throws ReplyError EXECFAIL if one runs */
  #clear(parentId: number, name: string): number {
    const { db } = this.#scope;
    if (childUnder(db.transaction, parentId, name) === undefined) return 0;
    const links = linksOf(db.transaction, parentId, name);
    // Children that would be stopped after the events sent to them before are stopped now.
    this.stop(parentId, this.#host.stopping(parentId, name));
    const children = links.map((link) => childOf(db, parentId, link));
    if (children.some((child) => child !== undefined && !hasEnded(child.machine)))
      throw failure(`BUSYKEY the machine has a child '${name}' that has not ended`);
    const place = `${parentId} ${name}`;
    const times = (this.#replaced.get(place) ?? 0) + 1;
    if (times > REPLACED_MAX)
      throw failure(
        `${TOO_MUCH} ${times} children '${name}' one after the other: do machines make each other in a circle?`,
      );
    this.#replaced.set(place, times);
    dropEntries(db.transaction, parentId, name);
    for (const child of children) if (child !== undefined) db.remove(child.key, undefined);
    return links.length;
  }

  /** The running children under a name, or of the whole machine. */
  running(parentId: number, name?: string): ChildLink[] {
    return linksOf(this.#scope.db.transaction, parentId, name).filter(isAlive);
  }

  /** Stops the children of these links, and their children. Ended children stay unchanged. */
  stop(parentId: number, links: readonly ChildLink[]): void {
    for (const link of links) {
      const child = childOf(this.#scope.db, parentId, link);
      if (child === undefined || hasEnded(child.machine)) continue;
      this.#stopOne(subjectOf(this.#scope, child.key, child.record), parentId);
    }
  }

  #stopOne(subject: Subject, parentId: number): void {
    const scope = this.#scope;
    const { machine, record, chart } = subject;
    assert(chart !== undefined, "a child has a definition");
    const parentKey = scope.db.keyOf(parentId);
    disarmAll(scope, record.id, machine);
    unwatchMachine(scope.db.transaction, { phys: scope.db.phys, id: record.id }, machine);
    const states = activeNames(machine);
    const rev = machine.rev + 1;
    const still = { ...chart.snapshot, timers: [], kept: [], slas: [] };
    const snapshot = snapshotToJson(chart.machine, still);
    const { nowMs: updatedMs } = scope;
    const stopped: MachineRecord = { ...machine, status: "stopped", rev, updatedMs, snapshot };
    const history = {
      rev,
      atMs: scope.nowMs,
      kind: "child",
      event: STOP_EVENT,
      by: parentKey === undefined ? undefined : textOfBytes(parentKey),
      from: states,
      to: states,
      status: "stopped",
      rest: trailOf({ before: chart.snapshot, after: still, effects: [] }),
    } as const;
    const stopping = { ...subject, chart: { machine: chart.machine, snapshot: still } };
    const after = writeRecord(scope, stopping, stopped, history);
    forgetKept(scope, after, eventsKept(subject), STOPPED);
    dropWaiting(scope, after);
    if (machine.childCount > 0) this.stop(record.id, this.running(record.id));
  }

  /** Compares a child with its link, and reports a new status to the parent. */
  look({ to: parentId, name, index }: Notice, trace?: string): void {
    const { db } = this.#scope;
    const { transaction } = db;
    const parentKey = db.keyOf(parentId);
    const link = linkOf(transaction, parentId, index === undefined ? { name } : { name, index });
    if (parentKey === undefined || link === undefined) return;
    const child = childOf(db, parentId, link);
    const by = textOfBytes(keyOfChild(parentKey, link) ?? parentKey);
    if (child === undefined) {
      this.#lost(parentKey, parentId, link, { by, trace });
      return;
    }
    const { machine } = child;
    const status: ChildStatus = machine.status === "suspended" ? link.status : machine.status;
    if (status === link.status) return;
    const { output: _, ...rest } = link;
    const output = status === "done" ? outputOf(machine) : undefined;
    putEntry(transaction, parentId, { ...rest, status, ...(output === undefined ? {} : { output }) });
    const change = status === "done" ? -1 : link.status === "done" ? 1 : 0;
    if (link.index !== undefined && change !== 0) this.#count(parentId, name, change, { by, trace });
    else if (status === "done")
      this.#host.tell({
        parent: parentId,
        by,
        event: doneActorEvent(name),
        data: output === undefined ? undefined : EventData.ofValue({ output }),
        trace,
      });
    if (status !== "failed") return;
    const { code = "EXECFAIL", message = "it has failed" } = failedOf(this.#scope, child).at(-1) ?? {};
    this.#tellError(parentId, link, { by, code, message, trace });
  }

  /** Handles a removed child. Its place in a list stays. */
  #lost(
    parentKey: Bytes,
    parentId: number,
    link: ChildLink,
    how: { readonly by: string; readonly trace: string | undefined },
  ): void {
    const { transaction } = this.#scope.db;
    if (link.child === undefined) return;
    if (link.index === undefined) {
      dropEntries(transaction, parentId, link.name);
      const parent = findSubject(this.#scope, parentKey);
      if (parent !== undefined) {
        const childCount = parent.machine.childCount - 1;
        writeRecord(this.#scope, parent, { ...parent.machine, childCount }, undefined);
      }
    } else {
      const { child: _, ...rest } = link;
      putEntry(transaction, parentId, isAlive(link) ? { ...rest, status: "gone" } : rest);
    }
    if (isAlive(link))
      this.#tellError(parentId, link, { ...how, code: "DELETED", message: "the child was deleted" });
  }

  #count(
    parentId: number,
    name: string,
    change: 1 | -1,
    { by, trace }: { readonly by: string; readonly trace: string | undefined },
  ): void {
    const { transaction } = this.#scope.db;
    const head = childUnder(transaction, parentId, name);
    assert(head !== undefined && isList(head), "the head of a list of children");
    const open = head.open + change;
    putEntry(transaction, parentId, { ...head, open });
    if (open === 0) this.#tellOutputs(parentId, name, by, trace);
  }

  #tellOutputs(parentId: number, name: string, by: string, trace: string | undefined): void {
    const output = linksOf(this.#scope.db.transaction, parentId, name).map(({ output: each = null }) => each);
    const data = EventData.ofValue({ output });
    this.#host.tell({ parent: parentId, by, event: doneActorEvent(name), data, trace });
  }

  #tellError(
    parentId: number,
    { name, index }: Pick<ChildLink, "name" | "index">,
    error: {
      readonly by: string;
      readonly code: string;
      readonly message: string;
      readonly trace?: string | undefined;
    },
  ): void {
    const { by, code, message, trace } = error;
    const data = EventData.ofValue({ code, message, ...(index === undefined ? {} : { index }) });
    this.#host.tell({ parent: parentId, by, event: errorActorEvent(name), data, trace });
  }
}

/** The beginning of an error that `onError` does not handle. */
const TOO_MUCH = "one event has made";

function failure(message: string): ReplyError {
  return errors.refused("EXECFAIL", message);
}

/** Removes and returns the links to the children of a machine that is replaced, for `adopt`. */
export function disown(scope: Scope, parentId: number) {
  const entries = [...entriesOf(scope.db.transaction, parentId)];
  dropEntries(scope.db.transaction, parentId);
  return entries;
}

/** Links stopped children to the machine that replaces their parent; returns that machine afterwards. */
export function adopt(scope: Scope, parent: Subject, entries: ReturnType<typeof disown>): Subject {
  let { childCount } = parent.machine;
  for (const entry of entries) {
    putEntry(scope.db.transaction, parent.record.id, entry);
    if (isList(entry)) continue;
    childCount += 1;
    const key = entry.child === undefined ? undefined : scope.db.keyOf(entry.child);
    const child = key === undefined ? undefined : findSubject(scope, key);
    const link = child?.machine.parent;
    if (child === undefined || link === undefined || link.id === parent.record.id) continue;
    writeRecord(scope, child, { ...child.machine, parent: { ...link, id: parent.record.id } }, undefined);
  }
  return writeRecord(scope, parent, { ...parent.machine, childCount }, undefined);
}
