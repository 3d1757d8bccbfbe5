/** The family of a machine, who else it has to do with, and its workers, as lanes and lines of a sequence diagram. */
import { eventName } from "./event-name.ts";
import type { HistoryEntry, MachineInfo } from "./told.ts";

export interface Relations {
  readonly parent?: string | null;
  readonly children?: ReadonlyArray<{
    readonly id?: string;
    readonly key: string | null;
    readonly status?: string;
  }>;
}

export interface Member {
  readonly key: string;
  readonly info: MachineInfo & Relations;
  readonly history: readonly HistoryEntry[];
  readonly effects: readonly Effect[];
}

/** What has left a machine with a change. */
export interface Effect {
  readonly rev: number;
  readonly at: number;
  readonly kind: "task" | "emit" | "send" | "spawn" | "stop";
  readonly name: string | null;
  readonly to: string | null;
  readonly number: number | null;
}

export interface Lane {
  /** Of a machine. */
  readonly key?: string;
  readonly title: string;
  readonly more: string;
  readonly kind: "member" | "foreign" | "workers";
}

export interface Line {
  readonly at: number;
  /** The number of a lane; -1 for a client. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** The states that it has led to. */
  readonly state: string;
  readonly order: string;
}

/** Other machines that have a lane; the rest shares one. */
const FOREIGN_MAX = 6;
const WORKERS = "\u0000workers";
const OTHERS = "\u0000others";

export function sequenceOf(
  members: readonly Member[],
  linesMax: number,
): { readonly lanes: readonly Lane[]; readonly lines: readonly Line[] } {
  const places = placesOf(members);
  const laneAt = (name: string) => places.get(name) ?? places.get(OTHERS) ?? -1;
  const lines = members.flatMap((member) => [
    ...received(member, members, laneAt),
    ...sent(member, members, laneAt),
  ]);
  // What comes of a step is behind it, in the same moment.
  lines.sort((a, b) => a.at - b.at || rank(a) - rank(b));
  return { lanes: [...places.keys()].map((name) => laneOf(name, members)), lines: lines.slice(-linesMax) };
}

function rank({ from, to, state }: Line): number {
  return state === "" ? 2 : from > to ? 1 : 0;
}

/** The number of each lane, by key or what else it is. */
function placesOf(members: readonly Member[]): ReadonlyMap<string, number> {
  const keys = new Set(members.map(({ key }) => key));
  const foreign = new Set<string>();
  for (const { history, effects } of members) {
    for (const { kind, by } of history) if (kind === "send" && by !== null && !keys.has(by)) foreign.add(by);
    for (const { kind, to } of effects)
      if (kind === "send" && to !== null && !to.startsWith("#_") && !keys.has(to)) foreign.add(to);
  }
  const hasTasks = members.some(({ effects }) => effects.some(({ kind }) => kind === "task"));
  const names = [
    ...keys,
    ...[...foreign].slice(0, FOREIGN_MAX),
    ...(foreign.size > FOREIGN_MAX ? [OTHERS] : []),
    ...(hasTasks ? [WORKERS] : []),
  ];
  return new Map(names.map((name, lane) => [name, lane]));
}

function laneOf(name: string, members: readonly Member[]): Lane {
  if (name === WORKERS) return { title: "workers", more: "tasks and their answers", kind: "workers" };
  if (name === OTHERS) return { title: "others", more: "further machines", kind: "foreign" };
  const member = members.find(({ key }) => key === name);
  if (member === undefined) return { key: name, title: name, more: "another machine", kind: "foreign" };
  const { definition, status } = member.info;
  return { key: name, title: name, more: `${definition ?? "map"} · ${status}`, kind: "member" };
}

/** The changes of a machine: each came from somewhere, or is its own doing. */
function received(
  { key, history }: Member,
  members: readonly Member[],
  laneAt: (name: string) => number,
): readonly Line[] {
  const own = laneAt(key);
  return history.map((entry, index): Line => {
    const sender = senderOf(entry, key, members);
    const name = entry.event === null ? entry.kind : eventName(entry.event);
    return {
      ...{ at: entry.at, to: own, state: entry.to.join(", "), order: `${key} ${index}` },
      from: sender === undefined ? (isFromOutside(entry) ? -1 : own) : laneAt(sender),
      text:
        entry.by === null || (sender !== undefined && sender !== WORKERS) ? name : `${name} by ${entry.by}`,
    };
  });
}

/** What left for machines that are no members, and for workers: what members get is in their history. */
function sent(
  { key, effects }: Member,
  members: readonly Member[],
  laneAt: (name: string) => number,
): readonly Line[] {
  return effects.flatMap(({ kind, at, rev, name, to, number }, index): readonly Line[] => {
    const line = { at, from: laneAt(key), text: name ?? kind, state: "", order: `${key} ${rev} ${index}` };
    if (kind === "task") return [{ ...line, text: `task ${name ?? number ?? ""}`, to: laneAt(WORKERS) }];
    const isForeign = kind === "send" && to !== null && !to.startsWith("#_");
    return isForeign && members.every((member) => member.key !== to) ? [{ ...line, to: laneAt(to) }] : [];
  });
}

/** The machine that an event came from: the child whose end it tells, or its sender; the workers for the answer to a task. */
function senderOf(
  { event, by, id, kind }: HistoryEntry,
  key: string,
  members: readonly Member[],
): string | undefined {
  const child = /^(?:xstate\.)?(?:done|error)\.actor\.(.*)$/.exec(event ?? "")?.[1];
  if (child !== undefined) return members.find((member) => member.key.endsWith(`.${child}`))?.key;
  if (id?.startsWith(`${key}@`) === true && /@\d+#\d+(?:\.\d+)?$/.test(id)) return WORKERS;
  if (by !== null && kind === "send") return by;
  return members.find((member) => member.key === by)?.key;
}

function isFromOutside({ kind }: HistoryEntry): boolean {
  return kind === "event" || kind === "create" || kind === "patch" || kind === "undo";
}
