/**
 * SM.MIGRATION STATUS id [COUNT n] [SLOT n], PAUSE id, RESUME id, UNDO id [CHECK] [SLOT n], LIST [SLOT n], HELP: what becomes of
 * migrations that were begun.
 */

import { textOfBytes } from "../../base/bytes.ts";
import { containerHelp } from "../../catalogue/help.ts";
import { READ } from "../../clients/users/check.ts";
import { machineCounters } from "../../machines/indexes.ts";
import { heldOf, rivalOf, titleOf } from "../../machines/migration/jobs.ts";
import { definitionsOf, nameOfSource, Routes } from "../../machines/migration/routes.ts";
import { pauseJob, resumeJob, undoJob } from "../../machines/migration/steering.ts";
import {
  hasEnded,
  type JobStatus,
  jobsOf,
  plansOf,
  type StoredJob,
} from "../../machines/migration/stored.ts";
import { sumOf } from "../../machines/migration/sum.ts";
import type { Scope } from "../../machines/subject.ts";
import * as errors from "../../protocol/errors.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import { readSlot } from "../cluster/slot-option.ts";
import { everyScope } from "../everywhere.ts";
import type { Call, Handler } from "../handler.ts";
import { FLAG, hasOption, readOptions, VALUE } from "../options.ts";
import { mayAccess } from "../rights.ts";
import { readCount } from "../statechart/cursors.ts";
import { checkWrites, type HeldJob, mayMigrate, readJob, readJobs } from "./arguments.ts";
import { elsewhereFields, isElsewhere } from "./elsewhere.ts";

export const smMigrationStatus = {
  name: "SM.MIGRATION|STATUS",
  run: (call) => {
    const given = readOptions(call.args, 3, { COUNT: VALUE, SLOT: VALUE });
    const jobs = readJobs(call, readSlot(given.value("SLOT")));
    const [{ job }] = jobs;
    const count = readCount(given.value("COUNT"));
    const sum = sumOf(jobs.map((one) => one.job));
    const held = jobs
      .flatMap((one) => heldOf(one.scope, one.job, count))
      .slice(0, count)
      .filter(({ key }) => mayAccess(call, key, READ))
      .map(({ key, message }) =>
        map([
          ["key", textOfBytes(key)],
          ["message", message],
        ]),
      );
    return map([
      ["id", job.id],
      ["plan", job.plan],
      ["from", nameOfSource(job.from)],
      ["to", idOfTarget(job)],
      ["status", sum.status.toUpperCase()],
      ["moved", sum.moved],
      ["held", sum.held],
      ["left", leftOf(jobs)],
      ["undone", sum.undone],
      ["stayed", sum.stayed],
      ["out", outReply(sum)],
      ["rate", job.rate === 0 ? null : job.rate],
      ["started", sum.startedMs],
      ["updated", sum.updatedMs],
      ["ended", sum.endedMs],
      ["examples", held],
      ...elsewhereFields(call),
    ]);
  },
} as const satisfies Handler;

export const smMigrationPause = {
  name: "SM.MIGRATION|PAUSE",
  run: (call) => {
    checkWrites(call);
    return pauseJob(call, readJob(call)) ? 1 : 0;
  },
  shared: { attempt: (call) => steered(call, "pause", ["running", "undoing"]) },
} as const satisfies Handler;

export const smMigrationResume = {
  name: "SM.MIGRATION|RESUME",
  run: (call) => {
    checkWrites(call);
    return resumeJob(call, readJob(call)) ? 1 : 0;
  },
  shared: { attempt: (call) => steered(call, "resume", ["paused"]) },
} as const satisfies Handler;

const UNDO_FORMS = { CHECK: FLAG, SLOT: VALUE } as const;

export const smMigrationUndo = {
  name: "SM.MIGRATION|UNDO",
  isPlan: (args) => hasOption(args, 3, UNDO_FORMS, "CHECK"),
  run: (call) => {
    const { job, isCheck, reply } = readUndo(call);
    if (!isCheck) undoJob(call, job);
    return reply;
  },
  shared: {
    attempt: (call) => {
      const { job, isCheck, reply } = readUndo(call);
      return { reply, record: isCheck ? undefined : { kind: "steer", id: job.id, action: "undo" } };
    },
  },
} as const satisfies Handler;

