/** What the subcommands of SM.MIGRATION are given: machines, a definition, a map, a number. */

import type { Json } from "../../base/json.ts";
import { mayChangeAll, mayReadAll } from "../../clients/users/check.ts";
import { parseJson } from "../../machines/chart-cache.ts";
import { definitionAt } from "../../machines/definitions.ts";
import { type Aim, definitionsOf, nameOfSource, Routes, sourceOf } from "../../machines/migration/routes.ts";
import { findJob, type StoredJob } from "../../machines/migration/stored.ts";
import type { Scope } from "../../machines/subject.ts";
import * as errors from "../../protocol/errors.ts";
import { argument, safeInteger, text } from "../arguments.ts";
import { everyScope } from "../everywhere.ts";
import type { Call } from "../handler.ts";
import { mayUse } from "../rights.ts";

/** The migration a client asks for. Nothing has been looked at or moved when it is refused. @throws ReplyError */
export function readAim(call: Call, from: Buffer, to: Buffer, map: Buffer | undefined): Aim {
  const source = sourceOf(call, text(from, "from"));
  const { name, version } = definitionAt(call.db, text(to, "to"));
  const aim = { from: source, to: { name, version }, map: map === undefined ? null : readMap(map) };
  assertMayMigrate(call, aim);
  if (!("match" in source) && definitionsOf(call, aim).length === 0)
    throw errors.err(`the machines of ${name}:${version} are there already`);
  // A map that is none is refused here.
  new Routes(call, aim);
  return aim;
}

/** Whoever acts on what was planned or begun needs the right to both definitions. @throws ReplyError NOPERM */
export function assertMayMigrate(call: Call, { from, to }: Pick<Aim, "from" | "to">): void {
  if (!mayMigrate(call, { from, to })) throw errors.noPermissionDefinition();
}

/** Whether the user may use the definition that machines come from, where they have one, and that they go to. */
export function mayMigrate(call: Call, { from, to }: Pick<Aim, "from" | "to">): boolean {
  return ("match" in from || mayUse(call, nameOfSource(from))) && mayUse(call, `${to.name}:${to.version}`);
}

function readMap(bytes: Buffer): Json {
  const parsed = parseJson(text(bytes, "MAP"));
  if (!parsed.ok) throw errors.err(`MAP is ${parsed.reason}`);
  return parsed.value;
}

/** What a migration comes to in a partition that the server holds. */
export interface HeldJob {
  readonly scope: Scope;
  readonly job: StoredJob;
}

/**
 * The migration of a number, in all partitions that the server holds, or in that of a slot: one without a cluster.
 * @throws ReplyError as `readJob`
 */
export function readJobs(call: Call, slot?: number): readonly [HeldJob, ...HeldJob[]] {
  const id = safeInteger(argument(call.args, 2));
  const [first, ...others] = everyScope(call, slot).flatMap((scope): HeldJob[] => {
    const job = findJob(scope.db, id);
    return job === undefined ? [] : [{ scope, job }];
  });
  if (first === undefined) throw errors.noMigration(id);
  assertMayMigrate(call, first.job);
  return [first, ...others];
}

/** The migration of a number. @throws ReplyError when there is none, or its definitions are not the user's to use */
export function readJob(call: Call): StoredJob {
  const { args, db } = call;
  const id = safeInteger(argument(args, 2));
  const job = findJob(db, id);
  if (job === undefined) throw errors.noMigration(id);
  assertMayMigrate(call, job);
  return job;
}

/** Machines of any key are looked at. @throws ReplyError NOPERM */
export function checkReads({ session }: Call): void {
  if (!mayReadAll(session.user)) throw errors.noPermissionKey();
}

/** Machines of any key are changed. @throws ReplyError NOPERM */
export function checkWrites({ session }: Call): void {
  if (!mayChangeAll(session.user)) throw errors.noPermissionKey();
}
