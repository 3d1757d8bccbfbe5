/**
 * The history checker: holds what a server shows after crashes against what was sent to it and what it has
 * acknowledged. Pure: evidence in, findings out. That each fault is found is tested in delivery-check.test.ts.
 */
import {
  type Change,
  type ChangeEntry,
  type Evidence,
  isBefore,
  type SentEvent,
} from "./delivery-evidence.ts";
import { checkReadings } from "./delivery-reading-check.ts";
import { checkTasks } from "./delivery-task-check.ts";

export type Fault =
  | "gap"
  | "duplicate"
  | "reordering"
  | "time travel"
  | "broken chain"
  | "disagreement"
  | "lost acknowledgement"
  | "changed reply"
  | "phantom"
  | "missed delivery"
  | "delivered again"
  | "left over"
  | "double application"
  | "lost task"
  | "unsound store";

export interface Finding {
  readonly fault: Fault;
  readonly text: string;
}

/** Events with which tasks are answered, by workers and by the server. */
const ANSWERS = new Set(["DONE", "FAILED"]);

/** All that is wrong; empty when nothing is. */
export function checkDelivery(evidence: Evidence): Finding[] {
  return [
    ...checkStream(evidence.changes),
    ...evidence.machines.flatMap((machine) => checkMachine(evidence, machine)),
    ...strangers(evidence),
    ...checkSent(evidence),
    ...checkReadings(evidence),
    ...checkTasks(evidence),
    ...evidence.unsound.map((text): Finding => ({ fault: "unsound store", text })),
  ];
}

/** Entries are in the order of their ids, and time never goes back. */
function checkStream(changes: readonly ChangeEntry[]): Finding[] {
  const findings: Finding[] = [];
  for (const [index, entry] of changes.entries()) {
    const before = changes[index - 1];
    if (before === undefined) continue;
    if (!isBefore(before.entry, entry.entry)) {
      findings.push({ fault: "reordering", text: `entry ${entry.entry} stands behind ${before.entry}` });
    }
    if (entry.at < before.at) {
      findings.push({
        fault: "time travel",
        text: `${name(entry)} is at ${entry.at}, before it was ${before.at}`,
      });
    }
  }
  return findings;
}

function name({ key, rev, kind }: ChangeEntry): string {
  return `${key} rev ${rev} (${kind})`;
}

/** The revisions of a machine are all there, once and in order, and the stream tells what the history tells. */
function checkMachine(evidence: Evidence, machine: Evidence["machines"][number]): Finding[] {
  const entries = evidence.changes.filter(({ key }) => key === machine.key);
  const changes = entries.filter(({ kind }) => kind !== "emit");
  return [
    ...checkRevisions(machine.key, changes, machine.rev),
    ...checkChain(machine.key, changes, machine.states),
    ...checkHistory(machine.key, changes, machine.history),
    ...checkEmitted(entries, evidence.sent),
  ];
}

function checkRevisions(key: string, changes: readonly ChangeEntry[], last: number): Finding[] {
  const findings: Finding[] = [];
  const seen = new Set<number>();
  let highest = 0;
  for (const { rev, entry } of changes) {
    if (seen.has(rev))
      findings.push({ fault: "duplicate", text: `${key} rev ${rev} once more, at ${entry}` });
    else if (rev < highest)
      findings.push({ fault: "reordering", text: `${key} rev ${rev} after ${highest}` });
    if (rev > last) findings.push({ fault: "phantom", text: `${key} rev ${rev}, the machine is at ${last}` });
    seen.add(rev);
    highest = Math.max(highest, rev);
  }
  for (let rev = 1; rev <= last; rev += 1) {
    if (!seen.has(rev)) findings.push({ fault: "gap", text: `${key} rev ${rev} is not in the stream` });
  }
  return findings;
}

/** Each change begins where the one before has ended, and the last one where the machine is. */
function checkChain(key: string, changes: readonly ChangeEntry[], states: string): Finding[] {
  const findings: Finding[] = [];
  let where = "[]";
  for (const { rev, from, to } of changes) {
    if (from !== where) {
      findings.push({ fault: "broken chain", text: `${key} rev ${rev} is from ${from}, it was in ${where}` });
    }
    where = to;
  }
  if (where !== states) {
    findings.push({ fault: "disagreement", text: `${key} is in ${states}, its last change led to ${where}` });
  }
  return findings;
}

function checkHistory(key: string, changes: readonly ChangeEntry[], history: readonly Change[]): Finding[] {
  const told = changes.map(({ entry: _entry, key: _key, ...change }) => change);
  const findings: Finding[] = [];
  for (let index = 0; index < Math.max(told.length, history.length); index += 1) {
    const [inStream, inHistory] = [JSON.stringify(told[index]), JSON.stringify(history[index])];
    if (inStream === inHistory) continue;
    const text = `${key}: the stream tells ${inStream}, the history ${inHistory}`;
    findings.push({ fault: "disagreement", text });
  }
  return findings;
}

