/** SM.MIGRATION STATUS id [COUNT n], PAUSE id, RESUME id, UNDO id [CHECK], LIST, HELP: what becomes of migrations that were begun. */

import { textOfBytes } from "../../base/bytes.ts";
import { containerHelp } from "../../catalogue/help.ts";
import { READ } from "../../clients/users/check.ts";
import { machineCounters } from "../../machines/indexes.ts";
import { heldOf, pauseJob, resumeJob, rivalOf, titleOf, undoJob } from "../../machines/migration/jobs.ts";
import { definitionsOf, nameOfSource, Routes } from "../../machines/migration/routes.ts";
import { hasEnded, jobsOf, plansOf, type StoredJob } from "../../machines/migration/stored.ts";
import * as errors from "../../protocol/errors.ts";
import { map, type Reply } from "../../protocol/reply.ts";
import type { Call, Handler } from "../handler.ts";
import { FLAG, readOptions, VALUE } from "../options.ts";
import { mayAccess } from "../rights.ts";
import { readCount } from "../statechart/cursors.ts";
import { checkWrites, mayMigrate, readJob } from "./arguments.ts";

export const smMigrationStatus = {
  name: "SM.MIGRATION|STATUS",
  run: (call) => {
    const given = readOptions(call.args, 3, { COUNT: VALUE });
    const job = readJob(call);
    const held = heldOf(call, job, readCount(given.value("COUNT")))
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
      ["status", statusOf(job)],
      ["moved", job.moved],
      ["held", job.held],
      ["left", leftOf(call, job)],
      ["undone", job.undone],
      ["stayed", job.stayed],
      ["out", outReply(job)],
      ["rate", job.rate === 0 ? null : job.rate],
      ["started", job.startedMs],
      ["updated", job.updatedMs],
      ["ended", job.endedMs],
      ["examples", held],
    ]);
  },
} as const satisfies Handler;

export const smMigrationPause = {
  name: "SM.MIGRATION|PAUSE",
  run: (call) => {
    checkWrites(call);
    return pauseJob(call, readJob(call)) ? 1 : 0;
  },
} as const satisfies Handler;

export const smMigrationResume = {
  name: "SM.MIGRATION|RESUME",
  run: (call) => {
    checkWrites(call);
    return resumeJob(call, readJob(call)) ? 1 : 0;
  },
} as const satisfies Handler;

export const smMigrationUndo = {
  name: "SM.MIGRATION|UNDO",
  run: (call) => {
    checkWrites(call);
    const given = readOptions(call.args, 3, { CHECK: FLAG });
    const job = readJob(call);
    checkUndo(call, job);
    if (!given.has("CHECK")) undoJob(call, job);
    return map([
      ["id", job.id],
      ["machines", job.moved],
      ["out", outReply(job)],
    ]);
  },
} as const satisfies Handler;

/** @throws ReplyError for one that is taken back already, or whose machines cannot go back */
function checkUndo(call: Call, job: StoredJob): void {
  if (job.isBack) throw errors.err(`${titleOf(job)} is taken back already`);
  const rival = rivalOf(call.db, job, job.id);
  if (rival !== undefined) throw errors.err(`${titleOf(rival)} is under way with the same machines`);
  // Throws where the definition they came to is gone.
  new Routes(call, { ...job, map: null });
  const { from } = job;
  if (!("match" in from) && definitionsOf(call, job).length === 0)
    throw errors.noDefinition(nameOfSource(from));
}

export const smMigrationList = {
  name: "SM.MIGRATION|LIST",
  run: (call) => {
    const { db } = call;
    const plans = plansOf(db).map((plan) => ({ ...plan, status: "PLANNED", plan: null, ms: plan.createdMs }));
    const jobs = jobsOf(db).map((job) => ({ ...job, status: statusOf(job), ms: job.startedMs }));
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

function statusOf({ status }: StoredJob): string {
  return status.toUpperCase();
}

function idOfTarget({ to }: Pick<StoredJob, "to">): string {
  return `${to.name}:${to.version}`;
}

/** What stays out whatever is taken back. */
function outReply({ out }: StoredJob): Reply {
  return map([
    ["emitted", out.emitted],
    ["tasks", out.tasks],
    ["sent", out.sent],
    ["childrenStarted", out.started],
    ["childrenStopped", out.stopped],
  ]);
}

/** Machines of the source that have not moved, by the counters; null where these do not tell. */
function leftOf(call: Call, job: StoredJob): number | null {
  if (hasEnded(job)) return 0;
  if ("match" in job.from) return null;
  let left = 0;
  for (const { name, version } of definitionsOf(call, job))
    for (const { place, count } of machineCounters(call.db, name, version))
      if (place === undefined) left += count;
  return left;
}