function readUndo(call: Call) {
  checkWrites(call);
  const given = readOptions(call.args, 3, UNDO_FORMS);
  const jobs = readJobs(call, readSlot(given.value("SLOT")));
  for (const { scope, job } of jobs) checkUndo(scope, job);
  const [{ job }] = jobs;
  const { moved, out } = sumOf(jobs.map((one) => one.job));
  const reply = map([
    ["id", job.id],
    ["machines", moved],
    ["out", outReply({ out })],
    ...elsewhereFields(call),
  ]);
  return { job, isCheck: given.has("CHECK"), reply };
}

/**
 * Pauses a migration in all partitions, or lets it go on; 0 where it is in none of these states in any partition that this
 * server holds, and there are no others.
 */
function steered(call: Call, action: "pause" | "resume", from: readonly JobStatus[]) {
  checkWrites(call);
  const jobs = readJobs(call);
  const [{ job }] = jobs;
  const isOne = isElsewhere(call) || jobs.some((one) => from.includes(one.job.status));
  return isOne
    ? { reply: 1, record: { kind: "steer", id: job.id, action } as const }
    : { reply: 0, record: undefined };
}

/** @throws ReplyError for one that is taken back already, or whose machines cannot go back */
function checkUndo(scope: Scope, job: StoredJob): void {
  if (job.isBack) throw errors.err(`${titleOf(job)} is taken back already`);
  const rival = rivalOf(scope.db, job, job.id);
  if (rival !== undefined) throw errors.err(`${titleOf(rival)} is under way with the same machines`);
  // Throws where the definition they came to is gone.
  new Routes(scope, { ...job, map: null });
  const { from } = job;
  if (!("match" in from) && definitionsOf(scope, job).length === 0)
    throw errors.noDefinition(nameOfSource(from));
}

export const smMigrationList = {
  name: "SM.MIGRATION|LIST",
  run: (call) => {
    const { db } = call;
    const slot = readSlot(readOptions(call.args, 2, { SLOT: VALUE }).value("SLOT"));
    const plans = plansOf(db).map((plan) => ({ ...plan, status: "PLANNED", plan: null, ms: plan.createdMs }));
    const begun = everyScope(call, slot).flatMap((scope) => jobsOf(scope.db));
    const jobs = [...new Set(begun.map(({ id }) => id))].map((id) => {
      const sum = sumOf(begun.filter((job) => job.id === id));
      return { ...sum, status: sum.status.toUpperCase(), ms: sum.startedMs };
    });
    return [...plans, ...jobs]
      .filter((one) => mayMigrate(call, one))
      .sort((a, b) => a.id - b.id)
      .map((one) =>
        map([
          ["id", one.id],
          ["plan", one.plan],
          ["from", nameOfSource(one.from)],
          ["to", idOfTarget(one)],
          ["status", one.status],
          ["at", one.ms],
        ]),
      );
  },
} as const satisfies Handler;

export const smMigrationHelp = {
  name: "SM.MIGRATION|HELP",
  run: ({ server }) => containerHelp(server.catalogue, "SM.MIGRATION"),
} as const satisfies Handler;

function idOfTarget({ to }: Pick<StoredJob, "to">): string {
  return `${to.name}:${to.version}`;
}

/** What stays out whatever is taken back. */
function outReply({ out }: Pick<StoredJob, "out">): Reply {
  return map([
    ["emitted", out.emitted],
    ["tasks", out.tasks],
    ["sent", out.sent],
    ["childrenStarted", out.started],
    ["childrenStopped", out.stopped],
  ]);
}

/** Machines of the source that have not moved, by the counters; null where these do not tell. */
function leftOf(jobs: readonly HeldJob[]): number | null {
  let left = 0;
  for (const { scope, job } of jobs) {
    if (hasEnded(job)) continue;
    if ("match" in job.from) return null;
    for (const { name, version } of definitionsOf(scope, job))
      for (const { place, count } of machineCounters(scope.db, name, version))
        if (place === undefined) left += count;
  }
  return left;
}