/** What a change has emitted stands right behind it, as often as it was to be. */
function checkEmitted(entries: readonly ChangeEntry[], sent: readonly SentEvent[]): Finding[] {
  const emitCounts = new Map(sent.map(({ key, id, emitCount }) => [`${key} ${id}`, emitCount]));
  const findings: Finding[] = [];
  let open = 0;
  let change: ChangeEntry | undefined;
  const close = (): void => {
    if (change !== undefined && open > 0) {
      findings.push({ fault: "gap", text: `${name(change)}: ${open} emitted events are missing` });
    }
  };
  for (const entry of entries) {
    if (entry.kind !== "emit") {
      close();
      change = entry;
      open = emitCounts.get(`${entry.key} ${entry.id}`) ?? 0;
    } else {
      open -= 1;
      const isMeant = open >= 0 && change?.rev === entry.rev;
      if (!isMeant)
        findings.push({ fault: "duplicate", text: `${name(entry)} at ${entry.entry} is one too many` });
    }
  }
  close();
  return findings;
}

/** Changes that nobody has asked for. */
function strangers({ changes, machines, sent }: Evidence): Finding[] {
  const keys = new Set(machines.map(({ key }) => key));
  const asked = new Map(sent.map((each) => [`${each.key} ${each.id}`, each]));
  return changes.flatMap((entry): Finding[] => {
    const { key, kind, event, id, data } = entry;
    if (!keys.has(key)) return [{ fault: "phantom", text: `${name(entry)}: nobody has made such a machine` }];
    if (kind === "create" || kind === "emit" || (kind === "event" && ANSWERS.has(event ?? ""))) return [];
    const cause = asked.get(`${key} ${id}`);
    const isAsked = kind === "event" && cause?.event === event && cause?.data === data;
    return isAsked ? [] : [{ fault: "phantom", text: `${name(entry)}: ${event} ${id} was never sent` }];
  });
}

/** What was acknowledged is there as it was acknowledged, what was refused is not, and in the order in which it was sent. */
function checkSent({ changes, sent, outcomes }: Evidence): Finding[] {
  const applied = new Map<string, ChangeEntry>();
  for (const change of changes) {
    if (change.kind === "event" && !ANSWERS.has(change.event ?? ""))
      applied.set(`${change.key} ${change.id}`, change);
  }
  const codes = new Map(outcomes.map(({ key, id, code }) => [`${key} ${id}`, code]));
  const findings: Finding[] = [];
  const last = new Map<string, ChangeEntry>();
  for (const event of sent) {
    const what = `${event.key} ${event.id}`;
    const change = applied.get(what);
    findings.push(...checkAnswers(event, change, codes.get(what)));
    const before = last.get(event.key);
    if (change === undefined) continue;
    if (before !== undefined && change.rev < before.rev) {
      findings.push({
        fault: "reordering",
        text: `${what} was sent after ${before.id} and applied before it`,
      });
    }
    last.set(event.key, change);
  }
  return findings;
}

function checkAnswers(
  event: SentEvent,
  change: ChangeEntry | undefined,
  code: string | undefined,
): Finding[] {
  const findings: Finding[] = [];
  const what = `${event.key} ${event.event} ${event.id}`;
  const [first] = event.answers;
  for (const { bytes } of event.answers) {
    if (bytes === first?.bytes) continue;
    findings.push({ fault: "changed reply", text: `${what}: first ${first?.bytes}, later ${bytes}` });
  }
  if (first === undefined) return findings;
  if (first.kind === "refused") {
    if (change !== undefined)
      findings.push({ fault: "phantom", text: `${what} was refused, and is rev ${change.rev}` });
    if (code !== first.code) {
      findings.push({
        fault: "lost acknowledgement",
        text: `${what}: ${first.code} was the reply, kept is ${code}`,
      });
    }
    return findings;
  }
  if (change === undefined) {
    findings.push({ fault: "lost acknowledgement", text: `${what} was acknowledged as rev ${first.rev}` });
    return findings;
  }
  const told = JSON.stringify([first.rev, first.at, first.from, first.to]);
  const found = JSON.stringify([change.rev, change.at, change.from, change.to]);
  if (told !== found)
    findings.push({ fault: "disagreement", text: `${what}: told ${told}, the stream has ${found}` });
  if (code !== "OK")
    findings.push({ fault: "lost acknowledgement", text: `${what}: its outcome is ${code}` });
  return findings;
}
