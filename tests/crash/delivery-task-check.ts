/**
 * Tasks: each one that was set ends with one result that is applied, once. On the way to it a task may be given up
 * and put back under another id, any number of times: `o1@2#1` FAILED, `o1@2#1.1` FAILED, `o1@2#1.2` DONE.
 */
import type { Finding } from "./delivery-check.ts";
import { type ChangeEntry, type Evidence, type Outcome, taskId } from "./delivery-evidence.ts";

export function checkTasks(evidence: Evidence): Finding[] {
  const chains = chainsOf(evidence);
  const known = new Set([...chains.values()].flat());
  return [
    ...checkAnswered(evidence, known),
    ...[...chains].flatMap(([base, chain]) => checkChain(evidence, base, chain)),
    ...checkStreams(evidence, known),
    ...checkNotes(evidence),
    ...checkOutcomes(evidence),
  ];
}

/** The answers in the change stream: DONE by a worker, FAILED by the server. */
function answersOf({ changes }: Evidence): ChangeEntry[] {
  return changes.filter(({ kind, event }) => kind === "event" && (event === "DONE" || event === "FAILED"));
}

/** The ids of each task that was set, by its first: as often as it was given up, one more. */
function chainsOf(evidence: Evidence): Map<string, string[]> {
  const failed = new Set(
    answersOf(evidence).flatMap(({ event, id }) => (event === "FAILED" && id !== undefined ? [id] : [])),
  );
  const chains = new Map<string, string[]>();
  for (const { key, taskCount, answers } of evidence.sent) {
    const [answer] = answers;
    if (answer?.kind !== "applied") continue;
    for (let number = 1; number <= taskCount; number += 1) {
      const chain = [taskId(key, answer.rev, number)];
      while (failed.has(chain.at(-1) ?? "")) chain.push(taskId(key, answer.rev, number, chain.length));
      chains.set(chain[0] ?? "", chain);
    }
  }
  return chains;
}

/** Each id is answered once, by nobody but who may. */
function checkAnswered(evidence: Evidence, known: ReadonlySet<string>): Finding[] {
  const answered = new Set<string>();
  return answersOf(evidence).flatMap(({ key, rev, event, id = "" }): Finding[] => {
    const findings: Finding[] = [];
    const text = `${key} rev ${rev}: ${event} of task ${id}`;
    if (answered.has(id))
      findings.push({ fault: "double application", text: `${text}, which was answered before` });
    answered.add(id);
    if (!known.has(id)) findings.push({ fault: "phantom", text: `${text}, which was never set` });
    if (event === "DONE" && !evidence.performed.has(id)) {
      findings.push({ fault: "phantom", text: `${text}, which no worker has done` });
    }
    return findings;
  });
}

/** The last id of a chain has the result. */
function checkChain(evidence: Evidence, base: string, chain: readonly string[]): Finding[] {
  const last = chain.at(-1) ?? base;
  const results = answersOf(evidence).filter(({ event, id }) => event === "DONE" && chain.includes(id ?? ""));
  if (results.length > 1) {
    const text = `task ${base} has the results of ${results.map(({ id }) => id).join(", ")}`;
    return [{ fault: "double application", text }];
  }
  if (results.length === 0)
    return [{ fault: "lost task", text: `task ${base}, last ${last}, has no result` }];
  return [];
}

/**
 * A task that was given up has left the stream of tasks and may be among the dead; every other is in the stream of
 * tasks, which here holds what is acknowledged too, and in it once.
 */
function checkStreams(evidence: Evidence, known: ReadonlySet<string>): Finding[] {
  const { tasks, dead } = evidence;
  const failed = new Set(
    answersOf(evidence).flatMap(({ event, id = "" }) => (event === "FAILED" ? [id] : [])),
  );
  const counts = new Map<string, number>();
  for (const id of tasks) counts.set(id, (counts.get(id) ?? 0) + 1);
  const findings: Finding[] = [];
  for (const id of known) {
    const count = counts.get(id) ?? 0;
    if (!failed.has(id) && count === 0)
      findings.push({ fault: "lost task", text: `task ${id} is in no stream` });
    if (count > 1) findings.push({ fault: "duplicate", text: `task ${id} is in its stream ${count} times` });
    if (failed.has(id) && count > 0)
      findings.push({ fault: "left over", text: `task ${id} was given up and is there` });
  }
  for (const id of counts.keys()) {
    if (!known.has(id)) findings.push({ fault: "phantom", text: `task ${id} was never set` });
  }
  for (const id of dead) findings.push({ fault: "left over", text: `task ${id} is dead at the end` });
  return findings;
}

/** What a machine has noted in its context is what the stream tells of it. */
function checkNotes(evidence: Evidence): Finding[] {
  const answers = answersOf(evidence);
  return evidence.machines.flatMap(({ key, applied, failedCount }): Finding[] => {
    const own = answers.filter((answer) => answer.key === key);
    const done = own.flatMap(({ event, id = "" }) => (event === "DONE" ? [id] : []));
    const findings: Finding[] = [];
    for (const id of new Set(applied.filter((each, index) => applied.indexOf(each) < index))) {
      findings.push({ fault: "double application", text: `${key} has applied ${id} more than once` });
    }
    if (JSON.stringify(applied) !== JSON.stringify(done)) {
      const text = `${key} has applied ${applied.join(", ")}; the stream tells ${done.join(", ")}`;
      findings.push({ fault: "disagreement", text });
    }
    if (failedCount !== own.length - done.length) {
      const text = `${key} has ${failedCount} failures, the stream tells ${own.length - done.length}`;
      findings.push({ fault: "disagreement", text });
    }
    return findings;
  });
}

/** The id of each answer is spent, and kept with what became of it. */
function checkOutcomes(evidence: Evidence): Finding[] {
  const kept = new Map<string, Outcome>(evidence.outcomes.map((each) => [`${each.key} ${each.id}`, each]));
  return answersOf(evidence).flatMap(({ key, rev, event, id = "" }): Finding[] => {
    const outcome = kept.get(`${key} ${id}`);
    if (outcome?.event === event && outcome?.code === "OK" && outcome?.rev === rev) return [];
    const text = `${key} rev ${rev}: ${event} of task ${id} is kept as ${JSON.stringify(outcome)}`;
    return [{ fault: "disagreement", text }];
  });
}
