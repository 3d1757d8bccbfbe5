/** What the subcommands of SM.MIGRATION are given: machines, a definition, a map, a number. */

import type { Json } from "../../base/json.ts";
import { mayChangeAll, mayReadAll } from "../../clients/users/check.ts";
import { parseJson } from "../../machines/chart-cache.ts";
import { definitionAt } from "../../machines/definitions.ts";
import { type Aim, definitionsOf, Routes, sourceOf } from "../../machines/migration/routes.ts";
import { findJob, type StoredJob } from "../../machines/migration/stored.ts";
import * as errors from "../../protocol/errors.ts";
import { argument, safeInteger, text } from "../arguments.ts";
import type { Call } from "../handler.ts";

/** The migration a client asks for. Nothing has been looked at or moved when it is refused. @throws ReplyError */
export function readAim(call: Call, from: Buffer, to: Buffer, map: Buffer | undefined): Aim {
  const source = sourceOf(call, text(from, "from"));
  const { name, version } = definitionAt(call.db, text(to, "to"));
  const aim = { from: source, to: { name, version }, map: map === undefined ? null : readMap(map) };
  if (!("match" in source) && definitionsOf(call, aim).length === 0)
    throw errors.err(`the machines of ${name}:${version} are there already`);
  // A map that is none is refused here.
  new Routes(call, aim);
  return aim;
}

function readMap(bytes: Buffer): Json {
  const parsed = parseJson(text(bytes, "MAP"));
  if (!parsed.ok) throw errors.err(`MAP is ${parsed.reason}`);
  return parsed.value;
}

/** The migration of a number. @throws ReplyError when there is none */
export function readJob({ args, db }: Call): StoredJob {
  const id = safeInteger(argument(args, 2));
  const job = findJob(db, id);
  if (job === undefined) throw errors.noMigration(id);
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
